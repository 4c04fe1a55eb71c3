"""Whether a value scores higher than its look-alikes could by chance.

Under the null hypothesis, that the model has learnt nothing about the value beyond its kind, the value and its
look-alikes are exchangeable, so that its rank among them is uniform (Vovk, Gammerman & Shafer 2005, "Algorithmic
Learning in a Random World", chapter 2). Ranks among a dozen are too coarse for hundreds of tests, so each score is
taken relative to the other look-alikes of its own group, and these residuals are pooled over all groups: of N values
that are nothing special, as many reach a residual, on average, as of N look-alikes (the target-decoy argument of Elias
& Gygi 2007, Nature Methods 4:207).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import fsum


def pooled_p_values(groups: Sequence[tuple[float, Sequence[float]]]) -> list[float | None]:
    """Return a conformal p-value for each group.

    Args:
        groups: the score of a value, and the scores of its look-alikes; any unit, higher is more suspicious.

    Returns:
        For each group, (1 + number of look-alikes of any group whose residual is at least the value's) / (1 + number
        of look-alikes); None for a group with fewer than two look-alikes, which has no residuals.

    >>> pooled_p_values([(0.0, [-9.0, -8.0, -10.0]), (-9.0, [-9.0, -8.0, -10.0])])
    [0.14285714285714285, 0.7142857142857143]
    """
    pool = [residual for _, controls in groups if len(controls) > 1 for residual in _held_out(controls)]
    residuals = [score - fsum(controls) / len(controls) if len(controls) > 1 else None for score, controls in groups]
    return rank_p_values(residuals, pool)


def rank_p_values(scores: Sequence[float | None], controls: Sequence[float]) -> list[float | None]:
    """Return (1 + number of controls that reach a score) / (1 + number of controls), for each score; None for None.

    >>> rank_p_values([9.0, 2.0, None], [1.0, 2.0, 3.0])
    [0.25, 0.75, None]
    """
    pool = sorted(controls)
    return [None if score is None else (1 + len(pool) - bisect_left(pool, score)) / (1 + len(pool)) for score in scores]


def _held_out(controls: Sequence[float]) -> list[float]:
    """Return the residual of each look-alike relative to the mean of the others, as if it were the value."""
    total = fsum(controls)
    return [score - (total - score) / (len(controls) - 1) for score in controls]


def benjamini_hochberg(p_values: Sequence[float | None], rate: float = 0.05) -> list[bool]:
    """Tell which hypotheses are rejected while at most ``rate`` of the rejections are false on average.

    Benjamini & Hochberg 1995, "Controlling the False Discovery Rate", equation (1). A missing p-value is never
    rejected, but counts as a test.

    >>> benjamini_hochberg([0.01, 0.04, 0.9, None])
    [True, False, False, False]
    """
    ranked = sorted((value, position) for position, value in enumerate(p_values) if value is not None)
    passed = 0
    for rank, (value, _) in enumerate(ranked, start=1):
        if value <= rate * rank / len(p_values):
            passed = rank
    rejected = {position for _, position in ranked[:passed]}
    return [position in rejected for position in range(len(p_values))]
