"""A dataset file, and standard input, as a source: opened when it is read, in one pass, by the reader that fits it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.bytestream import ByteStream
from finetooth.sources.container import Container, container
from finetooth.sources.encoding import utf8
from finetooth.sources.jsondocument import read_json_document
from finetooth.sources.jsonl import read_json_lines
from finetooth.sources.parquet import read_parquet
from finetooth.sources.source import Stored
from finetooth.sources.table import read_table


class DatasetFile:
    """One file on disk. Cheap to make, and can be read any number of times.

    Args:
        path: as the user named it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._stored = Stored(None, 0)

    def __iter__(self) -> Iterator[Record | Unread]:
        self._stored = Stored(None, 0)
        try:
            file = Path(self.path).open("rb", buffering=0)  # noqa: SIM115 - closed below, where OSError means something else
        except OSError as error:
            yield Unread(path=self.path, reason=f"cannot be opened ({error.strerror}); check its permissions")
            return
        with file:
            stream = ByteStream(file)
            yield from self._read(file, stream)
            stream.drain()
            self._stored = stream.stored()

    def stored(self) -> Stored:
        """Return digest and size of the file; without a digest until it was read to its end."""
        return self._stored

    def _read(self, file: BinaryIO, stream: ByteStream) -> Iterator[Record | Unread]:
        if not stream.peek(1):
            # Nothing in it; or nothing to be had of it, which the reader of any container tells.
            yield from read_json_lines(self.path, stream)
            return
        content = utf8(stream)
        match container(self.path, content):
            case Container.JSON_LINES:
                yield from read_json_lines(self.path, content)
            case Container.JSON_DOCUMENT:
                yield from read_json_document(self.path, content)
            case Container.CSV:
                yield from read_table(self.path, content, ",")
            case Container.TSV:
                yield from read_table(self.path, content, "\t")
            case Container.PARQUET if stream.compressed:
                yield Unread(path=self.path, reason="Parquet within gzip; decompress it with `gunzip`")
            case Container.PARQUET:
                # pyarrow jumps about in the file, so its bytes are hashed first, through the same open file.
                stream.drain()
                file.seek(0)
                yield from read_parquet(self.path, file)
            case reason:
                yield Unread(path=self.path, reason=reason)


class StandardInput:
    """JSON lines from standard input, gzipped or not. Can be read once.

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
        yield from read_json_lines(self.path, utf8(stream))
        stream.drain()
        self._stored = stream.stored()

    def stored(self) -> Stored:
        """Return digest and size of what came in; without a digest until it was read to its end."""
        return self._stored
