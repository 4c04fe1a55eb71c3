"""Exact maps from positions in a decoded text to positions in the text that encodes it, and back."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from finetooth.span import Span

# One match is one decoded code point; a surrogate pair is a single one written as two escapes.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Offsets:
    r"""A strictly increasing map: 1:1 but at its bends, where one decoded code point is written as several.

    >>> offsets = of_json_string(r'{"to": "\u0061da"}', 8, 16)  # decodes to: ada
    >>> offsets.outer(Span(0, 1)), offsets.outer(Span(1, 3))
    (Span(start=8, end=14), Span(start=14, end=16))
    >>> offsets.inner(Span(8, 14)), offsets.inner(Span(9, 14))
    (Span(start=0, end=1), None)
    """

    decoded: tuple[int, ...]
    """Positions in the decoded text, each right after a bend; the first is 0."""
    encoded: tuple[int, ...]
    """The same positions in the encoding text."""
    end: int
    """Where the encoding ends; no position maps beyond it."""

    def outer(self, span: Span) -> Span:
        """Return what encodes ``span`` of the decoded text."""
        start, end = self._position(span.start), self._position(span.end)
        return Span(start, end) if start < end else Span(self.encoded[0], self.end)

    def inner(self, span: Span) -> Span | None:
        """Return what ``span`` of the encoding text decodes to; None where it cuts an escape, or lies outside."""
        start, end = self._inverse(span.start), self._inverse(span.end)
        return Span(start, end) if 0 <= start < end and self.outer(Span(start, end)) == span else None

    def _position(self, position: int) -> int:
        at = bisect_right(self.decoded, position) - 1
        following = self.encoded[at + 1] if at + 1 < len(self.encoded) else self.end
        return min(self.encoded[at] + position - self.decoded[at], following)

    def _inverse(self, position: int) -> int:
        at = bisect_right(self.encoded, position) - 1
        return self.decoded[at] + position - self.encoded[at] if at >= 0 else -1


def plain(start: int, end: int, length: int) -> Offsets:
    """Return the map of a text of ``length`` that stands at ``[start, end)`` as it is.

    A number in another notation (``14155550132.0``) is mapped as a whole; of its parts only those before the digits
    differ.
    """
    return Offsets((0, length), (start, end), end)


def of_json_string(text: str, start: int, end: int) -> Offsets:
    """Return the map of the JSON string whose content (without its quotes) stands at ``[start, end)`` of ``text``."""
    decoded, encoded = [0], [start]
    for escape in _ESCAPE.finditer(text, start, end):
        decoded.append(decoded[-1] + escape.start() - encoded[-1] + 1)
        encoded.append(escape.end())
    return Offsets(tuple(decoded), tuple(encoded), end)
