"""How many samples it takes until a model gives something away.

(n, p)-discoverable extraction: Hayes et al. 2024, "Measuring memorization through probabilistic discoverable
extraction" (arXiv 2410.19482), definition 3.1: a string is (n, p)-discoverable where n independent samples emit it at
least once with probability p or more, that is where ``1 - (1 - q)**n >= p`` for its probability q in one sample.
"""

from __future__ import annotations

from math import ceil, exp, expm1, log, log1p

SAMPLES = 1000
PROBABILITY = 0.5
_TRIES_WORTH_TELLING = 1_000_000


def threshold(n: int = SAMPLES, p: float = PROBABILITY) -> float:
    """Return the least probability in one sample at which a string is (n, p)-discoverable.

    >>> round(threshold(), 7)
    0.0006929
    """
    return -expm1(log1p(-p) / n)


LOG_THRESHOLD = log(threshold())
"""Natural logarithm of the threshold for n = 1000 and p = 1/2."""


def discoverable(log_probability: float) -> bool:
    """Tell whether a string is (1000, 1/2)-discoverable."""
    return log_probability >= LOG_THRESHOLD


def expected_tries(log_probability: float) -> int | None:
    """Return how many samples it takes on average until the string is seen, or None beyond a million.

    >>> expected_tries(log(0.93)), expected_tries(log(1e-9))
    (2, None)
    """
    if log_probability < -log(_TRIES_WORTH_TELLING):
        return None
    return ceil(exp(-log_probability))
