"""`phonenumbers`' matcher with a memory: what it says of a candidate is asked of it once.

It reads a text anew for every numbering plan, and numbers of forms and tables recur. What it makes of a candidate
depends on that, on the character before it and on the three after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from phonenumbers import PhoneNumberMatcher
from phonenumbers import phonenumbermatcher as matching
from phonenumbers.phonenumbermatcher import PhoneNumberMatch

_FEWEST: Final = 2
"""Digits: ITU-T E.164 knows no shorter national number, and `phonenumbers` refuses one."""

_REMEMBERED: Final = 65_536
"""Candidates, with their plans."""

_CANDIDATE: Final[Any] = matching._PATTERN
_SECOND_NUMBER: Final[Any] = matching._SECOND_NUMBER_START_PATTERN  # type: ignore[attr-defined]
"""How `phonenumbers` itself looks for a candidate, whatever the plan, and cuts a second number off."""

_LONGEST: Final = 10_000
"""Code points. The matcher gives a text up after 65,535 tries; in a shorter one it never comes to that."""


def phone_numbers(text: str, regions: Iterable[str], leniency: int) -> Iterator[tuple[str, Any]]:
    """Yield the numbers of a text by the plan of each region, as `phonenumbers.PhoneNumberMatcher` finds them."""
    if sum(map(str.isdigit, text)) < _FEWEST:
        return
    candidates: dict[int, tuple[int, str] | None] = {}
    for region in regions:
        if len(text) > _LONGEST:
            matcher = PhoneNumberMatcher(text, region, leniency)
        else:
            matcher = _Remembering(text, region, leniency)
            matcher.candidates = candidates
        yield from ((region, number) for number in matcher)


class _Remembering(PhoneNumberMatcher):
    """NOTE: if a later version of `phonenumbers` asks in another way, this is only as slow as the matcher itself."""

    candidates: dict[int, tuple[int, str] | None]
    """By where it is looked for, the next candidate of the text and its place: the same for every plan."""

    def _find(self, index: int) -> PhoneNumberMatch | None:
        while self._max_tries > 0:
            if index not in self.candidates:
                found = _CANDIDATE.search(self.text, index)
                self.candidates[index] = (
                    (found.start(), self._trim_after_first_match(_SECOND_NUMBER, found.group())) if found else None
                )
            candidate = self.candidates[index]
            if candidate is None:
                return None
            start, written = candidate
            if (number := self._extract_match(written, start)) is not None:
                return number
            self._max_tries -= 1
            index = start + len(written)
        return None

    def _extract_match(self, candidate: str, offset: int) -> PhoneNumberMatch | None:
        end = offset + len(candidate)
        before, after = self.text[max(0, offset - 1) : offset], self.text[end : end + 3]
        found = _extracted(self.preferred_region, self.leniency, before, candidate, after)
        if found is None:
            return None
        start, number, parsed = found
        return PhoneNumberMatch(offset + start, number, parsed)


@lru_cache(_REMEMBERED)
def _extracted(region: str, leniency: int, before: str, candidate: str, after: str) -> tuple[int, str, Any] | None:
    """Return where in a candidate a number begins, the number as it is written, and parsed; or None."""
    plain = PhoneNumberMatcher(before + candidate + after, region, leniency)
    found = plain._extract_match(candidate, len(before))
    return None if found is None else (found.start - len(before), found.raw_string, found.number)
