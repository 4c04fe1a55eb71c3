"""What an experiment tracker is told of a report: tags, parameters and metrics, by name. It knows no tracker.

Names begin with the gate, ``finetooth.train.`` or ``finetooth.release.``, so that one run can hold a verdict of each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from finetooth.evidence import ProbeEvidence, ScanEvidence
from finetooth.measurement import Measurement
from finetooth.printable import clipped
from finetooth.report import Report
from finetooth.verdict import Ruling

_LONGEST_NAME: Final = 250
"""Characters of a name that trackers take."""
_LONGEST_TEXT: Final = 500
_STATUSES: Final = ("PASS", "WAIVED", "FAIL", "UNPROVEN")


@dataclass(frozen=True, slots=True)
class Summary:
    """A report in figures and short texts."""

    tags: dict[str, str]
    """What a person filters runs by: the verdict, and what became of each requirement."""
    params: dict[str, str]
    """What the verdict was given for and by: digests of data, models and policy, and versions."""
    metrics: dict[str, float]
    """What was observed. Whatever is null in the report has no metric: nothing unproven is a number here."""


def summary(report: Report) -> Summary:
    """Return what a tracker is told of the report."""
    verdict = report.verdict
    gate = f"finetooth.{verdict.stage}"
    tags: dict[str, str] = {f"{gate}.verdict": verdict.decision}
    params = {
        f"{gate}.version": report.tool.version,
        f"{gate}.policy": clipped(report.policy.name, _LONGEST_TEXT),
        f"{gate}.policy_sha256": report.policy.sha256,
        f"{gate}.key_id": report.key_id,
    }
    metrics: dict[str, float | None] = {}
    counts = Counter(ruling.status for ruling in verdict.rulings)
    metrics |= {f"rulings.{status.lower()}": counts[status] for status in _STATUSES}
    metrics["waivers.honoured"] = len(verdict.waived)
    for ruling in verdict.rulings:
        tags[f"{gate}.requirement.{ruling.requirement}"] = clipped(f"{ruling.status}: {ruling.reason}", _LONGEST_TEXT)
        metrics |= dict(_observed(ruling))
    if report.scan is not None:
        if report.scan.records_sha256 is not None:
            params[f"{gate}.records_sha256"] = report.scan.records_sha256
        metrics |= dict(_scanned(report.scan))
    if report.probe is not None:
        params |= {f"{gate}.{name}": value for name, value in _models(report.probe)}
        metrics |= dict(_probed(report.probe))
    return Summary(
        _named(tags.items()),
        _named(params.items()),
        _named((f"{gate}.{name}", float(value)) for name, value in metrics.items() if value is not None),
    )


def _observed(ruling: Ruling) -> Iterator[tuple[str, float | None]]:
    name = f"requirement.{ruling.requirement}"
    yield f"{name}.observed", ruling.observed
    yield f"{name}.low", ruling.low
    yield f"{name}.high", ruling.high


def _scanned(scan: ScanEvidence) -> Iterator[tuple[str, float]]:
    yield "records", scan.coverage.records
    yield "records_unread", scan.coverage.records_unread
    yield "passages", scan.coverage.passages
    yield "characters", scan.coverage.characters
    yield "findings", scan.totals.findings
    yield "occurrences", scan.totals.occurrences
    yield "records_with_findings", scan.totals.records_with_findings
    for entity, total in scan.totals.by_entity.items():
        yield f"findings.{entity}", total.findings
    if scan.findings_limit is not None:  # a part of the findings gives no counts
        return
    for finding_of in ("category", "severity", "tier"):
        counts = Counter(str(getattr(finding, finding_of)) for finding in scan.findings)
        yield from ((f"findings.{group}", count) for group, count in sorted(counts.items()))


def _models(probe: ProbeEvidence) -> Iterator[tuple[str, str]]:
    for role, model in (("model", probe.target), ("base", probe.reference)):
        if model is not None:
            yield role, clipped(model.name, _LONGEST_TEXT)
            yield f"{role}_digest", model.digest or "none"


def _probed(probe: ProbeEvidence) -> Iterator[tuple[str, float | None]]:
    yield "targets", probe.coverage.targets
    yield "targets_skipped", probe.coverage.targets_skipped
    yield "trials", probe.coverage.trials
    yield "trials_failed", probe.coverage.failed
    yield "attributable_leaks", sum(each.attributable for each in probe.extracted)
    yield "undecided_leaks", sum(each.outcome == "undecided" for each in probe.extracted)
    yield "regurgitated", len(probe.regurgitated)
    for measurement in probe.measurements:
        name = _measured(measurement)
        yield name, measurement.estimate
        yield f"{name}.low", measurement.low
        yield f"{name}.high", measurement.high
        yield f"{name}.n", measurement.n
        yield f"{name}.undecided", measurement.undecided


def _measured(measurement: Measurement) -> str:
    parts = [measurement.metric, measurement.attack, measurement.population]
    if measurement.group is not None:
        parts += [measurement.by, measurement.group]
    return ".".join(parts)


def _named(told: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return it by names that trackers take: a wrapper's plus, or what a policy calls its rules, is replaced."""
    return {re.sub(r"[^A-Za-z0-9_.\-]", "_", name)[:_LONGEST_NAME]: value for name, value in told}
