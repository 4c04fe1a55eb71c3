"""The port that every container implements: a dataset file as a stream of records, and of what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.shardresult import Extent


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it lies on disk."""

    sha256: str | None
    """Digest of its bytes, hex; None for rows from memory, and where it could not be read to its end."""
    bytes: int
    """Its size."""
    extent: Extent = field(default_factory=Extent)
    """By how much records and lines of what follows are counted on; zeros where these know their own place."""


class Source(Protocol):
    """One dataset file (or an iterable of rows).

    Reading is bounded in memory: a record is handed on before the next one is read, wherever the container allows it.
    Whatever cannot be read is yielded as ``Unread`` in its place, and the rest is still read; reading never raises for
    what is *in* a file.
    """

    path: str
    """As the user named it."""

    def __iter__(self) -> Iterator[Record | Unread]:
        """Yield every record in file order, and an ``Unread`` for everything that is none."""

    def stored(self) -> Stored:
        """Return digest and size of the bytes that were read; to be called after iterating to the end."""
