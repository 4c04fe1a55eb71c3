from math import exp, log

import pytest

from probe_data import Place
from probe_scores import (
    Claim,
    Value,
    calibration,
    curve,
    log_linear,
    orders,
    outcome,
    recall,
    samples_needed,
    spread,
    table,
)

PLACE = Place(3, "/messages/1/content", 10, 20, "account number", "0123456789", 4, 0)


def value(true, said="attributable", repetitions=1, *, derivable=False):
    return Value("name", "Ada", repetitions, derivable, log(true), said)


def claim(start, end, said="attributable", record=3):
    return Claim(said, 0.5, ((record, "/messages/1/content", start, end),))


def test_a_finding_covers_a_value_from_half_of_it_on():
    assert claim(10, 20).covers(PLACE)
    assert claim(15, 40).covers(PLACE)
    assert not claim(16, 40).covers(PLACE)
    assert not claim(10, 20, record=4).covers(PLACE)


def test_of_several_findings_of_a_value_the_gravest_counts():
    said = [claim(10, 20, "common"), claim(10, 20, "undecided"), claim(10, 20, "not-extractable")]
    assert outcome(said) == "undecided"
    assert outcome([]) == "not found by the scan"


def test_recall_asks_only_for_what_comes_out_and_cannot_be_derived():
    told = recall(
        [value(0.5), value(0.001, "undecided"), value(0.0009, "undecided"), value(0.9, "common", derivable=True)]
    )
    assert (told.found, told.leaks, dict(told.missed)) == (1, 2, {"undecided": 1})


def test_the_curve_has_a_level_for_each_number_of_repetitions():
    levels = curve([value(0.01, repetitions=1), value(0.0001, repetitions=1), value(0.1, repetitions=2)], log(0.001))
    assert [(each.repetitions, each.values, each.extractable) for each in levels] == [(1, 2, 0.5), (2, 1, 1.0)]
    assert levels[0].digits == pytest.approx(-3)
    assert levels[1].sixteen == pytest.approx(1 - 0.9**16)


def test_a_curve_that_rises_tenfold_with_each_doubling_is_log_linear():
    slope, fit = log_linear(curve([value(1e-5 * 10**at, repetitions=2**at) for at in range(5)], log(0.001)))
    assert (slope, fit) == (pytest.approx(1), pytest.approx(1))


def test_calibration_compares_with_the_frequency():
    told = calibration([(0.5, 50), (0.2, 30), (0.9, 10)], 100)
    assert told.bias == pytest.approx((0 - 0.1 + 0.8) / 3)
    assert told.off == pytest.approx(0.3)
    assert told.furthest == pytest.approx(0.8)
    assert told.covered == pytest.approx(1 / 3)


def test_what_is_sampled_is_spread_from_rare_to_certain():
    true = [log(each) for each in (0.9, 0.001, 0.02, 0.5, 0.1)]
    assert spread(true, 10) == [2, 4, 3, 0]
    assert spread(true, 2) == [2, 0]
    assert spread([log(0.001)], 2) == []


def test_a_probability_too_small_for_a_float_is_written_all_the_same():
    assert orders(log(0.25)) == "0.25"
    assert exp(-2000.0) == 0.0
    assert orders(-2000.0) == "1e-869"


def test_rows_become_a_markdown_table():
    assert table([("a", "b"), ("1", "long")]) == "| a | b    |\n|---|------|\n| 1 | long |"


def test_what_one_sample_in_a_thousand_shows_takes_thousands_to_see():
    assert samples_needed(0.5, 0.75) == 2
    assert samples_needed(0.001, 0.95) == 2995
