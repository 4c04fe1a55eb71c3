"""Exact maps from positions in a decoded text to positions in the text that encodes it, and back."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from finetooth.span import Span

# One match is one decoded code point; a surrogate pair is a single one written as two escapes.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)


class Edit(NamedTuple):
    """A piece of the encoding that the decoded text says otherwise; of no length there where it leaves it out."""

    start: int
    """Where the piece begins in the decoded text."""
    end: int
    """Where it ends."""
    encoded_start: int
    """Where it begins in the encoding text."""
    encoded_end: int
    """Where it ends."""


@dataclass(frozen=True, slots=True)
class Offsets:
    r"""A monotone map: 1:1 but at its edits.

    >>> offsets = of_json_string(r'{"to": "\u0061da"}', 8, 16)  # decodes to: ada
    >>> offsets.outer(Span(0, 1)), offsets.outer(Span(1, 3))
    (Span(start=8, end=14), Span(start=14, end=16))
    >>> offsets.inner(Span(8, 14)), offsets.inner(Span(9, 14))
    (Span(start=0, end=1), None)
    """

    start: int
    """Where the encoding begins."""
    end: int
    """Where it ends; no position maps beyond it."""
    edits: tuple[Edit, ...] = ()
    """In order of place, in both texts."""

    def outer(self, span: Span) -> Span:
        """Return what encodes ``span`` of the decoded text: whole edits, and none that was left out at its ends."""
        start, end = min(self._start(span.start), self.end), min(self._end(span.end), self.end)
        return Span(start, end) if start < end else Span(self.start, self.end)

    def inner(self, span: Span) -> Span | None:
        """Return what ``span`` of the encoding text decodes to; None where it cuts an edit, or lies outside."""
        start, end = self._inverse(span.start, of_start=True), self._inverse(span.end, of_start=False)
        return Span(start, end) if 0 <= start < end and self.outer(Span(start, end)) == span else None

    def _start(self, position: int) -> int:
        at = bisect_right(self.edits, position, key=lambda edit: edit.start) - 1
        if at < 0:
            return self.start + position
        edit = self.edits[at]
        return edit.encoded_start if position < edit.end else edit.encoded_end + position - edit.end

    def _end(self, position: int) -> int:
        at = bisect_left(self.edits, position, key=lambda edit: edit.start) - 1
        if at < 0:
            return self.start + position
        edit = self.edits[at]
        return edit.encoded_end if position <= edit.end else edit.encoded_end + position - edit.end

    def _inverse(self, position: int, *, of_start: bool) -> int:
        # An edit that begins (or ends) here is meant, rather than what happens to lie beside it.
        at = bisect_left(self.edits, position, key=lambda edit: edit.encoded_start if of_start else edit.encoded_end)
        for edit in self.edits[at : at + 2]:
            here = edit.encoded_start if of_start else edit.encoded_end
            if here == position and edit.start < edit.end:
                return edit.start if of_start else edit.end
        at = bisect_right(self.edits, position, key=lambda edit: edit.encoded_end) - 1
        if at < 0:
            return position - self.start
        return self.edits[at].end + position - self.edits[at].encoded_end


def of_json_string(text: str, start: int, end: int) -> Offsets:
    """Return the map of the JSON string whose content (without its quotes) stands at ``[start, end)`` of ``text``."""
    edits: list[Edit] = []
    position, decoded = start, 0
    for escape in _ESCAPE.finditer(text, start, end):
        decoded += escape.start() - position
        edits.append(Edit(decoded, decoded + 1, *escape.span()))
        position, decoded = escape.end(), decoded + 1
    return Offsets(start, end, tuple(edits))


def of_number(start: int, end: int, length: int) -> Offsets:
    """Return the map of a number of ``length`` digits that stands at ``[start, end)``.

    In another notation (``14155550132.0``) it is mapped as a whole.
    """
    return Offsets(start, end, () if end - start == length else (Edit(0, length, start, end),))


Piece = tuple[int, int, str]
"""Where a text says something in another way, from and to, and what it says."""


def rewritten(text: str, pieces: Iterable[Piece]) -> str:
    """Return a text with pieces of it rewritten, in order of place and without overlaps."""
    parts: list[str] = []
    position = 0
    for start, end, instead in pieces:
        parts += (text[position:start], instead)
        position = end
    return "".join((*parts, text[position:]))


def of_rewritten(text: str, pieces: Iterable[Piece]) -> Offsets:
    """Return the map from what `rewritten` returns to the text."""
    edits: list[Edit] = []
    position = decoded = 0
    for start, end, instead in pieces:
        decoded += start - position
        edits.append(Edit(decoded, decoded + len(instead), start, end))
        position, decoded = end, decoded + len(instead)
    return Offsets(0, len(text), tuple(edits))
