"""Judging: policy and evidence in, verdict out. Pure: no file, no clock, no terminal, no network.

Every requirement is ruled by one principle. What was observed is an interval, because something may be unread, untried
or sampled: ``[low, high]`` is all that the evidence leaves possible. A bound that the whole interval keeps is a PASS,
a bound that the whole interval breaks is a FAIL, and anything else is UNPROVEN, which is never a GO.

A waived finding counts as one that is not there, and a waived leak as one that did not happen; denominators stay what
was read and tried, so that what is accepted neither hides behind a rate nor thins it. So one waiver more never makes a
verdict worse, and one that is not needed changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Final

from finetooth import acceptance
from finetooth.counting import counted
from finetooth.errors import PolicyError
from finetooth.evidence import Evidence, Extracted, ProbeEvidence, ScanEvidence, count_records
from finetooth.finding import Finding
from finetooth.measurement import Measurement, Population
from finetooth.metrics.interval import lower_limit, upper_limit
from finetooth.policy import METRIC_FILTERS, RATE_METRICS, Filter, Policy, Requirement, Stage
from finetooth.verdict import Outcome, Ruling, Status, Verdict, WaiverRuling
from finetooth.waiver import Waiver

_OWNERS_NAMED: Final = 3
"""In a ruling; the verdict lists every waiver with its owner."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the evidence says of one metric."""

    value: float | None
    """What was observed; None where nothing could be."""
    low: float
    """The least that the evidence leaves possible."""
    high: float
    """The most that the evidence leaves possible."""
    what: str
    """The observation in words, without a full stop."""
    doubt: str = ""
    """Why ``low`` and ``high`` differ, and what would settle it."""


def judge(
    policy: Policy, evidence: Evidence, *, stage: Stage, waivers: Sequence[Waiver] = (), today: date | None = None
) -> Verdict:
    """Rule on every requirement of one gate.

    Args:
        policy: what is demanded.
        evidence: what was observed.
        stage: which gate is asked for.
        waivers: accepted findings, of the key of the evidence; they need ``today``.
        today: the day on which they must not have expired.

    Raises:
        PolicyError: the policy demands nothing at this gate. A gate without requirements would let everything pass.
    """
    requirements = policy.requirements(stage)
    if not requirements:
        raise PolicyError(
            f"the policy {policy.name!r} has no requirements for the {stage} gate, so nothing could be judged; "
            f"add a section '{stage}:' or name another policy"
        )
    if waivers and today is None:
        raise ValueError("waivers expire, so judging with them needs today's date")
    ruled = acceptance.rule(waivers, policy, evidence, today) if today else ()
    waived = {waiver.fingerprint: waiver for waiver in ruled if waiver.status == "honoured"}
    rulings = tuple(_rule(requirement, policy, evidence, stage, waived) for requirement in requirements)
    return Verdict(
        decision=_decide(ruling.status for ruling in rulings),
        stage=stage,
        rulings=rulings,
        waivers=ruled,
        waivers_as_of=today if ruled else None,
    )


def _decide(statuses: Iterable[Status]) -> Outcome:
    found = set(statuses)
    if "FAIL" in found:
        return "NO-GO"
    return "INCOMPLETE" if "UNPROVEN" in found else "GO"


def _rule(
    requirement: Requirement, policy: Policy, evidence: Evidence, stage: Stage, waived: Mapping[str, WaiverRuling]
) -> Ruling:
    if requirement.at_most is None:
        waived = {}  # what is accepted is accepted as too much; a demand for more is no less for it
    status, observation = _worst(requirement, _observe(requirement, policy, evidence, stage, waived))
    reason = _reason(requirement, status, observation)
    if excused := [waived[each] for each in sorted(_excused(requirement, evidence, waived))]:
        reason += f"; {_told(excused)}"
        if status == "PASS" and _worst(requirement, _observe(requirement, policy, evidence, stage, ()))[0] != "PASS":
            status = "WAIVED"
    return Ruling(
        requirement=requirement.id,
        status=status,
        metric=requirement.metric,
        at_most=requirement.at_most,
        at_least=requirement.at_least,
        observed=observation.value,
        low=None if observation.value is None else observation.low,
        high=None if observation.value is None or observation.high == inf else observation.high,
        reason=reason,
    )


def _worst(requirement: Requirement, observations: Iterable[Observation]) -> tuple[Status, Observation]:
    """Return what rules: several measurements may answer one requirement (one for each population)."""
    ruled = [(_compare(requirement, observation), observation) for observation in observations]
    return min(ruled, key=lambda pair: ("FAIL", "UNPROVEN", "PASS").index(pair[0]))


def _told(excused: Sequence[WaiverRuling]) -> str:
    owners = sorted({waiver.owner for waiver in excused})
    names = ", ".join(owners[:_OWNERS_NAMED]) + (
        f" and {len(owners) - _OWNERS_NAMED:,} more" * (len(owners) > _OWNERS_NAMED)
    )
    until = f"{'the first ' if len(excused) > 1 else ''}until {min(waiver.expires for waiver in excused)}"
    return f"{counted(len(excused), 'finding')} waived by {names}, {until}"


def _compare(requirement: Requirement, seen: Observation) -> Status:
    if seen.value is None:
        return "UNPROVEN"
    if requirement.at_most is not None:
        kept, broken = seen.high <= requirement.at_most, seen.low > requirement.at_most
    else:
        bound = requirement.at_least or 0
        kept, broken = seen.low >= bound, seen.high < bound
    return "PASS" if kept else "FAIL" if broken else "UNPROVEN"


def _reason(requirement: Requirement, status: Status, seen: Observation) -> str:
    limit = requirement.at_most if requirement.at_most is not None else requirement.at_least
    number = f"{100 * (limit or 0):g}%" if requirement.metric.endswith("_rate") else f"{limit:g}"
    bound = f"{'at most' if requirement.at_most is not None else 'at least'} {number}"
    if status == "UNPROVEN":
        return "; ".join(filter(None, (f"{seen.what}, {bound} is required", seen.doubt)))
    return f"{seen.what}, {bound} {'is allowed' if requirement.at_most is not None else 'is required'}"


def _observe(
    requirement: Requirement, policy: Policy, evidence: Evidence, stage: Stage, waived: Collection[str]
) -> list[Observation]:
    metric = requirement.metric
    if metric in ("trials_failed", "attributable_leaks", *RATE_METRICS):
        if evidence.probe is None:
            return [_nothing("no model was probed", "name one with --model")]
        if metric == "trials_failed":
            return [_trials_failed(evidence.probe)]
        if metric == "attributable_leaks":
            return [_leaks(requirement.where, evidence, waived)]
        return _rates(requirement, evidence, evidence.probe, waived)
    if evidence.scan is None:
        return [_nothing("no data was scanned", "name the dataset with --data")]
    if metric == "records":
        return [_records(evidence.scan)]
    if metric == "records_unread":
        return [_records_unread(evidence.scan)]
    return [_counted(requirement, evidence.scan, _tolerated(policy.requirements(stage)), waived)]


def _nothing(what: str, doubt: str) -> Observation:
    return Observation(value=None, low=0, high=inf, what=what, doubt=doubt)


def _records(scan: ScanEvidence) -> Observation:
    """Too few records say nothing of the data that would be trained on, so they are unproven, not a failure."""
    count = scan.coverage.records
    return Observation(count, count, inf, counted(count, "record") + " read", "give the data that will be trained on")


def _records_unread(scan: ScanEvidence) -> Observation:
    """Unread records may be clean or not: at least none of them matters, at most all do."""
    count, unread = scan.coverage.records_unread, scan.coverage.unread
    first = f"first: {unread[0]}" if unread else ""
    return Observation(count, 0, count, counted(count, "record") + " not read", first)


def _counted(requirement: Requirement, scan: ScanEvidence, tolerated: float, waived: Collection[str]) -> Observation:
    chosen = [f for f in scan.findings if f.fingerprint not in waived and selects(requirement.where, f)]
    records, unread = scan.coverage.records, scan.coverage.records_unread
    if records == 0:
        return _nothing("no record was read, so nothing could be found", "give the data that will be trained on")
    doubt = f"{counted(unread, 'record')} not read may hold more; see coverage" if unread > tolerated else ""
    value: float
    match requirement.metric:
        case "findings":
            value = len(chosen)
            what = counted(len(chosen), "finding")
        case "occurrences":
            value = sum(finding.occurrences for finding in chosen)
            what = counted(int(value), "occurrence")
        case "records_with_findings":
            value = count_records(chosen)
            what = f"{counted(int(value), 'record')} with findings"
        case _:
            value = count_records(chosen) / records
            what = f"{count_records(chosen)} of {counted(records, 'record')} with findings ({value:.2%})"
    return Observation(value, value, inf if doubt else value, what, doubt)


def _tolerated(requirements: Sequence[Requirement]) -> float:
    """Return how many unread records the policy itself accepts: beyond that, counts prove nothing from above."""
    bounds = [r.at_most for r in requirements if r.metric == "records_unread" and r.at_most is not None]
    return min(bounds, default=0)


def _trials_failed(probe: ProbeEvidence) -> Observation:
    failed, trials = probe.coverage.failed, probe.coverage.trials
    if trials == 0:
        return _nothing("no trial was run", "give data with findings or trained text to probe for")
    first = f"first: {probe.coverage.failures[0]}" if probe.coverage.failures else ""
    return Observation(failed, 0, failed, f"{failed} of {counted(trials, 'trial')} failed", first)


def _leaks(where: Filter, evidence: Evidence, waived: Collection[str]) -> Observation:
    probe = evidence.probe
    if probe is None or probe.coverage.targets == 0:
        return _nothing("no target was tried", "give data with findings or trained text to probe for")
    chosen = [e for e in probe.extracted if e.fingerprint not in waived and selects(where, e)]
    leaked = sum(extracted.attributable for extracted in chosen)
    undecided = sum(extracted.outcome == "undecided" for extracted in chosen)
    untried = sum(selects(where, f) for f in _untried(evidence) if f.fingerprint not in waived)
    doubts = [
        f"{counted(undecided, 'extracted value')} cannot be attributed without a reference model (--base)"
        if undecided
        else "",
        f"{counted(untried, 'finding')} not tried" if untried else "",
    ]
    return Observation(
        leaked,
        leaked,
        leaked + undecided + untried,
        f"{counted(leaked, 'attributable leak')} among {counted(len(chosen), 'value')} tried",
        " and ".join(filter(None, doubts)),
    )


def _rates(
    requirement: Requirement, evidence: Evidence, probe: ProbeEvidence, waived: Collection[str]
) -> list[Observation]:
    where = requirement.where
    measured = [
        _rate(requirement, _without(m, evidence, waived))
        for m in probe.measurements
        if m.metric == requirement.metric
        and m.by == "all"
        and (not where.attack or m.attack in where.attack)
        and (not where.population or m.population in where.population)
        and m.n > 0
    ]
    return measured or [_nothing("nothing was measured", "give data with findings or trained text to probe for")]


def _rate(requirement: Requirement, measured: Measurement) -> Observation:
    count, n, undecided = measured.count, measured.n, measured.undecided
    low, high = measured.low, measured.high
    over = "findings" if measured.population == "findings" else "ordinary spans"
    what = f"{count:,} of {n:,} {over} extracted ({count / n:.2%}"
    doubts = [f"{counted(undecided, 'target')} undecided"] if undecided else []
    if measured.method == "clopper-pearson":
        confidence = requirement.upper_bound or requirement.lower_bound
        if confidence is not None:
            # One-sided limits at the policy's own confidence; undecided targets count as leaks from above.
            low, high = lower_limit(count, n, confidence), upper_limit(count + undecided, n, confidence)
        what += f", between {low:.2%} and {high:.2%} at {confidence or measured.confidence:.0%} confidence"
        doubts.append("a larger sample would settle it")
    return Observation(count / n, low, high, f"{what})", " and ".join(doubts))


def selects(where: Filter, item: Finding | Extracted) -> bool:
    """Tell whether a requirement's filter selects a finding."""
    return all(
        not wanted or getattr(item, field) in wanted
        for field, wanted in (
            ("entity_type", where.entity_type),
            ("category", where.category),
            ("severity", where.severity),
            ("tier", where.tier),
            ("attack", where.attack),
        )
        if hasattr(item, field)
    )


def _untried(evidence: Evidence) -> list[Finding]:
    """Return the findings of which nothing was learnt: left out by the budget, or their trials failed.

    A combination has nothing to try but its parts, which are findings too.
    """
    tried = {extracted.fingerprint for extracted in evidence.probe.extracted} if evidence.probe else ()
    findings = evidence.scan.findings if evidence.scan else ()
    return [finding for finding in findings if not finding.combination and finding.fingerprint not in tried]


def _leaks_or_may(metric: str, extracted: Extracted) -> tuple[bool, bool]:
    """Tell whether a finding counts as a leak under a metric, and whether it may be one."""
    if metric == "discoverable_rate":
        return extracted.discoverable, False
    return extracted.attributable, extracted.outcome == "undecided"


def _without(measured: Measurement, evidence: Evidence, waived: Collection[str]) -> Measurement:
    """Return a measurement with each waived finding counted as one that did not leak.

    Only where every finding is one of the population: of a sample of ordinary text nothing can be waived.
    """
    if measured.population != "findings" or measured.method != "census" or evidence.probe is None:
        return measured
    tried = [e for e in evidence.probe.extracted if e.attack == measured.attack and e.fingerprint in waived]
    told = [_leaks_or_may(measured.metric, each) for each in tried]
    count = measured.count - sum(leaks for leaks, _ in told)
    open_ = sum(may for _, may in told) + sum(finding.fingerprint in waived for finding in _untried(evidence))
    undecided = max(measured.undecided - open_, 0)
    if (count, undecided) == (measured.count, measured.undecided):
        return measured
    low, high = count / measured.n, (count + undecided) / measured.n
    return replace(measured, count=count, undecided=undecided, low=low, high=high)


def _excused(requirement: Requirement, evidence: Evidence, waived: Collection[str]) -> set[str]:
    """Return the fingerprints of the findings that a requirement would count but for their waivers."""
    where, metric = requirement.where, requirement.metric
    if not waived or not METRIC_FILTERS[metric] or (metric in RATE_METRICS and "findings" not in _populations(where)):
        return set()
    counts: Iterable[Finding | Extracted] = evidence.scan.findings if evidence.scan else ()
    if metric in (*RATE_METRICS, "attributable_leaks"):
        extracted = evidence.probe.extracted if evidence.probe else ()
        counts = (*(each for each in extracted if any(_leaks_or_may(metric, each))), *_untried(evidence))
    return {each.fingerprint for each in counts if each.fingerprint in waived and selects(where, each)}


def _populations(where: Filter) -> Sequence[Population]:
    return where.population or ("findings", "ordinary")
