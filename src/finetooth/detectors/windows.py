"""Cutting a long text into overlapping pieces, so that an engine's cost stays linear and its memory bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SEEK = 200
"""How far a cut moves to the right to fall on whitespace, in code points."""


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a text. What begins in ``[keep_from, keep_until)`` is this window's; the rest is a neighbour's."""

    start: int
    """Where the piece begins, in code points of the text."""
    end: int
    """Where it ends."""
    keep_from: int
    """A match that begins before this belongs to the window before, which sees more of what stands around it."""
    keep_until: int
    """A match that begins here or later belongs to the window after."""

    def keeps(self, start: int) -> bool:
        """Tell whether a match that begins at ``start`` (in the text) is reported by this window."""
        return self.keep_from <= start < self.keep_until


def windows(text: str, size: int, overlap: int) -> Iterator[Window]:
    """Yield windows that cover a text. Every position is kept by exactly one of them.

    Neighbours share ``overlap`` code points, and the border of what they keep lies in its middle: a match of at most
    half the overlap is seen whole by the window that reports it.

    Args:
        text: The text; an empty one has no window.
        size: Length of a window, in code points, before its cut moves to whitespace.
        overlap: What neighbours share; less than half of ``size``.
    """
    if not 0 < overlap < size / 2:
        raise ValueError(f"overlap must lie between 0 and half of size, not {overlap} of {size}")
    start, keep_from = 0, 0
    while start < len(text):
        end = _at_whitespace(text, start + size)
        if end >= len(text):
            yield Window(start, len(text), keep_from, len(text))
            return
        following = _at_whitespace(text, end - overlap)
        border = (following + end) // 2
        yield Window(start, end, keep_from, border)
        start, keep_from = following, border


def _at_whitespace(text: str, position: int) -> int:
    """Return the first whitespace at or just after a position, or the position itself where none is near."""
    if position >= len(text):
        return len(text)
    space = re.compile(r"\s").search(text, position, position + _SEEK)
    return space.start() if space else position
