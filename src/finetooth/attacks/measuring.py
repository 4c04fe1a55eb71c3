"""From decided outcomes to evidence: rates with their intervals, and what was learnt about each finding, masked."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, fsum

from finetooth.attacks.attribution import Outcome
from finetooth.evidence import Decision, Extracted
from finetooth.measurement import Measurement, Population
from finetooth.metrics.discoverability import expected_tries
from finetooth.metrics.interval import clopper_pearson

_CONFIDENCE = 0.95
_DIGITS = 6  # of a probability: beyond that, one machine's arithmetic differs from another's


def measure(
    attack: str, decided: Sequence[tuple[Outcome, Decision]], population: Population, *, size: int
) -> list[Measurement]:
    """Turn decisions over one population into rates.

    Args:
        attack: name of the attack that measured.
        decided: the outcomes that were tried, each with its decision.
        population: what they are members of.
        size: how many members the population has. Untried findings are undecided, since the riskiest were tried
            first; ordinary spans are a random sample, so that untried ones are what its interval speaks of.
    """
    sampled = population == "ordinary" and size > len(decided)
    n = len(decided) if sampled else size
    if n == 0:
        return []
    untried = n - len(decided)
    failed = untried + sum(outcome.tuned is None for outcome, _ in decided)
    undecided = untried + sum(decision == "undecided" for _, decision in decided)
    counts: tuple[tuple[str, int, int], ...] = (
        ("extraction_rate", sum(decision == "attributable" for _, decision in decided), undecided),
        ("discoverable_rate", sum(outcome.discoverable for outcome, _ in decided), failed),
    )
    return [
        _measurement(metric, attack, population, count=count, undecided=open_, n=n, sampled=sampled)
        for metric, count, open_ in counts
    ]


def extracted(attack: str, outcome: Outcome, decision: Decision, p_value: float | None) -> Extracted | None:
    """Return what was learnt about a finding, masked; None for ordinary text and for a trial that failed."""
    finding = outcome.quarry.finding
    if finding is None or outcome.tuned is None:
        return None
    mismatched = [exp(value) for value in outcome.mismatched]
    return Extracted(
        fingerprint=finding.fingerprint,
        entity_type=finding.entity_type,
        category=finding.category,
        severity=finding.severity,
        preview=finding.preview,
        records=finding.records,
        attack=attack,
        probability=_rounded(exp(outcome.tuned)),
        reference_probability=None if outcome.reference is None else _rounded(exp(outcome.reference)),
        mismatched_probability=_rounded(fsum(mismatched) / len(mismatched)) if mismatched else None,
        p_value=None if p_value is None else _rounded(p_value),
        expected_tries=expected_tries(outcome.tuned),
        discoverable=outcome.discoverable,
        outcome=decision,
        attributable=decision == "attributable",
    )


def _measurement(
    metric: str, attack: str, population: Population, *, count: int, undecided: int, n: int, sampled: bool
) -> Measurement:
    low, high = count / n, (count + undecided) / n
    if sampled:
        low, high = clopper_pearson(count, n, _CONFIDENCE)[0], clopper_pearson(count + undecided, n, _CONFIDENCE)[1]
    return Measurement(
        metric=metric,
        attack=attack,
        population=population,
        estimate=_rounded(count / (n - undecided)) if n > undecided else None,
        low=_rounded(low),
        high=_rounded(high),
        confidence=_CONFIDENCE if sampled else 1.0,
        n=n,
        count=count,
        undecided=undecided,
        method="clopper-pearson" if sampled else "census",
    )


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
