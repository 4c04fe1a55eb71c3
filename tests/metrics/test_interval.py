import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from finetooth.metrics import interval

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_examples():
    assert doctest.testmod(interval).failed == 0


@given(counts, st.floats(0.5, 0.999))
def test_agrees_with_another_implementation(count_n, confidence):
    count, n = count_n
    expected = binomtest(count, n).proportion_ci(confidence, method="exact")
    assert interval.clopper_pearson(count, n, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(counts, st.floats(0.5, 0.999))
def test_the_limits_invert_the_binomial_tails(count_n, confidence):
    count, n = count_n
    if count < n:
        upper = interval.upper_limit(count, n, confidence)
        assert binom.cdf(count, n, upper) == pytest.approx(1 - confidence, abs=1e-6)
    if count > 0:
        lower = interval.lower_limit(count, n, confidence)
        assert binom.sf(count - 1, n, lower) == pytest.approx(1 - confidence, abs=1e-6)


@pytest.mark.parametrize(("count", "n", "confidence"), [(0, 0, 0.95), (2, 1, 0.95), (-1, 1, 0.95), (0, 1, 1.0)])
def test_a_rate_over_nothing_is_an_error_never_zero(count, n, confidence):
    with pytest.raises(ValueError, match=r"no trials|successes|between 0 and 1"):
        interval.upper_limit(count, n, confidence)
