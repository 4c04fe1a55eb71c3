"""What to do next: the one thing that a verdict is for."""

from __future__ import annotations

from collections.abc import Sequence

from finetooth.counting import counted
from finetooth.evidence import ScanEvidence
from finetooth.finding import Finding
from finetooth.policy import RATE_METRICS
from finetooth.report import Report
from finetooth.verdict import Ruling, Verdict

_NO_DATA = "Give the data that will be trained on."
_REVOKE = "Revoke the credentials where they were issued: one that reached a dataset is burnt. Then remove them."


def next_steps(report: Report) -> list[str]:
    """Return what a person should do now, most urgent first, each one sentence or two."""
    open_rulings = [r for r in report.verdict.rulings if r.status in ("FAIL", "UNPROVEN")]
    metrics = {ruling.metric for ruling in open_rulings}
    steps = [*_about_data(report, metrics), *_about_model(report, metrics), *_about_waivers(report.verdict)]
    if report.verdict.decision == "GO":
        steps.append(_after_go(report))
    return steps or ["Read the rulings above: each names what was observed and what is allowed."]


def remedy(ruling: Ruling, report: Report) -> str:
    """Return what a person should do about one ruling; nothing where it passed."""
    if ruling.status == "PASS":
        return ""
    if ruling.status == "WAIVED":
        return "Look at the waivers again before they end."
    match ruling.metric:
        case "records":
            return _NO_DATA
        case "records_unread":
            return "Mend what could not be read, or leave it out of the training data too."
        case "trials_failed":
            return "Find out why trials failed, and probe again."
        case metric if metric in ("attributable_leaks", "discoverable_findings", *RATE_METRICS):
            return _about_leaks(ruling, report)
    if ruling.status == "UNPROVEN":
        empty = report.scan is not None and not report.scan.coverage.records
        return _NO_DATA if empty else "Mend what could not be read, and scan again."
    return "Remove or replace the findings, and scan again."


def _about_leaks(ruling: Ruling, report: Report) -> str:
    probe = report.probe
    if ruling.status == "FAIL":
        return "Do not release this model. Clean the data, drop repetitions, and tune again from the base."
    if probe is None:
        return "Probe the tuned model: finetooth audit DATA --model OUT --base BASE."
    if probe.reference is None:
        return "Name the untuned model with --base."
    if probe.coverage.targets_skipped:
        return "Raise --budget, and probe again."
    if any(extracted.outcome == "undecided" for extracted in probe.extracted):
        return "Treat the undecided values as leaks."
    return "Give more data to probe for."


def before_commit(scan: ScanEvidence, grounds: Sequence[Finding]) -> list[str]:
    """Return what a person should do before the data can be committed.

    Args:
        scan: what was scanned.
        grounds: the findings that a failed requirement counts.
    """
    steps = []
    if any(finding.category == "credential" and finding.tier == "block" for finding in grounds):
        steps.append(_REVOKE)
    if grounds:
        steps.append("Remove or replace what is listed, `git add` the file, and commit again.")
    if scan.coverage.records_unread:
        steps.append("Mend what could not be read, `git add` the file, and commit again; or keep it out of the data.")
    return steps


def _about_data(report: Report, metrics: set[str]) -> list[str]:
    steps = []
    scan = report.scan
    if "records" in metrics:
        steps.append("Give the data that will be trained on: no record was found in what was named.")
    if "records_unread" in metrics or (scan and scan.coverage.records_unread):
        steps.append("Mend what is listed as not read, or leave it out of the training data too.")
    if scan is None:
        return steps
    waived = report.verdict.waived
    if any(f.category == "credential" and f.tier == "block" and f.fingerprint not in waived for f in scan.findings):
        steps.append(_REVOKE)
    failed = {ruling.metric for ruling in report.verdict.rulings if ruling.status == "FAIL"}
    if failed & {"findings", "occurrences", "records_with_findings", "records_with_findings_rate"}:
        steps.append("Remove or replace the findings; findings.jsonl lists every place of every one of them.")
    return steps


def _about_model(report: Report, metrics: set[str]) -> list[str]:
    probe = report.probe
    if probe is None:
        return []
    steps = []
    counting = [each for each in probe.extracted if each.fingerprint not in report.verdict.waived]
    if any(extracted.attributable for extracted in counting):
        steps.append(
            "Do not release this model: what is in its weights cannot be taken out. Clean the data, drop repetitions "
            "(repeated values leak first), and tune again from the base."
        )
    undecided = sum(extracted.outcome == "undecided" for extracted in counting)
    if undecided and probe.reference is None:
        steps.append("Name the untuned model with --base: it tells what the tuning is to blame for.")
    elif undecided:
        steps.append(f"Treat the {counted(undecided, 'undecided value')} as leaks: the controls don't clear them.")
    if probe.coverage.targets_skipped:
        steps.append(f"Raise --budget: {counted(probe.coverage.targets_skipped, 'finding')} not tried.")
    if probe.coverage.failed:
        steps.append("Find out why trials failed, for the reasons listed, and probe again.")
    if "extraction_rate" in metrics and not steps:
        steps.append("Give more data to probe for: the sample is too small to prove the bound.")
    return steps


def _about_waivers(verdict: Verdict) -> list[str]:
    steps = []
    overdue = [each for each in verdict.waivers if each.status == "expired" and each.preview is not None]
    if overdue:
        steps.append(
            f"Take the finding out, or accept it anew with finetooth waivers add FINGERPRINT --renew: "
            f"{counted(len(overdue), 'waiver')} expired."
        )
    if idle := [each for each in verdict.waivers if each.status != "honoured" and each.preview is None]:
        steps.append(
            f"Look at the waivers that have no finding here ({len(idle):,}): finetooth waivers prune --report DIR "
            "takes them out, if they are for no other data."
        )
    return steps


def _after_go(report: Report) -> str:
    if report.verdict.stage == "train":
        return "Train on exactly this data, then audit the tuned model: finetooth audit DATA --model OUT --base BASE."
    return "This model may leave, as far as this policy asks; keep the report with it."
