"""The parts of a text in which a pattern can match, known from the characters that its matches hold.

Most of a text holds no digit and no hyphen. A pattern of which every match holds one, and is no longer than so many
code points, is looked for around them only.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from finetooth.detectors.necessary import Characters, digits, longest, necessary

_DIGITS: Final = frozenset("0123456789")
_SHORTEST: Final = 16
_LONGEST: Final = 256
"""Code points around a character. Reaches are powers of two, so that patterns share their stretches."""


class Around(NamedTuple):
    """Where a pattern can match."""

    telling: re.Pattern[str]
    """Of its matches every one holds one of these characters."""
    reach: int
    """As far from that, in code points, it looks at most."""
    fewest: int
    """So many of them it holds at least."""


class Stretch(NamedTuple):
    """A part of a text."""

    start: int
    """In code points."""
    end: int
    """One past the last."""
    characters: int
    """How many of the telling ones it holds."""


def around(pattern: str) -> Around | None:
    r"""Return where a pattern can match; None where it can anywhere.

    >>> around(r"\b\d{3}-\d{2}\b")
    Around(telling=re.compile('\\d+'), reach=16, fewest=5)
    """
    length, fewest = longest(pattern), digits(pattern)
    if length is None or length >= _LONGEST:
        return None
    reach = max(_SHORTEST, 1 << length.bit_length())
    if fewest:
        return Around(re.compile(r"\d+"), reach, fewest)
    needed = necessary([pattern])
    return None if needed is None else Around(_class(needed), reach, 1)


def _class(characters: Characters) -> re.Pattern[str]:
    # A digit stands for those of all scripts.
    signs = "".join(map(re.escape, sorted(characters - _DIGITS)))
    return re.compile(f"[{signs}{'' if characters.isdisjoint(_DIGITS) else chr(92) + 'd'}]+")


class Stretches:
    """The stretches of one text."""

    __slots__ = ("_known", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[tuple[re.Pattern[str], int], list[Stretch]] = {}

    def of(self, wanted: Around) -> list[Stretch]:
        """Return the parts of the text in which a pattern can match, in order; no match crosses the end of one."""
        key = wanted.telling, wanted.reach
        if key not in self._known:
            self._known[key] = self._merged(*key)
        return self._known[key]

    def _merged(self, telling: re.Pattern[str], reach: int) -> list[Stretch]:
        merged: list[Stretch] = []
        start = end = held = 0
        for found in telling.finditer(self._text):
            first, last = found.span()
            if held and end >= first - reach:
                end, held = last + reach, held + last - first
                continue
            if held:
                merged.append(Stretch(start, end, held))
            start, end, held = max(0, first - reach), last + reach, last - first
        if held:
            merged.append(Stretch(start, min(end, len(self._text)), held))
        return merged
