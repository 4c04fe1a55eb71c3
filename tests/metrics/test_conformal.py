import doctest
from random import Random

from scipy.stats import false_discovery_control

from finetooth.metrics import conformal
from finetooth.metrics.conformal import benjamini_hochberg, pooled_p_values


def test_examples():
    assert doctest.testmod(conformal).failed == 0


def test_nothing_gives_nothing():
    assert pooled_p_values([]) == []
    assert benjamini_hochberg([]) == []


def test_a_value_without_lookalikes_has_no_p_value():
    assert pooled_p_values([(0.0, []), (0.0, [-1.0])]) == [None, None]


def test_under_the_null_p_values_are_not_too_small():
    random = Random(7)
    small = trials = 0
    for _ in range(200):
        # Each group has its own level, each value is drawn just like its look-alikes, and little of it leaks.
        groups = []
        for _ in range(20):
            level = random.uniform(-60, -5)
            drawn = [random.gauss(level, 3) for _ in range(9)]
            value, *controls = (max(score, -8.0) for score in drawn)
            groups.append((value, controls))
        p_values = pooled_p_values(groups)
        small += sum(p is not None and p <= 0.05 for p in p_values)
        trials += len(p_values)
    assert small / trials <= 0.055


def test_a_memorised_value_stands_out():
    random = Random(7)
    groups = [(random.gauss(-40, 3), [random.gauss(-40, 3) for _ in range(8)]) for _ in range(60)]
    for position in (3, 9, 20, 44):
        groups[position] = (-1.0, groups[position][1])
    rejected = benjamini_hochberg(pooled_p_values(groups))
    assert {position for position, leaked in enumerate(rejected) if leaked} == {3, 9, 20, 44}


def test_agrees_with_another_implementation():
    random = Random(3)
    for _ in range(50):
        p_values = [random.random() ** 3 for _ in range(30)]
        expected = [adjusted <= 0.05 for adjusted in false_discovery_control(p_values)]
        assert benjamini_hochberg(p_values, 0.05) == expected
