"""Arrow's own files: IPC streams and IPC files (Feather version 2 is one); one record a row.

Arrow takes a stream that was cut between two batches for a whole one, and stops at the first end mark where two
streams follow one another. Both are told here by what is read last.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.arrow import read_batch
from finetooth.sources.peekable import WINDOW, Peekable, Unreadable

_CUT = "cut short: the stream has no end mark; write the file again"


def read_arrow_stream(path: str, content: Peekable) -> Iterator[Record | Unread]:
    """Yield each row of a stream, and of those that follow it.

    Args:
        path: the file as the user named it.
        content: the stream.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy

    index = 0
    while content.peek(1):
        raw = _Exact(content)
        try:
            for batch in pa.ipc.open_stream(pa.PythonFile(raw, mode="r")):
                yield from _checked(path, index, batch)
                index += batch.num_rows
        except (pa.ArrowException, OSError, ValueError, RuntimeError):  # their texts may quote names and values
            why = raw.failure.reason if raw.failure else "the Arrow stream is damaged or cut short; write it again"
            yield Unread(path=path, reason=f"the rows from {index} on are unread: {why}")
            return
        if raw.met_end:
            why = raw.failure.reason if raw.failure else _CUT
            yield Unread(path=path, reason=f"the rows from {index} on are unread: {why}")
            return


def read_arrow_file(path: str, file: BinaryIO) -> Iterator[Record | Unread]:
    """Yield each row of an IPC file. A damaged batch costs that batch.

    Args:
        path: the file as the user named it.
        file: seekable, at its start.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy

    try:
        reader = pa.ipc.open_file(pa.PythonFile(file, mode="r"))
        count = reader.num_record_batches
    except (pa.ArrowException, OSError, ValueError, RuntimeError):
        yield Unread(path=path, reason="not readable as an Arrow file (damaged or cut short); write it again")
        return
    index = 0
    for place in range(count):
        try:
            batch = reader.get_batch(place)
        except (pa.ArrowException, OSError, ValueError, RuntimeError):
            reason = f"batch {place + 1} of {count}, behind row {index - 1}, is damaged; write the file again"
            yield Unread(path=path, reason=reason)
            continue
        yield from _checked(path, index, batch)
        index += batch.num_rows


def _checked(path: str, index: int, batch: Any) -> Iterator[Record | Unread]:
    try:
        # NOTE: Arrow trusts the offsets of a file, and a false one reads foreign memory or crashes the process.
        batch.validate(full=True)
    except (ValueError, TypeError) as error:
        if "UTF8" not in str(error).upper().replace("-", ""):  # which costs its row alone
            last = index + batch.num_rows - 1
            yield Unread(path=path, reason=f"rows {index} to {last} (from 0): the batch is damaged; write it again")
            return
    yield from read_batch(path, index, batch)


class _Exact(io.RawIOBase):
    """A stream as the file that pyarrow wants, each read of which is full unless the stream ends."""

    def __init__(self, content: Peekable) -> None:
        super().__init__()
        self._content = content
        self.met_end = False
        self.failure: Unreadable | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        pieces: list[bytes] = []
        left = size
        try:
            while left > 0 and (piece := self._content.read(min(left, WINDOW))):
                pieces.append(piece)
                left -= len(piece)
        except Unreadable as failure:
            self.failure = failure
        self.met_end = self.met_end or left > 0
        return b"".join(pieces)
