"""Texts with the spans of what they name, put together from pieces so that no offset is ever computed by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and what it is."""

    text: str
    """As it stands."""
    label: str | None = None
    """Entity label; None for text that names nothing."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """A text and what stands in it."""

    text: str
    """The whole text."""
    spans: tuple[tuple[int, int, str], ...]
    """Start, end (half-open, code points) and label, in order, without overlap."""

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> Annotated:
        """Join pieces."""
        text, spans = "", []
        for piece in pieces:
            if piece.label and piece.text:
                spans.append((len(text), len(text) + len(piece.text), piece.label))
            text += piece.text
        return cls(text, tuple(spans))
