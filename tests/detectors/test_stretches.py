"""A pattern is found around the characters that its matches hold just where it is found in the whole text."""

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from finetooth.detectors.stretches import Stretch, Stretches, around

PATTERNS = (
    r"\b\d{3}-\d{2}\b",
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,3}(?![A-Z0-9])",
    r"\b[0-9A-F]{2}([:-])(?:[0-9A-F]{2}\1){2}[0-9A-F]{2}\b",
    r"(?<![\w:])::(?:[0-9a-f]{1,4}:){0,2}(?![\w:])",
    r"^\d{2}$",
)


def found(pattern, text):
    place = around(pattern)
    return any(
        regex.search(pattern, text, pos=each.start, endpos=each.end)
        for each in Stretches(text).of(place)
        if each.characters >= place.fewest
    )


@given(
    st.sampled_from(PATTERNS),
    st.lists(
        st.sampled_from(
            ["word ", " " * 30, "12", "123-45", "AB12", "CD34EF56", "0A:1B:2C:3D", "::", "ab:", ".", "\n", "٣"]
        ),
        max_size=12,
    ),
)
def test_what_matches_somewhere_matches_in_a_stretch(pattern, pieces):
    text = "".join(pieces)
    assert found(pattern, text) or not regex.search(pattern, text)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_one_of_these_is_looked_for_in_places(pattern):
    assert around(pattern) is not None


@pytest.mark.parametrize("pattern", [r"\d+", r"\w{5}", r"a.*1", r"(?=.*\d)x", r"[0-9]{300}", "("])
def test_what_is_long_or_needs_nothing_is_looked_for_everywhere(pattern):
    assert around(pattern) is None


def test_stretches_that_meet_are_one():
    place = around(r"\b\d{4}\b")
    text = "x" * 100 + "12 34" + "y" * 100
    assert Stretches(text).of(place) == [Stretch(100 - place.reach, 105 + place.reach, 4)]
    assert Stretches("no number").of(place) == []


def test_a_text_is_searched_for_characters_once():
    texts = Stretches("1 " * 100)
    assert texts.of(around(r"\d{4}")) is texts.of(around(r"\b\d{3}\b"))


def test_every_pattern_of_presidio_keeps_its_matches(patterns):
    recognizers = [each for each in patterns._readings["en"].analysis.recognizers if getattr(each, "patterns", None)]
    told = [pattern.regex for each in recognizers for pattern in each.patterns]
    bounded = [pattern for pattern in told if around(pattern) is not None]
    assert len(bounded) > len(told) / 2
    around_it = "as it is written " * 20
    values = [
        "4111 1111 1111 1111",
        "10.0.0.1",
        "0A:23:F5:67:89:AC",
        "2021-03-14",
        "14-Mar-2021",
        "078-05-1120",
        "A1234567",
    ]
    text = around_it + around_it.join(f"{value}, " for value in values)
    matching = [pattern for pattern in bounded if regex.search(pattern, text, regex.IGNORECASE)]
    assert len(matching) > 5
    for pattern in matching:
        assert found(f"(?i){pattern}" if re.match(r"\(\?i\)", pattern) is None else pattern, text)
