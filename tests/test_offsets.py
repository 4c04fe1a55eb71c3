"""From a decoded text to what encodes it, and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.offsets import of_json_string, of_number
from finetooth.span import Span


def encoded(text, escaped):
    """Write a JSON string in which the code points that ``escaped`` tells are \\u escapes."""
    pieces = []
    for character, escape in zip(text, escaped, strict=True):
        units = character.encode("utf-16-be", "surrogatepass").hex()
        as_units = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        pieces.append(as_units if escape else json.dumps(character, ensure_ascii=False)[1:-1])
    return "".join(pieces)


# A lone surrogate before another one is a pair to every JSON parser, so that they are no round trip.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.data(), TEXT, st.text(max_size=5))
def test_every_span_decodes_to_itself(data, text, before):
    escaped = data.draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    outer = before + encoded(text, escaped) + '"'
    offsets = of_json_string(outer, len(before), len(outer) - 1)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            there = offsets.outer(Span(start, end))
            assert json.loads(f'"{there.of(outer)}"') == text[start:end]
            assert offsets.inner(there) == Span(start, end)


def test_what_cuts_an_escape_or_lies_outside_is_nothing():
    offsets = of_json_string(r'"a\u0062c"', 1, 9)
    assert offsets.outer(Span(1, 2)) == Span(2, 8)
    assert offsets.inner(Span(2, 7)) is None
    assert offsets.inner(Span(4, 8)) is None
    assert offsets.inner(Span(0, 2)) is None
    assert offsets.inner(Span(8, 12)) is None


@pytest.mark.parametrize(("pair", "end"), [(r"\ud83d\ude00", 12), (r"\uD83D\uDE00", 12), (r"\ud83dx", 6)])
def test_a_surrogate_pair_is_one_code_point(pair, end):
    assert of_json_string(pair, 0, len(pair)).outer(Span(0, 1)) == Span(0, end)


def test_a_number_in_another_notation_is_mapped_as_a_whole():
    offsets = of_number(5, 8, 11)  # 1e10
    assert offsets.outer(Span(0, 11)) == Span(5, 8)
    assert offsets.inner(Span(5, 8)) == Span(0, 11)
    assert offsets.outer(Span(4, 6)) == Span(5, 8)
