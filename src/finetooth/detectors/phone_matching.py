"""`phonenumbers`' matcher with a memory: what it says of a candidate is asked of it once.

It reads a text anew for every numbering plan, and numbers of forms and tables recur. What it makes of a candidate
depends on that, on the character before it and on the three after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from phonenumbers import PhoneNumberMatcher
from phonenumbers.phonenumbermatcher import PhoneNumberMatch

_REMEMBERED: Final = 65_536
"""Candidates, with their plans."""

_LONGEST: Final = 10_000
"""Code points. The matcher gives a text up after 65,535 tries; in a shorter one it never comes to that."""


def phone_numbers(text: str, region: str, leniency: int) -> Iterable[Any]:
    """Return what yields as `phonenumbers.PhoneNumberMatcher` does: the numbers of a text by the plan of a region."""
    matcher = PhoneNumberMatcher if len(text) > _LONGEST else _Remembering
    numbers: Iterable[Any] = matcher(text, region, leniency)
    return numbers


class _Remembering(PhoneNumberMatcher):
    """NOTE: if a later version of `phonenumbers` asks in another way, this is only as slow as the matcher itself."""

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
