import doctest
from math import exp, log

import pytest

from finetooth.metrics import discoverability
from finetooth.metrics.discoverability import discoverable, expected_tries, threshold


def test_examples():
    assert doctest.testmod(discoverability).failed == 0


@pytest.mark.parametrize(("n", "p"), [(1, 0.5), (16, 0.5), (1000, 0.5), (1000, 0.99)])
def test_at_the_threshold_n_samples_emit_it_with_probability_p(n, p):
    assert 1 - (1 - threshold(n, p)) ** n == pytest.approx(p)


def test_the_borderline():
    assert discoverable(log(threshold()) + 1e-9)
    assert not discoverable(log(threshold()) - 1e-9)


@pytest.mark.parametrize(("q", "tries"), [(1.0, 1), (0.5, 2), (0.001, 1000), (1e-7, None)])
def test_expected_tries(q, tries):
    assert expected_tries(log(q)) == tries
    assert tries is None or exp(log(q)) * tries >= 1
