import doctest

from hypothesis import given
from hypothesis import strategies as st

from finetooth import printable as room
from finetooth.printable import printable


def test_examples():
    assert doctest.testmod(room).failed == 0


@given(st.text())
def test_everything_shown_prints_and_keeps_its_place(text):
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
