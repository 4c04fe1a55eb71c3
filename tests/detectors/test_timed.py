"""Patterns of strangers: in windows, and against the clock."""

import re

import pytest

from finetooth.detectors.timed import TimedPattern


def test_finds_what_re_finds_wherever_a_long_text_is_cut():
    pattern = r"(?<! \w ) AB (?P<value> [0-9]{5} ) \b"
    text = "".join(f"{'word ' * (n % 37)}AB{10_000 + n} " for n in range(4000))
    expected = [found.span("value") for found in re.compile(pattern, re.VERBOSE).finditer(text)]
    assert len(text) > 10 * 20_000
    assert [found.span("value") for found in TimedPattern(pattern).finditer(text)] == expected


def test_gives_up():
    with pytest.raises(TimeoutError):
        list(TimedPattern(r"(?: (?: a | aa )+ )+ $", seconds=0.1).finditer("a" * 60 + "!"))
    with pytest.raises(TimeoutError):
        TimedPattern(r"(?: (?: a | aa )+ )+ $", seconds=0.1).fullmatch("a" * 60 + "!")


@pytest.mark.parametrize("pattern", ["(", "[0-9]*", "(?P<1>a)"])
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(ValueError, match=r"."):
        TimedPattern(pattern)
