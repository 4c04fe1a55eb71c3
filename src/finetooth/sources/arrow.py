"""Rows of Arrow batches as Python values, column by column, so that columns of the same name are all kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.jsontext import NotJson, json_object, parse
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
    for position, column in enumerate(batch.columns):
        if read := _reader(column.type):
            columns[position] = list(map(read, columns[position]))
    names = batch.schema.names
    for row in range(batch.num_rows):
        yield json_object([(name, column[row]) for name, column in zip(names, columns, strict=True)])


def _reader(kind: Any) -> Callable[[Any], Any] | None:
    """Return what reads the JSON in the values of an Arrow type; None where there is none.

    Arrow keeps values that differ in their form (such as messages, some of which call tools) as JSON texts of a type of
    their own, and `datasets` hands them out as the values that they are.
    """
    if getattr(kind, "extension_name", None) == "arrow.json":
        return _parsed
    if hasattr(kind, "value_field"):  # lists of every size
        read = _reader(kind.value_type)
        return read and (lambda values: values if values is None else list(map(read, values)))
    if hasattr(kind, "fields"):
        members = {field.name: read for field in kind.fields if (read := _reader(field.type))}
        return (lambda value: value and _with_members(value, members)) if members else None
    return None


def _with_members(value: dict[str, Any], readers: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {name: readers[name](member) if name in readers else member for name, member in value.items()}


def _parsed(text: Any) -> Any:
    try:
        return parse(text) if isinstance(text, str) else text
    except NotJson:
        return text
