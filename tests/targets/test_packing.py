"""Packing: each text keeps its own way through a row, and what is shared stands there once."""

from hypothesis import given
from hypothesis import strategies as st

from finetooth.targets.packing import BatchCost, Scored, batches, pack

TEXTS = st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=12), max_size=12)
ANY = BatchCost(room=1e9, most=10_000, per_token=1, per_score=1, per_pair=1)


def items(*texts, first=1):
    return [Scored(position, tuple(text), first) for position, text in enumerate(texts)]


def way(row, place):
    found = []
    while place >= 0:
        found.append(row.tokens[place])
        place = row.parents[place]
    return found[::-1]


def test_nothing_makes_no_rows():
    assert pack([]) == []


@given(TEXTS, st.booleans())
def test_every_scored_token_is_predicted_after_all_that_stands_before_it(texts, branching):
    rows = pack(items(*texts), branching=branching)
    assert sorted(item.position for row in rows for item in row.items) == list(range(len(texts)))
    for row in rows:
        assert all(parent < place for place, parent in enumerate(row.parents))
        assert row.depths == [len(way(row, place)) - 1 for place in range(len(row.tokens))]
        for item, places in zip(row.items, row.ways, strict=True):
            assert [way(row, place) for place in places] == [
                list(item.tokens[:end]) for end in range(item.first, len(item.tokens))
            ]


@given(TEXTS)
def test_rows_that_may_not_branch_are_straight(texts):
    assert all(row.straight for row in pack(items(*texts), branching=False))


def test_what_is_shared_is_read_once():
    context = list(range(100, 200))
    values = [[*context, number, number + 1] for number in range(8)]
    [row] = pack(items([*context, 1, 2, 3], *values, first=100))
    assert len(row.tokens) == 100 + 8 + 1
    assert not row.straight
    assert len(row.predicting) == 1 + 8 + 1


def test_a_text_that_begins_another_costs_nothing():
    long = list(range(50))
    [row] = pack(items(long[:10], long[:30], long), branching=False)
    assert len(row.tokens) == 49


def test_strangers_with_the_same_greeting_stay_apart():
    greeting = [1, 2, 3]
    assert len(pack(items([*greeting, *range(10, 60)], [*greeting, *range(60, 120)]))) == 2


def test_batches_keep_to_what_fits():
    rows = pack(items(*([number] * 10 for number in range(20))))
    cost = BatchCost(room=1e9, most=30, per_token=1, per_score=1, per_pair=1)
    assert [len(batch) for batch in batches(rows, cost)] == [3, 3, 3, 3, 3, 3, 2]
    cost.halve()
    assert max(len(batch) for batch in batches(rows, cost)) == 1


def test_a_row_that_is_too_large_for_all_is_tried_alone():
    [row] = pack(items(list(range(99))))
    assert list(batches([row], BatchCost(room=1, most=1, per_token=1, per_score=1, per_pair=1))) == [[row]]


def test_the_scores_of_a_large_vocabulary_bound_a_batch():
    rows = pack(items(*([number] * 10 for number in range(4)), first=9))
    scored = BatchCost(room=20, most=10_000, per_token=0, per_score=10, per_pair=0)
    assert [len(batch) for batch in batches(rows, scored)] == [2, 2]
    assert [len(batch) for batch in batches(rows, ANY)] == [4]
