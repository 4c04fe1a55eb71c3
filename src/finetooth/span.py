"""Where something stands inside one decoded text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open interval of a passage: ``text[start:end]`` is what it covers."""

    start: int
    """First position, in Unicode code points of the decoded passage, from 0."""
    end: int
    """One past the last position; always greater than ``start``."""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Tell whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end

    def of(self, text: str) -> str:
        """Return what the span covers in ``text``."""
        return text[self.start : self.end]
