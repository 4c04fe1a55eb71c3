"""Whether a value scores higher than its look-alikes could by chance.

Under the null hypothesis, that the model has learnt nothing about a value beyond its kind, the value and its
look-alikes are exchangeable, so that its rank among them is uniform (Vovk, Gammerman & Shafer 2005, "Algorithmic
Learning in a Random World", chapter 2). Ranks among a dozen are too coarse for hundreds of tests, so all look-alikes of
a kind are pooled: of N values that are nothing special, as many reach a score, on average, as of N look-alikes,
whichever value they belong to (the target-decoy argument of Elias & Gygi 2007, Nature Methods 4:207).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def pooled_p_values(groups: Sequence[tuple[float, Sequence[float]]]) -> list[float | None]:
    """Return a conformal p-value for each group.

    Args:
        groups: the score of a value, and the scores of its look-alikes; any unit, higher is more suspicious, and minus
            infinity where there is nothing to suspect.

    Returns:
        For each group, (1 + number of look-alikes of any group whose score is at least the value's) / (1 + number of
        look-alikes); None where there are no look-alikes at all.

    >>> pooled_p_values([(9.0, [1.0, 2.0, 3.0]), (2.0, [1.0, 2.0, 3.0])])
    [0.14285714285714285, 0.7142857142857143]
    """
    pool = sorted(score for _, controls in groups for score in controls)
    if not pool:
        return [None] * len(groups)
    return [(1 + len(pool) - bisect_left(pool, score)) / (1 + len(pool)) for score, _ in groups]


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
