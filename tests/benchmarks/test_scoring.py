import math

import numpy as np
import pytest

from finetooth.entities import ENTITY_TYPES
from labels import CONCEPTS, GOLD, accepted, concept
from peers.worker import located
from scoring import f2, figures, match, precision, recall, scored
from spans import Found, Gold

PEOPLE = scored({"PERSON", "LOCATION"})


def found(start, end, entity_type="PERSON"):
    return Found(start, end, entity_type, "", "")


def counts(gold, predictions, *, typed=True, labelled=PEOPLE):
    return tuple(match(gold, predictions, labelled, typed=typed).counts)


def test_a_text_without_gold_and_predictions_counts_nothing():
    assert counts([], []) == (0, 0, 0)


def test_one_shared_character_is_enough():
    assert counts([Gold(0, 10, "PERSON")], [found(9, 15)]) == (1, 0, 0)
    assert counts([Gold(0, 10, "PERSON")], [found(10, 15)]) == (0, 1, 1)


def test_the_wrong_type_counts_only_where_types_do_not():
    gold = [Gold(0, 10, "PERSON")]
    assert counts(gold, [found(0, 10, "LOCATION")]) == (0, 1, 1)
    assert counts(gold, [found(0, 10, "LOCATION")], typed=False) == (1, 0, 0)


def test_compatible_types_are_right_in_both_directions():
    assert counts([Gold(0, 10, "LOCATION")], [found(0, 10, "STREET_ADDRESS")]) == (1, 0, 0)
    assert counts([Gold(0, 10, "ADDRESS")], [found(0, 10, "LOCATION")], labelled=scored({"ADDRESS"})) == (1, 0, 0)


def test_a_type_that_the_set_does_not_label_neither_finds_nor_errs():
    assert counts([Gold(0, 10, "PERSON")], [found(0, 10, "URL"), found(50, 60, "URL")], typed=False) == (0, 1, 0)


def test_a_span_over_everything_finds_nothing():
    gold = [Gold(0, 10, "PERSON"), Gold(90, 100, "PERSON")]
    assert counts(gold, [found(0, 100)]) == (0, 2, 1)


def test_one_span_may_take_in_neighbours_and_a_few_words_more():
    assert counts([Gold(0, 10, "PERSON"), Gold(12, 30, "PERSON")], [found(0, 30)]) == (2, 0, 0)
    assert counts([Gold(0, 2, "PERSON")], [found(0, 22)]) == (1, 0, 0)
    assert counts([Gold(0, 2, "PERSON")], [found(0, 23)]) == (0, 1, 1)


def test_cutting_a_prediction_in_pieces_or_saying_it_twice_gains_nothing():
    gold = [Gold(0, 4, "PERSON")]
    whole = counts(gold, [found(0, 4), found(10, 14)])
    assert counts(gold, [found(at, at + 1) for at in range(4)] + [found(0, 4), found(10, 14)]) == whole


def test_precision_recall_and_f2_are_those_of_the_definition():
    totals = np.array([6, 2, 4])
    p, r = 6 / 10, 6 / 8
    assert precision(totals) == pytest.approx(p)
    assert recall(totals) == pytest.approx(r)
    assert f2(totals) == pytest.approx(5 * p * r / (4 * p + r))


def test_a_rate_over_nothing_is_not_a_number():
    [figure] = figures([(0, 0, 0), (0, 0, 0)], ["a", "b"], [recall])
    assert math.isnan(figure.value)
    assert str(figure) == "—"


def test_an_interval_holds_its_figure_and_narrows_with_more_texts():
    few = figures([(1, 0, 0), (0, 1, 0)] * 10, [str(n) for n in range(20)], [recall])[0]
    many = figures([(1, 0, 0), (0, 1, 0)] * 200, [str(n) for n in range(400)], [recall])[0]
    assert few.low < few.value == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 2
    assert str(few).startswith(".500 (.")


def test_texts_of_one_cluster_are_drawn_together():
    rows = [(1, 0, 0)] * 50 + [(0, 1, 0)] * 50
    apart = figures(rows, [str(n) for n in range(100)], [recall])[0]
    together = figures(rows, ["found"] * 50 + ["missed"] * 50, [recall])[0]
    assert (together.low, together.high) == (0, 1)
    assert apart.low > 0.3


def test_an_interval_is_the_same_every_time():
    rows, clusters = [(3, 1, 2), (0, 4, 1), (5, 0, 0)], ["a", "b", "c"]
    assert figures(rows, clusters) == figures(rows, clusters)


@pytest.mark.parametrize("name", sorted(ENTITY_TYPES))
def test_every_type_of_the_catalogue_has_a_concept(name):
    assert concept(name) in accepted(concept(name))


def test_a_type_that_nobody_mapped_is_an_error():
    with pytest.raises(KeyError, match=r"labels\.py"):
        concept("SHOE_SIZE")


def test_every_label_is_of_a_concept_that_an_engine_could_give_or_is_named_as_beyond_all():
    beyond = {label for table in GOLD.values() for label in table.values()} - set(CONCEPTS.values())
    assert beyond == {"OTHER", "TITLE"}


def test_a_value_is_located_by_its_line_and_column():
    text = "key\nkéy = key\nkey"
    assert located("key", text, 1) == (0, 3)
    assert located("key", text, 2) == (10, 13)
    assert located("key", text, 3) == (14, 17)
    assert located("decoded", text, 2) == (4, 13)
