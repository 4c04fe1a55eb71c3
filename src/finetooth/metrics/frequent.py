"""What comes most often in a stream, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T", bound=Hashable)


class Frequent(Generic[_T]):
    """Counts, of which the least are given up where there are too many.

    Misra & Gries 1982, "Finding repeated elements": whatever makes up more than one part in ``size`` of the stream is
    kept, and its count is too low by that share at most. As long as no more than ``size`` different things come, all
    counts are exact.

    >>> seen = Frequent(2)
    >>> for word in "to be or not to be to".split():
    ...     seen.add(word)
    >>> seen.most(1)
    ['to']
    """

    def __init__(self, size: int) -> None:
        """Keep at most ``size`` counts."""
        self._size = size
        self._counts: Counter[_T] = Counter()

    def add(self, thing: _T) -> None:
        """Count one more."""
        if thing in self._counts or len(self._counts) < self._size:
            self._counts[thing] += 1
            return
        self._counts = Counter({each: count - 1 for each, count in self._counts.items() if count > 1})

    def most(self, number: int) -> list[_T]:
        """Return the ones that came most often, of equals the first."""
        return [thing for thing, _ in self._counts.most_common(number)]
