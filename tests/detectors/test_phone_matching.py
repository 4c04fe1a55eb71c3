"""What is remembered of phone numbers is what `phonenumbers` says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import Leniency, PhoneNumberMatcher, re_util

from finetooth.detectors import phone_matching
from finetooth.detectors.phone_matching import phone_numbers

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
TEXTS = (
    "",
    "none here",
    "call 415-555-2671, or (415) 555-2671 x12, or +44 20 7946 0958.",
    "2021-03-14 12:30:45 and 12/05/2021, 10.0.0.1, 4111 1111 1111 1111",
    "030 901820/21 or 030 901820 / 030 901821; a4155552671b; $4155552671",
    "+49 30 901820 +49 30 901820",
    "pp. 211-227 (2003) and 1 2 3 4 5 6 7 8 9 10 11 12",
    "٠٢٠٧٩٤٦٠٩٥٨",
)


def plain(text, leniency):
    return [
        (region, match.start, match.end, match.number)
        for region in REGIONS
        for match in PhoneNumberMatcher(text, region, leniency)
    ]


def told(text, leniency):
    return [(region, found.start, found.end, found.number) for region, found in phone_numbers(text, REGIONS, leniency)]


@pytest.mark.parametrize("leniency", [Leniency.POSSIBLE, Leniency.VALID])
@pytest.mark.parametrize("text", TEXTS)
def test_numbers_are_those_of_the_library(text, leniency):
    assert told(text, leniency) == plain(text, leniency)


@given(st.text("0123456789+-()/ .,:x$a\n", max_size=60))
def test_numbers_of_any_text_are_those_of_the_library(text):
    assert told(text, Leniency.VALID) == plain(text, Leniency.VALID)


def test_a_candidate_is_read_once_for_each_plan():
    phone_matching._extracted.cache_clear()
    for _ in range(3):
        told("ring 415-555-2671 now", Leniency.VALID)
    assert phone_matching._extracted.cache_info().misses == len(REGIONS)


def test_a_long_text_is_left_to_the_library():
    text = "x " * phone_matching._LONGEST + "415-555-2671"
    assert told(text, Leniency.VALID) == plain(text, Leniency.VALID)


def test_patterns_of_plans_are_compiled_as_the_library_does_and_once():
    assert [*phone_numbers("call 212-555-0123 or +33 1 42 68 53 00", ["US"], Leniency.VALID)]
    known = {**re_util._COMPILED_PATTERNS}
    assert known
    assert all(compiled == re.compile(text) for text, compiled in known.items())
    text = next(iter(known))
    assert re_util.re_compile(text) is known[text]
