"""`phonenumbers`' matcher with a memory: what it says of a candidate is asked of it once.

It reads a text anew for every numbering plan, and numbers of forms and tables recur. What it makes of a candidate
depends on that, on the character before it and on the three after it. Most candidates are years and other numbers
with fewer digits than any valid number of a plan has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    Leniency,
    PhoneMetadata,
    PhoneNumberMatcher,
    country_code_for_region,
    re_util,
)
from phonenumbers import phonenumbermatcher as matching
from phonenumbers.phonenumbermatcher import PhoneNumberMatch

from finetooth.detectors.compiledpatterns import with_re


class _Compiled(dict[str, re.Pattern[str]]):
    """The patterns of numbering plans by their text, kept compiled for the next process."""

    def get(self, pattern: str, default: Any = None) -> re.Pattern[str]:
        """Return it compiled."""
        if pattern not in self:
            self[pattern] = with_re(pattern)
        return self[pattern]


# `phonenumbers` compiles a pattern each time that it asks for a match, and lets `re` remember some of them. It has a
# memory of its own, which it looks into where there is one (``enable_pattern_cache``).
re_util._COMPILED_PATTERNS = _Compiled()  # type: ignore[attr-defined]  # its stubs leave it out

_FEWEST: Final = 2
"""Digits: ITU-T E.164 knows no shorter national number, and `phonenumbers` refuses one."""

_SOME_DIGITS: Final = re.compile(r"\d\D*\d")

_ABROAD: Final = 5
"""Digits of a number with a prefix for calls abroad (two, as 00), a country code (one) and a national number (two)."""

_KINDS: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("personal_number", "voip", "pager", "uan", "voicemail"),
)
"""What `phonenumbers` calls the kinds of valid numbers."""

_TELLING: Final = re.compile(r"[+\uff0bA-Za-z]")
"""A plus, and letters, which stand for digits or announce an extension."""

_REMEMBERED: Final = 65_536
"""Candidates, with their plans."""

_CANDIDATE: Final[Any] = matching._PATTERN
_SECOND_NUMBER: Final[Any] = matching._SECOND_NUMBER_START_PATTERN  # type: ignore[attr-defined]
"""How `phonenumbers` itself looks for a candidate, whatever the plan, and cuts a second number off."""

_LONGEST: Final = 10_000
"""Code points. The matcher gives a text up after 65,535 tries; in a shorter one it never comes to that."""


def phone_numbers(text: str, regions: Iterable[str], leniency: int) -> Iterator[tuple[str, Any]]:
    """Yield the numbers of a text by the plan of each region, as `phonenumbers.PhoneNumberMatcher` finds them."""
    if not _SOME_DIGITS.search(text) and (text.isascii() or sum(map(str.isdigit, text)) < _FEWEST):
        return
    if len(text) > _LONGEST:
        for region in regions:
            yield from ((region, number) for number in PhoneNumberMatcher(text, region, leniency))
        return
    candidates: dict[int, _Candidate | None] = {}
    most: int | None = None
    for region in regions:
        fewest = _fewest(region) if leniency >= Leniency.VALID else 0
        if most is None or most >= fewest:
            matcher = _Remembering(text, region, leniency)
            matcher.candidates = candidates
            matcher.fewest = fewest
            if most is None:
                most = matcher.most_digits()
            if most >= fewest:
                yield from ((region, number) for number in matcher)


class _Candidate(NamedTuple):
    start: int
    written: str
    digits: int
    """How many it has; more than any number where it has a plus or a letter."""


class _Remembering(PhoneNumberMatcher):
    """NOTE: if a later version of `phonenumbers` asks in another way, this is only as slow as the matcher itself."""

    candidates: dict[int, _Candidate | None]
    """By where it is looked for, the next candidate of the text: the same for every plan."""
    fewest: int
    """A candidate of fewer digits is none of this plan's."""

    def most_digits(self) -> int:
        """Return the most digits of a candidate, where none is a number; -1 without any."""
        most, index = -1, 0
        while (candidate := self._candidate(index)) is not None:
            most = max(most, candidate.digits)
            index = candidate.start + len(candidate.written)
        return most

    def _find(self, index: int) -> PhoneNumberMatch | None:
        while self._max_tries > 0:
            candidate = self._candidate(index)
            if candidate is None:
                return None
            if candidate.digits >= self.fewest:
                number = self._extract_match(candidate.written, candidate.start)
                if number is not None:
                    return number
            self._max_tries -= 1
            index = candidate.start + len(candidate.written)
        return None

    def _candidate(self, index: int) -> _Candidate | None:
        if index not in self.candidates:
            self.candidates[index] = self._next(index)
        return self.candidates[index]

    def _next(self, index: int) -> _Candidate | None:
        found = _CANDIDATE.search(self.text, index)
        if found is None:
            return None
        written = self._trim_after_first_match(_SECOND_NUMBER, found.group())
        digits = _LONGEST if _TELLING.search(written) else sum(map(str.isdigit, written))
        return _Candidate(found.start(), written, digits)

    def _extract_match(self, candidate: str, offset: int) -> PhoneNumberMatch | None:
        end = offset + len(candidate)
        before, after = self.text[max(0, offset - 1) : offset], self.text[end : end + 3]
        found = _extracted(self.preferred_region, self.leniency, before, candidate, after)
        if found is None:
            return None
        start, number, parsed = found
        return PhoneNumberMatch(offset + start, number, parsed)


@lru_cache(512)
def _fewest(region: str) -> int:
    """Return how many digits a valid number has at least by the plan of a region, as it is written there."""
    plans = (
        PhoneMetadata.metadata_for_region(each, None)
        for each in COUNTRY_CODE_TO_REGION_CODE.get(country_code_for_region(region), ())
    )
    kinds = (getattr(plan, kind, None) for plan in plans if plan is not None for kind in _KINDS)
    lengths = (length for kind in kinds if kind is not None for length in kind.possible_length if length > 0)
    return int(min((_ABROAD, *lengths)))


@lru_cache(_REMEMBERED)
def _extracted(region: str, leniency: int, before: str, candidate: str, after: str) -> tuple[int, str, Any] | None:
    """Return where in a candidate a number begins, the number as it is written, and parsed; or None."""
    plain = PhoneNumberMatcher(before + candidate + after, region, leniency)
    found = plain._extract_match(candidate, len(before))
    return None if found is None else (found.start - len(before), found.raw_string, found.number)
