"""The records of a file that another version of it does not hold: what a change has added.

A record is passed over only where the earlier version holds the very same one, as often: a line of JSON lines by its
bytes, a record of any other container by its value. So wherever the two versions differ, whatever order they are in
and however a quote spans lines, nothing that is new is left out. Places are those in the whole of the file.
"""

from __future__ import annotations

import hashlib
import marshal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.bytestream import ByteStream
from finetooth.sources.container import Container, container
from finetooth.sources.datasetfile import DatasetFile, Place, unopened
from finetooth.sources.encoding import utf8
from finetooth.sources.jsonl import read_json_lines
from finetooth.sources.lines import LINE_LIMIT, lines
from finetooth.sources.peekable import WINDOW, Peekable
from finetooth.sources.source import Stored


class Unseen:
    """What one version of a file holds and an earlier one does not.

    What cannot be read of the new version is unread, whether or not it could be read of the earlier one.

    Args:
        path: the file as the user named it.
        now: where the new version lies.
        before: where the earlier one lies.
        path_before: what the file was called then.
        content: a name of the two versions together that no others have, by which the result is known again; None where
            they have none.
    """

    def __init__(self, path: str, now: Place, before: Place, path_before: str, content: str | None = None) -> None:
        self.path = path
        self.content = content
        self._now = now
        self._before = before
        self._path_before = path_before

    def __iter__(self) -> Iterator[Record | Unread]:
        try:
            if _is_json_lines(self.path, self._now) and _is_json_lines(self._path_before, self._before):
                yield from self._by_line()
                return
        except OSError as error:
            yield Unread(path=self.path, reason=unopened(error))
            return
        yield from self._by_value()

    def stored(self) -> Stored:
        """Return the name of both versions in the place of a digest: the file is read in part."""
        return Stored(self.content, 0)

    def _by_line(self) -> Iterator[Record | Unread]:
        with self._now.open() as now, self._before.open() as before:
            start = _alike(now, before)
            earlier = Counter(line for _, line in lines(_from(start, before)) if line)

            def known(line: bytes) -> bool:
                if not earlier[line]:
                    return False
                earlier[line] -= 1
                return True

            for item in read_json_lines(self.path, _from(start, now), known):
                yield _moved(item, start)

    def _by_value(self) -> Iterator[Record | Unread]:
        earlier = Counter(
            known
            for item in DatasetFile(self._path_before, self._before)
            if isinstance(item, Record) and (known := _told(item.value)) is not None
        )
        for item in DatasetFile(self.path, self._now):
            known = _told(item.value) if isinstance(item, Record) else None
            if known is not None and earlier[known]:
                earlier[known] -= 1
            else:
                yield item


class _Start(NamedTuple):
    """Whole lines that two versions both begin with."""

    bytes: int = 0
    lines: int = 0
    records: int = 0


def _alike(now: BinaryIO, before: BinaryIO) -> _Start:
    """Return how far two versions are surely alike: mostly a change adds at the end, and all before can be skipped."""
    start, rest = _Start(), b""
    while len(rest) <= LINE_LIMIT and (window := now.read(WINDOW)) == before.read(WINDOW) and window:
        *ended, rest = (rest + window).split(b"\n")
        blank = ended.count(b"") + sum(map(bytes.isspace, ended))
        size = sum(map(len, ended)) + len(ended)
        start = _Start(start.bytes + size, start.lines + len(ended), start.records + len(ended) - blank)
    return start


def _from(start: _Start, file: BinaryIO) -> Peekable:
    """Return what stands behind the common beginning. Only the first line of a file can have a byte order mark."""
    rest = Peekable(file.read)
    return rest if file.seek(start.bytes) else utf8(rest)


def _moved(item: Record | Unread, start: _Start) -> Record | Unread:
    """Return an item of the rest of a file at its place in the whole."""
    line = None if item.line is None else item.line + start.lines
    if isinstance(item, Record):
        return replace(item, index=item.index + start.records, line=line)
    return replace(item, record=None if item.record is None else item.record + start.records, line=line)


def _is_json_lines(path: str, place: Place) -> bool:
    """Tell whether a version is JSON lines that can be compared as they lie there: UTF-8, not compressed."""
    with place.open() as file:
        stream = ByteStream(file)
        text = utf8(stream)
        return not stream.compressed and text is stream and container(path, text) is Container.JSON_LINES


def _told(value: Any) -> bytes | None:
    """Return a digest of a record's value, another for each other value; None where the value has none.

    NOTE: marshal's second version writes plain values down without the references that later ones make, so that equal
    values are equal bytes. It takes no subclass, so an object in which a key stands twice is always new, as are dates.
    """
    try:
        return hashlib.blake2b(marshal.dumps(value, 2), digest_size=16).digest()
    except ValueError:
        return None
