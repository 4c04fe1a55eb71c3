"""From a dataset file to the shards that it is scanned in.

Where a file is cut depends on its bytes alone, never on who reads it: files of JSON lines at the first end of a line
after each `SIZE` bytes, Parquet between row groups. Everything else (compressed files, JSON documents, tables, whose
quotes may span lines) is one shard. Cutting reads next to nothing; digests are a matter of their own (`digested`).
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

from finetooth.sources.bytestream import ByteStream
from finetooth.sources.container import Container, container
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.encoding import utf8
from finetooth.sources.parquet import groups_of
from finetooth.sources.portions import Lines, RowGroups, pieces, sha256_of
from finetooth.sources.refused import Refused
from finetooth.sources.saved import SavedDataset
from finetooth.sources.source import Source, Stored
from finetooth.sources.unseen import Unseen

SIZE: Final = 1 << 20
"""Bytes of a shard: some seconds of work, so that little is lost with a worker, and costs of milliseconds vanish."""

_END: Final = 1 << 62
_SEEK: Final = 1 << 12  # most lines are shorter


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the data that is scanned in one piece."""

    source: Source
    """Reads exactly this part."""
    reach: tuple[tuple[int, int], ...] = ()
    """The bytes of the file that reading it depends on, as half-open ranges; none where it is no file."""
    form: str = ""
    """How they are read."""
    content: str | None = None
    """SHA-256 of these bytes, hex, or another name that no other content has; None where it is not known."""

    @property
    def movable(self) -> bool:
        """Whether another process can read it: what is in memory or comes through a pipe is here alone."""
        return isinstance(self.source, (DatasetFile, Lines, Refused, RowGroups, SavedDataset))


def split(source: Source) -> Sequence[Shard]:
    """Return the shards of a source, at least one, in order."""
    if isinstance(source, Unseen):
        return (Shard(source, form=f"unseen {posixpath.basename(source.path.lower())}", content=source.content),)
    if not isinstance(source, DatasetFile):
        return (Shard(source, form="whole"),)
    # The reader asks the name where the content says nothing.
    whole = (Shard(source, ((0, _END),), form=f"whole {posixpath.basename(source.path.lower())}"),)
    try:
        with source.place.open() as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if not size:
                return whole
            stream = ByteStream(file)
            text = utf8(stream)
            if stream.compressed or text is not stream:
                return whole
            found = container(source.path, text)
            if found is Container.JSON_LINES:
                return _LineShards(source, size)
            if found is Container.PARQUET:
                return tuple(_row_groups(source, file, size)) or whole
    except OSError:
        pass  # who reads it tells
    return whole


def digested(source: Source, shards: Sequence[Shard]) -> tuple[Stored | None, list[Shard]]:
    """Return digest and size of a source, and its shards with their own; in one pass over a file.

    Args:
        source: what was split.
        shards: all that it was split into.
    """
    if isinstance(source, SavedDataset):
        stored = source.stored()
        return stored, [replace(shard, content=stored.sha256) for shard in shards]
    if not isinstance(source, DatasetFile):
        return None, list(shards)
    whole = hashlib.sha256()
    known: list[Shard] = []
    done = 0
    try:
        with source.place.open() as file:
            for shard in shards:
                if shard.reach[:1] and shard.reach[0][0] == done and len(shard.reach) == 1:
                    # The next bytes, for both digests at once.
                    own = hashlib.sha256()
                    for piece in pieces(file, shard.reach):
                        own.update(piece)
                        whole.update(piece)
                        done += len(piece)
                    known.append(replace(shard, content=own.hexdigest()))
                else:
                    known.append(replace(shard, content=sha256_of(file, shard.reach)) if shard.reach else shard)
            for piece in pieces(file, ((done, _END),)):
                whole.update(piece)
                done += len(piece)
    except OSError:
        return Stored(None, done), list(shards)
    end = max((end for shard in shards for _, end in shard.reach), default=_END)
    # What it grew by since it was cut is in no shard.
    return Stored(whole.hexdigest() if end in (done, _END) else None, done), known


def with_content(shard: Shard) -> Shard:
    """Return a shard with the digest of its own bytes, reading no others."""
    source = shard.source
    place = source.place if isinstance(source, (DatasetFile, Lines, RowGroups)) else None
    if isinstance(source, SavedDataset):
        return replace(shard, content=source.stored().sha256)
    with suppress(OSError):
        if place is not None:
            with place.open() as file:
                return replace(shard, content=sha256_of(file, shard.reach))
    return shard


class _LineShards(Sequence[Shard]):
    """The shards of a file of JSON lines: each is cut when it is asked for, from the bytes around its ends alone."""

    def __init__(self, source: DatasetFile, size: int) -> None:
        self._source = source
        self._size = size

    def __len__(self) -> int:
        return (self._size - 1) // SIZE + 1

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        path, where = self._source.path, self._source.place
        try:
            with where.open() as file:
                start, end = (self._line_end(file, at * SIZE) for at in (place, place + 1))
        except OSError as error:
            return Shard(Refused(path, f"a part of it cannot be read ({error.strerror}); check the disk"))
        form = "lines" if start else "first lines"  # a byte order mark may stand before them
        return Shard(Lines(path, where, start, end), ((start, end),), form)

    def _line_end(self, file: BinaryIO, position: int) -> int:
        """Return the first place, from a position on, at which a line has just ended; the file's ends are such."""
        if position <= 0:
            return 0
        position -= 1
        while position < self._size:
            file.seek(position)
            piece = file.read(_SEEK)
            found = piece.find(b"\n")
            if found >= 0:
                return min(position + found + 1, self._size)
            if not piece:
                break
            position += len(piece)
        return self._size


def _row_groups(source: DatasetFile, file: BinaryIO, size: int) -> Iterator[Shard]:
    groups = groups_of(file) or []
    first = held = 0
    for group, each in enumerate(groups, 1):
        held += each.size
        if held >= SIZE or group == len(groups):
            reach = ((groups[first].start, each.end), (groups[-1].end, size))  # the footer tells what they mean
            reader = RowGroups(source.path, source.place, range(first, group), reach)
            yield Shard(reader, reach, f"row groups {first}-{group - 1}")
            first, held = group, 0
