"""What a pattern needs is in everything that it matches."""

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from finetooth.detectors.necessary import digits, longest, necessary


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\d{3}-\d{4}", "-"),
        (r"[0-9]+", "0123456789"),
        (r"(?:a|b)[12]", "12"),
        (r"(?:1|2)x", "12"),
        (r"(?=.*[0-9])[A-Z]{5}", "0123456789"),
        (r"(?<=:)\w+", ":"),
        (r"\w+@\w+", "@"),
        (r"(?:-\d)?x[.]y", "."),
    ],
)
def test_the_fewest_characters_are_told(pattern, needed):
    assert necessary([pattern]) == frozenset(needed)


@pytest.mark.parametrize(
    "pattern",
    [r"\w+", "abc", r"\d*", r"(?:1|a)", r"[^0-9]", r"(?!1)x", r"[0-9a]", r"(?<!1)\b", r"\s", "", "(", r"\p{L}1("],
)
def test_what_nothing_is_known_of_needs_nothing(pattern):
    assert necessary([pattern]) is None


def test_of_several_patterns_each_may_match():
    assert necessary([r"1", r"[23]"]) == frozenset("123")
    assert necessary([r"1", r"a"]) is None


@given(st.text("ab01-#@x:;", max_size=8))
def test_everything_that_matches_holds_one(text):
    pattern = r"(?:[ab][0-9]-?|[#@]x){1,3}(?=[:;])"
    if re.search(pattern, text):
        assert not necessary([pattern]).isdisjoint(text)


def test_every_pattern_of_presidio_keeps_its_matches(patterns):
    recognizers = [each for each in patterns._readings["en"].analysis.recognizers if getattr(each, "patterns", None)]
    told = {each.name: necessary(pattern.regex for pattern in each.patterns) for each in recognizers}
    assert sum(needed is not None for needed in told.values()) > len(told) / 2
    texts = [
        "4111 1111 1111 1111",
        "ada@example.com",
        "https://a.example",
        "10.0.0.1",
        "0A:23:F5:67:89:AC",
        "2021-03-14",
        "14 Mar",
    ]
    for each in recognizers:
        for pattern in each.patterns:
            for text in texts:
                if regex.search(pattern.regex, text, regex.IGNORECASE):
                    assert told[each.name] is None or not told[each.name].isdisjoint(text)


@pytest.mark.parametrize(
    ("pattern", "fewest"),
    [
        (r"\d{3}-\d{4}", 7),
        (r"[0-9]+x?[1-9]*", 1),
        (r"(?:\d{2}|[A-Z]\d)", 1),
        (r"(?=\d{9})\w+", 0),
        (r"[0-9A-F]{8}", 0),
        (r"(?:\d{2}[ -]?){3}5", 7),
        ("(", 0),
    ],
)
def test_the_fewest_digits_are_told(pattern, fewest):
    assert digits(pattern) == fewest


@given(st.from_regex(r"(?:[a-c]?[0-9]{2}|x[1-3]|(?:4-?){1,3}5)(?=[.]|\d)", fullmatch=False))
def test_everything_that_matches_holds_so_many_digits(text):
    assert sum(map(str.isdecimal, text)) >= digits(r"(?:[a-c]?[0-9]{2}|x[1-3]|(?:4-?){1,3}5)(?=[.]|\d)")


@pytest.mark.parametrize(
    ("pattern", "most"),
    [
        (r"\d{3}-\d{4}", 8),
        (r"\b(?:a|bcd)?x\b", 6),
        (r"(?<!ab)c(?=d{2,3})", 6),
        (r"([ab]{2})c\1", 5),
        (r"a+", None),
        (r"(?=.*b)a", None),
        ("(", None),
    ],
)
def test_the_most_that_is_looked_at_is_told(pattern, most):
    assert longest(pattern) == most


def test_every_url_of_presidio_holds_a_point_and_a_letter_after_it():
    from presidio_analyzer.predefined_recognizers import UrlRecognizer

    suffixes = re.search(r"\[\.\]\(\?:((?:\(\?:[^()]+\)\|?)+)\)", UrlRecognizer.BASE_URL_REGEX)[1]
    listed = re.findall(r"\(\?:([^()]+)\)", suffixes)
    assert len(listed) > 300
    assert all(suffix[0].isalpha() for suffix in listed)


def test_every_url_of_presidio_has_a_suffix_after_a_point(patterns):
    from presidio_analyzer.predefined_recognizers import UrlRecognizer

    from finetooth.detectors import presidio_analysis

    first, second = presidio_analysis._url_telling()
    urls = [
        "see example.com/a",
        "HTTP://A-B.EXAMPLE.ORG",
        "www.a.co",
        "a..io",
        "mr.smith.us",
        "x.commerce",
        "the end.Then",
    ]
    others = ["e.g. this", ".net", "1.5.2", " .com", "so.", "3.x"]
    for text in urls + others:
        is_url = any(regex.search(each.regex, text, regex.IGNORECASE) for each in UrlRecognizer.PATTERNS)
        assert is_url == (text in urls)
        assert not is_url or (first.search(text) and second.search(text))
    assert not any(second.search(text) for text in others)
