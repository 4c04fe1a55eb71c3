"""Rows of Arrow batches as Python values, column by column, so that columns of the same name are all kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.jsontext import json_object
from finetooth.sources.plainvalue import read_row

BATCH = 256
"""Rows that are turned into Python values at a time."""

_BAD_ROW = "a value in it cannot be read (text that is not UTF-8, or a date beyond the calendar); mend or drop the row"


def read_batch(path: str, index: int, batch: Any) -> Iterator[Record | Unread]:
    """Yield the records of a ``pyarrow.RecordBatch``, the first of which has the ordinal ``index``."""
    for offset, row in enumerate(_rows(batch)):
        if row is None:
            yield Unread(path=path, record=index + offset, reason=_BAD_ROW)
        else:
            yield from read_row(path, index + offset, row)


def _rows(batch: Any) -> Iterator[dict[str, Any] | None]:
    try:
        columns = [column.to_pylist() for column in batch.columns]
    except (ValueError, TypeError, OverflowError, ArithmeticError, NotImplementedError):  # Arrow's own errors are these
        # One bad value spoils its whole batch: read the rows one by one to lose no other.
        if batch.num_rows == 1:
            yield None
        else:
            for row in range(batch.num_rows):
                yield from _rows(batch.slice(row, 1))
        return
    names = batch.schema.names
    for row in range(batch.num_rows):
        yield json_object([(name, column[row]) for name, column in zip(names, columns, strict=True)])
