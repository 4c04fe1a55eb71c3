"""Parquet: one record a row, read in batches, one row group after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.arrow import read_batch, rows_at_once
from finetooth.sources.compression import refuse_bomb
from finetooth.sources.peekable import WINDOW, Unreadable


class RowGroup(NamedTuple):
    """Where the pages of a row group lie."""

    start: int
    """First byte."""
    end: int
    """One past the last."""
    size: int
    """Bytes when its pages are decompressed."""


UNREADABLE: Final = "not readable as Parquet (damaged, cut short or encrypted); write it again"


def read_parquet(path: str, file: BinaryIO, size: int, wanted: range | None = None) -> Iterator[Record | Unread]:
    """Yield each row. A damaged row group costs what is left of that group, and no other.

    Dates, times and decimals become their text. Bytes that are UTF-8 become text; other bytes are null in the record,
    beside which an `Unread` stands.

    Args:
        path: the file as the user named it.
        file: seekable, at its start.
        size: of the file in bytes, by which its expansion is measured.
        wanted: the row groups to read; all of them by default.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        # NOTE: checksums guard against a bit flip that would otherwise be read as other, valid text.
        table = pq.ParquetFile(file, page_checksum_verification=True, buffer_size=WINDOW)
        groups = [table.metadata.row_group(group) for group in range(table.metadata.num_row_groups)]
        counts = [group.num_rows for group in groups]
        at_once = [_rows_at_once(group) for group in groups]
    except (pa.ArrowException, OSError, ValueError, RuntimeError):  # their texts may quote names and values
        yield Unread(path=path, reason=UNREADABLE)
        return
    first = expanded = 0
    for group, count in enumerate(counts):
        if wanted is not None and group not in wanted:
            first += count
            continue
        index = first
        try:
            for batch in table.iter_batches(batch_size=at_once[group], row_groups=[group], use_threads=False):
                expanded += batch.nbytes
                refuse_bomb(expanded, size)
                yield from read_batch(path, index, batch)
                index += batch.num_rows
        except Unreadable as bomb:
            yield Unread(path=path, reason=f"the rows from {index} on are unread: {bomb.reason}")
            return
        except (pa.ArrowException, OSError, ValueError, RuntimeError):
            reason = f"rows {index} to {first + count - 1} (from 0): the row group is damaged; write the file again"
            yield Unread(path=path, reason=reason)
        else:
            if index != first + count:
                reason = f"{index - first} of {count} rows of row group {group} are there; write the file again"
                yield Unread(path=path, reason=reason)
        first += count


def groups_of(file: BinaryIO) -> list[RowGroup] | None:
    """Return where the row groups of a Parquet file lie and how large they are; None where it cannot be told.

    Args:
        file: seekable.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        metadata = pq.read_metadata(file)
        return [_row_group(metadata.row_group(group)) for group in range(metadata.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError, RuntimeError):
        return None


def _row_group(group: Any) -> RowGroup:
    columns = [group.column(column) for column in range(group.num_columns)]
    starts = [column.dictionary_page_offset or column.data_page_offset for column in columns]
    ends = [start + column.total_compressed_size for start, column in zip(starts, columns, strict=True)]
    return RowGroup(min(starts, default=0), max(ends, default=0), group.total_byte_size)


def _rows_at_once(group: Any) -> int:
    return rows_at_once(group.num_columns, group.total_byte_size // max(1, group.num_rows))
