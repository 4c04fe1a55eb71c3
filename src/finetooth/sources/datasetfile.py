"""A dataset file, and standard input, as a source: opened when it is read, in one pass, by the reader that fits it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.bytestream import ByteStream
from finetooth.sources.contents import Contents, read_contents
from finetooth.sources.source import Stored

_LINES = "-.jsonl"

CHANGED = "it changed while it was read, so what was read is neither the old file nor the new; scan it again"
"""Why a file that was read is unread all the same."""


def unopened(error: OSError) -> str:
    """Return why a file that cannot be opened is unread."""
    return f"cannot be opened ({error.strerror or type(error).__name__}); check its permissions"


class Place(Protocol):
    """Where a file lies."""

    def open(self) -> BinaryIO:
        """Open it for reading; raises ``OSError``."""

    def state(self) -> Any:
        """Return something that differs once the file was written to or replaced; None where nothing is known."""


class LocalPlace:
    """A path on this machine."""

    def __init__(self, path: str) -> None:
        self._path = path

    def open(self) -> BinaryIO:
        """Open it without a buffer of its own."""
        return Path(self._path).open("rb", buffering=0)

    def state(self) -> Any:
        """Return what tells one writing from another."""
        status = os.stat(self._path)  # noqa: PTH116 - as the user spells it
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class DatasetFile:
    """One file. Cheap to make, and can be read any number of times.

    Args:
        path: as the user named it.
        place: where it lies, if not at the path.
    """

    def __init__(self, path: str, place: Place | None = None) -> None:
        self.path = path
        self.place = place or LocalPlace(path)
        self._stored = Stored(None, 0)

    def __iter__(self) -> Iterator[Record | Unread]:
        self._stored = Stored(None, 0)
        try:
            before = self.place.state()
            file = self.place.open()
        except OSError as error:
            yield Unread(path=self.path, reason=unopened(error))
            return
        with file:
            stream = ByteStream(file)

            def reopen() -> BinaryIO:
                # Readers that jump about come to every byte in no order, so the bytes are hashed first.
                stream.drain()
                return self.place.open()

            plain = None if stream.compressed else reopen
            yield from read_contents(Contents(self.path, stream, stream.stored_size, reopen=plain))
            stream.drain()
        if self._has_changed(before):
            yield Unread(path=self.path, reason=CHANGED)
        else:
            self._stored = stream.stored()

    def stored(self) -> Stored:
        """Return digest and size of the file; without a digest until it was read to its end, and unchanged."""
        return self._stored

    def _has_changed(self, before: Any) -> bool:
        try:
            return bool(self.place.state() != before)
        except OSError:
            return True


class StandardInput:
    """What comes through standard input, by its content, or else JSON lines. Can be read once.

    Args:
        file: where they come from instead of ``sys.stdin``.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self.path = "-"
        self._file = file
        self._read_before = False
        self._stored = Stored(None, 0)

    def __iter__(self) -> Iterator[Record | Unread]:
        if self._read_before:
            # A second pass would find nothing, and nothing must not look like an empty dataset.
            yield Unread(path=self.path, reason="standard input can be read only once; save it to a file")
            return
        self._read_before = True
        stream = ByteStream(self._file or sys.stdin.buffer)
        yield from read_contents(Contents(self.path, stream, stream.stored_size, name=_LINES))
        stream.drain()
        self._stored = stream.stored()

    def stored(self) -> Stored:
        """Return digest and size of what came in; without a digest until it was read to its end."""
        return self._stored
