"""Parts of a dataset file, each a source by itself, so that many can be read at once and one again.

A portion of lines counts records and lines from its own beginning, since how many stand before it is known only to who
has read them: the ``extent`` of what is stored tells by how much the next one is to be counted on. Row groups know
their place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.shardresult import Extent
from finetooth.sources.bytestream import ByteStream
from finetooth.sources.datasetfile import Place, unopened
from finetooth.sources.encoding import utf8
from finetooth.sources.jsonl import read_json_lines
from finetooth.sources.parquet import read_parquet
from finetooth.sources.peekable import WINDOW, Peekable
from finetooth.sources.source import Stored


class Lines:
    """Whole lines of a file of JSON lines.

    Args:
        path: the file as the user named it.
        place: where it lies.
        start: the first byte, at the beginning of a line.
        end: one past the last, at the end of one.
    """

    def __init__(self, path: str, place: Place, start: int, end: int) -> None:
        self.path = path
        self.place = place
        self._start = start
        self._end = end
        self._stored = Stored(None, 0)

    def __iter__(self) -> Iterator[Record | Unread]:
        self._stored = Stored(None, 0)
        try:
            file = self.place.open()
            file.seek(self._start)
        except OSError as error:
            yield Unread(path=self.path, reason=unopened(error))
            return
        with file:
            stream = ByteStream(file, limit=self._end - self._start, plain=True)
            counted = _Counted(stream)
            content = counted if self._start else utf8(counted)
            records = 0
            for item in read_json_lines(self.path, content):
                records += isinstance(item, Record) or item.record is not None
                yield item
            stream.drain()
        self._stored = replace(stream.stored(), extent=Extent(records, counted.lines))

    def stored(self) -> Stored:
        """Return digest and size of these lines; without a digest until they were read to their end."""
        return self._stored


class _Counted(Peekable):
    """A stream that counts the ends of lines in what is read of it."""

    def __init__(self, stream: Peekable) -> None:
        self.lines = 0

        def read(size: int) -> bytes:
            piece = stream.read(size)
            self.lines += piece.count(b"\n")
            return piece

        super().__init__(read)


class RowGroups:
    """Some row groups of a Parquet file, numbered as they are in the whole.

    Args:
        path: the file as the user named it.
        place: where it lies.
        groups: which.
        reach: the bytes of the file that reading them depends on, as half-open ranges.
    """

    def __init__(self, path: str, place: Place, groups: range, reach: tuple[tuple[int, int], ...]) -> None:
        self.path = path
        self.place = place
        self._groups = groups
        self._reach = reach
        self._size = reach[-1][1]

    def __iter__(self) -> Iterator[Record | Unread]:
        try:
            file = self.place.open()
        except OSError as error:
            yield Unread(path=self.path, reason=unopened(error))
            return
        with file:
            yield from read_parquet(self.path, file, self._size, self._groups)

    def stored(self) -> Stored:
        """Return digest and size of the bytes that these row groups, and the file's footer, take up."""
        # They were read in no order, so they are hashed afterwards.
        try:
            with self.place.open() as file:
                return Stored(sha256_of(file, self._reach), sum(end - start for start, end in self._reach))
        except OSError:
            return Stored(None, 0)


def sha256_of(file: BinaryIO, reach: Iterable[tuple[int, int]]) -> str:
    """Return the SHA-256, in hex, of ranges of a file; what lies beyond its end is left out."""
    digest = hashlib.sha256()
    for piece in pieces(file, reach):
        digest.update(piece)
    return digest.hexdigest()


def pieces(file: BinaryIO, reach: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the bytes of ranges of a file, some at a time."""
    for start, end in reach:
        file.seek(start)
        left = end - start
        while left and (piece := file.read(min(WINDOW, left))):
            yield piece
            left -= len(piece)
