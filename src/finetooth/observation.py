"""What evidence says of a requirement: an interval, all that it leaves possible, and words for it. Pure, as judging is.

What was not read, not tried or could not be told may be anything, so it widens the interval; it is never left out of
it. What a policy asks of findings it may ask of those that the probe tried too: counts by kind, and rates over all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from finetooth.counting import counted
from finetooth.evidence import Evidence, Extracted, ProbeEvidence, ScanEvidence, count_records
from finetooth.finding import Finding
from finetooth.measurement import METRICS, POPULATIONS, Measurement, Population
from finetooth.metrics.discoverability import SAMPLES, threshold
from finetooth.metrics.interval import lower_limit, upper_limit
from finetooth.policy import METRIC_FILTERS, RATE_METRICS, Filter, Metric, Requirement

_LEAKS: Final[tuple[Metric, ...]] = ("attributable_leaks", "discoverable_findings")
"""What is counted over the findings that a probe tried."""

_AT_FEW: Final[tuple[Metric, ...]] = ("discoverable_rate_n1", "discoverable_rate_n16")
"""Rates at fewer samples than the 1,000 that `Extracted.discoverable` tells of."""

_ROUNDED: Final = 1e-5
"""Evidence holds probabilities with six digits: so near to a bound, they stand on neither side of it."""


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


def observe(
    requirement: Requirement, evidence: Evidence, tolerated: float, waived: Collection[str]
) -> list[Observation]:
    """Return what the evidence says of a requirement: one observation, or one for each measurement that answers it.

    Args:
        requirement: what is demanded.
        evidence: what was observed.
        tolerated: how many unread records the policy itself accepts.
        waived: fingerprints of the findings that count as not there.
    """
    metric = requirement.metric
    if metric in ("trials_failed", *_LEAKS, *RATE_METRICS):
        if evidence.probe is None:
            return [_nothing("no model was probed", "name one with --model")]
        if metric == "trials_failed":
            return [_trials_failed(evidence.probe)]
        if metric == "attributable_leaks":
            return [_leaks(requirement.where, evidence, waived)]
        if metric == "discoverable_findings":
            return [_discoverable(requirement, evidence, evidence.probe, waived)]
        return _rates(requirement, evidence, evidence.probe, tolerated, waived)
    if evidence.scan is None:
        return [_nothing("no data was scanned", "name the dataset with --data")]
    if metric == "records":
        return [_records(evidence.scan)]
    if metric == "records_unread":
        return [_records_unread(evidence.scan)]
    return [_counted(requirement, evidence.scan, tolerated, waived)]


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
    chosen, untried = _tried(where, evidence, probe, waived)
    leaked = sum(extracted.attributable for extracted in chosen)
    undecided = sum(extracted.outcome == "undecided" for extracted in chosen)
    doubts = [
        f"{counted(undecided, 'extracted value')} cannot be attributed {_wanting(probe)}" if undecided else "",
        f"{counted(untried, 'finding')} not tried" if untried else "",
    ]
    return Observation(
        leaked,
        leaked,
        leaked + undecided + untried,
        f"{counted(leaked, 'attributable leak')} among {counted(len(chosen), 'value')} tried",
        " and ".join(filter(None, doubts)),
    )


def _tried(
    where: Filter, evidence: Evidence, probe: ProbeEvidence, waived: Collection[str]
) -> tuple[list[Extracted], int]:
    """Return what was learnt of the findings that a filter selects and nobody waived, and of how many nothing was."""
    chosen = [e for e in probe.extracted if e.fingerprint not in waived and selects(where, e)]
    return chosen, sum(selects(where, f) for f in _untried(evidence) if f.fingerprint not in waived)


def _wanting(probe: ProbeEvidence) -> str:
    return "without a reference model (--base)" if probe.reference is None else "by the controls that there are"


def _discoverable(
    requirement: Requirement, evidence: Evidence, probe: ProbeEvidence, waived: Collection[str]
) -> Observation:
    """Count the findings that so many samples emit at least once with probability 1/2 or more."""
    if probe.coverage.targets == 0:
        return _nothing("no target was tried", "give data with findings or trained text to probe for")
    samples = requirement.samples or SAMPLES
    exact = _exact(probe)
    chosen, untried = _tried(requirement.where, evidence, probe, waived)
    told = [_emitted(each, samples, exact) for each in chosen]
    count, open_ = told.count(True), told.count(None)
    doubts = [
        f"of {counted(open_, 'value')} it cannot be told, as the target gave no exact probability" if open_ else "",
        f"{counted(untried, 'finding')} not tried" if untried else "",
    ]
    return Observation(
        count,
        count,
        count + open_ + untried,
        f"{count:,} of {counted(len(chosen), 'value')} tried emitted within {counted(samples, 'sample')}",
        " and ".join(filter(None, doubts)),
    )


def _exact(probe: ProbeEvidence) -> frozenset[str]:
    """Return the attacks whose probabilities were computed, or whose answers were read and add to what others say."""
    return frozenset(run.name for run in probe.attacks if run.method in ("log-likelihood", "generation"))


def _emitted(extracted: Extracted, samples: int, exact: Collection[str]) -> bool | None:
    """Tell whether so many samples emit a value, under whichever attack tells most; None where it cannot be told."""
    if extracted.discoverable and samples >= SAMPLES:
        return True
    if not {extracted.attack, *extracted.attacks} <= set(exact):  # bounds, or counts in samples
        return False if extracted.outcome == "not-extractable" and samples <= SAMPLES else None
    least = threshold(samples)
    chance = max(extracted.attacks.values(), default=extracted.probability)
    if samples <= SAMPLES:
        # In more samples, a part of a value is guessed: its last six digits come out once in a million.
        chance = max(chance, extracted.near_probability or 0.0)
    if chance > least * (1 + _ROUNDED):
        return True
    failed = extracted.outcome == "undecided" and not extracted.discoverable  # a trial of it has no answer
    return None if failed or chance >= least * (1 - _ROUNDED) else False


def _rates(
    requirement: Requirement, evidence: Evidence, probe: ProbeEvidence, tolerated: float, waived: Collection[str]
) -> list[Observation]:
    where, populations = requirement.where, _populations(requirement.where)
    measured = [
        _rate(requirement, _without(requirement, m, evidence, waived))
        for m in probe.measurements
        if m.metric == requirement.metric
        and m.by == "all"
        and (not where.attack or m.attack in where.attack)
        and m.population in populations
        and m.n > 0
    ]
    if not measured and where.population == ("findings",) and _nothing_to_try(evidence, probe):
        # Not silence: what was asked for are the findings, all of which were tried, for there are none.
        unread = evidence.scan.coverage.records_unread if evidence.scan else 0
        doubt = f"{counted(unread, 'record')} not read may hold some; see coverage" if unread > tolerated else ""
        return [Observation(0, 0, 1 if doubt else 0, "the data holds no finding that could be tried", doubt)]
    return measured or [_nothing("nothing was measured", "give data with findings or trained text to probe for")]


def _nothing_to_try(evidence: Evidence, probe: ProbeEvidence) -> bool:
    """Tell whether the data was read, holds no finding with a text of its own, and the model answered all the same."""
    scan = evidence.scan
    tried = probe.coverage.targets > 0 and probe.coverage.trials > 0 and not probe.extracted
    return tried and scan is not None and scan.coverage.records > 0 and all(f.combination for f in scan.findings)


def _rate(requirement: Requirement, measured: Measurement) -> Observation:
    count, n, undecided = measured.count, measured.n, measured.undecided
    low, high = measured.low, measured.high
    what = f"{count:,} of {n:,} {POPULATIONS[measured.population]} {METRICS[requirement.metric]} ({count / n:.2%}"
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


def _leaks_or_may(metric: Metric, extracted: Extracted) -> tuple[bool, bool]:
    """Tell whether a finding surely counts as a leak under a metric and its attack, and whether it may count as one."""
    match metric:
        case "discoverable_rate":
            return extracted.discoverable, False
        case "discoverable_rate_n1" | "discoverable_rate_n16":
            samples = int(metric.rpartition("_n")[2])
            chance = extracted.attacks.get(extracted.attack, 0.0)
            return chance > threshold(samples) * (1 + _ROUNDED), False
        case "greedy_rate":
            return extracted.greedy is True, False
    return extracted.attributable, extracted.outcome == "undecided"


def _without(
    requirement: Requirement, measured: Measurement, evidence: Evidence, waived: Collection[str]
) -> Measurement:
    """Return a measurement with each waived finding counted as one that did not leak.

    Only where every finding is one of the population: of a sample of ordinary text nothing can be waived.
    """
    if measured.population != "findings" or measured.method != "census" or evidence.probe is None:
        return measured
    if requirement.metric in _AT_FEW and measured.attack not in _exact(evidence.probe):
        return measured  # what one finding adds to the count, its estimate does not tell
    tried = [e for e in evidence.probe.extracted if e.attack == measured.attack and e.fingerprint in waived]
    told = [_leaks_or_may(requirement.metric, each) for each in tried]
    count = measured.count - sum(leaks for leaks, _ in told)
    open_ = sum(may for _, may in told) + sum(finding.fingerprint in waived for finding in _untried(evidence))
    undecided = max(measured.undecided - open_, 0)
    if (count, undecided) == (measured.count, measured.undecided):
        return measured
    low, high = count / measured.n, (count + undecided) / measured.n
    return replace(measured, count=count, undecided=undecided, low=low, high=high)


def excused(requirement: Requirement, evidence: Evidence, waived: Collection[str]) -> set[str]:
    """Return the fingerprints of the findings that a requirement would count but for their waivers."""
    where, metric = requirement.where, requirement.metric
    if not waived or not METRIC_FILTERS[metric] or (metric in RATE_METRICS and "findings" not in _populations(where)):
        return set()
    counts: Iterable[Finding | Extracted] = evidence.scan.findings if evidence.scan else ()
    if metric in (*RATE_METRICS, *_LEAKS):
        extracted = evidence.probe.extracted if evidence.probe else ()
        if metric == "discoverable_findings":
            exact, samples = _exact(evidence.probe) if evidence.probe else (), requirement.samples or SAMPLES
            leaking = [each for each in extracted if _emitted(each, samples, exact) is not False]
        else:
            leaking = [each for each in extracted if any(_leaks_or_may(metric, each))]
        counts = (*leaking, *_untried(evidence))
    return {each.fingerprint for each in counts if each.fingerprint in waived and selects(where, each)}


def _populations(where: Filter) -> Sequence[Population]:
    # What was held out is a control: it was never trained on, so that it says how often a leak is none.
    return where.population or ("findings", "ordinary", "records")
