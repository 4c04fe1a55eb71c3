"""Exact binomial intervals.

A rate over nothing has no interval here: asking for one is an error, never 0.
"""

from __future__ import annotations

from math import ceil, log, log1p


def lower_limit(count: int, n: int, confidence: float) -> float:
    """Return the one-sided exact lower confidence limit of a binomial proportion.

    Clopper & Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".

    Args:
        count: successes, 0 to ``n``.
        n: trials, at least 1.
        confidence: chance, between 0 and 1, that the limit lies below the true proportion.

    >>> lower_limit(0, 10, 0.95)
    0.0
    >>> round(lower_limit(10, 10, 0.95), 4)
    0.7411
    """
    _check(count, n, confidence)
    return 0.0 if count == 0 else _quantile(count, n - count + 1, 1 - confidence)


def upper_limit(count: int, n: int, confidence: float) -> float:
    """Return the one-sided exact upper confidence limit of a binomial proportion; arguments as ``lower_limit``.

    >>> upper_limit(0, 299, 0.95) < 0.01 < upper_limit(0, 298, 0.95)
    True
    """
    _check(count, n, confidence)
    return 1.0 if count == n else _quantile(count + 1, n - count, confidence)


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided exact interval of a binomial proportion: equal tails; arguments as ``lower_limit``.

    >>> [round(limit, 4) for limit in clopper_pearson(8, 10)]
    [0.4439, 0.9748]
    """
    tail = 1 - (1 - confidence) / 2
    return lower_limit(count, n, tail), upper_limit(count, n, tail)


def trials_needed(rate: float, confidence: float = 0.95) -> int:
    """Return how many trials without a success prove that a proportion is at most ``rate``.

    >>> trials_needed(0.01), trials_needed(0.001)
    (299, 2995)
    """
    if not 0 < rate < 1:
        raise ValueError(f"no number of trials proves a rate of {rate}")
    return ceil(log(1 - confidence) / log1p(-rate))


def _quantile(a: int, b: int, probability: float) -> float:
    # NOTE: scipy.special loads in a tenth of the time that scipy.stats takes, and judging should be instant.
    from scipy.special import betaincinv  # noqa: PLC0415 - only where an interval is asked for

    return float(betaincinv(a, b, probability))


def _check(count: int, n: int, confidence: float) -> None:
    if n < 1:
        raise ValueError("a proportion of no trials has no interval")
    if not 0 <= count <= n:
        raise ValueError(f"{count} successes in {n} trials")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not {confidence}")
