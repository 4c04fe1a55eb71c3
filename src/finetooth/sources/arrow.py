"""Rows of Arrow batches as Python values, column by column, so that columns of the same name are all kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.jsontext import json_object
from finetooth.sources.plainvalue import read_row

BATCH = 256
"""Rows that are turned into Python values at a time, at most."""

_CELLS = 1 << 20  # of 100,000 columns, 10 rows
_BYTES = 16 << 20  # and so is one of long texts

_BAD_ROW = "a value in it cannot be read (text that is not UTF-8, or a date beyond the calendar); mend or drop the row"


def read_batch(path: str, index: int, batch: Any) -> Iterator[Record | Unread]:
    """Yield the records of a ``pyarrow.RecordBatch``, the first of which has the ordinal ``index``."""
    size = rows_at_once(batch.num_columns, batch.nbytes // max(1, batch.num_rows))
    for start in range(0, batch.num_rows, size):
        for offset, row in enumerate(_rows(batch.slice(start, size)), start):
            if row is None:
                yield Unread(path=path, record=index + offset, reason=_BAD_ROW)
            else:
                yield from read_row(path, index + offset, row)


def rows_at_once(columns: int, bytes_a_row: int) -> int:
    """Return how many rows of so many columns and bytes to hold as Python values: at least 1, at most `BATCH`."""
    return max(1, min(BATCH, _CELLS // max(1, columns), _BYTES // max(1, bytes_a_row)))


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
