"""The exact test over strata, against its closed forms and against chance itself."""

from itertools import combinations
from math import comb, prod
from random import Random

import pytest

from finetooth.metrics.stratified import stratified_p_value


def test_nothing_proves_nothing():
    assert stratified_p_value([]) == 1.0
    assert stratified_p_value([(True, [])]) == 1.0


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_it_is_the_top_run_where_no_lookalike_is_emitted(k):
    strata = [(True, [False] * 8)] * k + [(False, [False] * 8)] * 20
    assert stratified_p_value(strata) == pytest.approx((1 / 9) ** k)


def test_one_stratum_with_many_controls_is_a_rank():
    assert stratified_p_value([(True, [False] * 64)]) == pytest.approx(1 / 65)


def test_it_is_the_sum_over_all_ways_in_which_it_could_have_come_out():
    strata = [(True, [True, False, False]), (True, [False] * 4), (False, [True] * 2)]
    chances = [2 / 4, 1 / 5, 2 / 3]
    exact = sum(
        prod(c if i in chosen else 1 - c for i, c in enumerate(chances))
        for count in (2, 3)
        for chosen in combinations(range(3), count)
    )
    assert comb(3, 2) == 3
    assert stratified_p_value(strata) == pytest.approx(exact)


def test_under_the_null_it_is_seldom_small():
    """Values that are no different from their look-alikes reach a level at most as often as the level says."""
    random = Random(1)
    p_values = []
    for _ in range(400):
        strata = []
        for _ in range(30):
            odds = random.choice([0.0, 0.05, 0.5])
            group = [random.random() < odds for _ in range(9)]
            strata.append((group[0], group[1:]))
        p_values.append(stratified_p_value(strata))
    for level in (0.01, 0.05, 0.2):
        assert sum(p <= level for p in p_values) / 400 <= level + 2 * (level * (1 - level) / 400) ** 0.5
