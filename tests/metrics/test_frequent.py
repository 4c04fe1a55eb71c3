from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from finetooth.metrics.frequent import Frequent


def counted(things, size):
    seen = Frequent(size)
    for thing in things:
        seen.add(thing)
    return seen


@given(st.lists(st.integers(0, 8), max_size=60), st.integers(1, 6))
def test_whatever_comes_often_enough_is_kept(things, size):
    kept = counted(things, size).most(size)
    assert len(kept) <= size
    assert {thing for thing, count in Counter(things).items() if count > len(things) / (size + 1)} <= set(kept)


@given(st.lists(st.integers(0, 4), max_size=40))
def test_all_is_exact_while_there_is_room(things):
    assert counted(things, 5).most(5) == [thing for thing, _ in Counter(things).most_common()]
