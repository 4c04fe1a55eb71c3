"""Rows that are already in memory: any iterable of dicts, and the datasets of Hugging Face `datasets`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from finetooth.errors import InputError
from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.arrow import BATCH, read_batch
from finetooth.sources.plainvalue import read_row
from finetooth.sources.source import Source, Stored

MEMORY = "<memory>"
"""The path of what has none."""


class Rows:
    """Rows from memory. They have no lines and no digest.

    Args:
        rows: dicts of column to value, bare strings, a ``datasets.Dataset`` or ``IterableDataset``.
        path: what reports call them.
    """

    def __init__(self, rows: Iterable[Any], path: str = MEMORY) -> None:
        self.path = path
        self._rows = rows
        self._spent = False

    def __iter__(self) -> Iterator[Record | Unread]:
        if self._spent:
            # A second pass would find nothing, and nothing must not look like an empty dataset.
            yield Unread(path=self.path, reason="an iterator gives its rows only once; pass a list of them")
            return
        self._spent = isinstance(self._rows, Iterator)
        index = 0
        try:
            for items in _read(self.path, self._rows):
                for item in items:
                    yield item
                    index = (item.index if isinstance(item, Record) else item.record or 0) + 1
        except Exception as error:  # noqa: BLE001 - a caller's iterable may raise anything; unread is what it means
            reason = f"the rows from {index} on are unread: {type(error).__name__} was raised while they were made"
            yield Unread(path=self.path, reason=reason)

    def stored(self) -> Stored:
        """Return no digest and no size: nothing is stored."""
        return Stored(None, 0)


def from_memory(data: Any, path: str = MEMORY) -> list[Source]:
    """Return the sources of what a user holds in memory: one, or one for each split of a ``DatasetDict``.

    Raises:
        InputError: it is one text, one mapping, or nothing that can be gone through row by row.
    """
    if _is_hugging_face(data, "DatasetDict", "IterableDatasetDict"):
        return [Rows(rows, f"{path}/{split}") for split, rows in data.items()]
    if isinstance(data, (str, bytes, Mapping)) or not isinstance(data, Iterable):
        raise InputError(f"{type(data).__name__} is no iterable of rows; pass a list of dicts, or a datasets.Dataset")
    return [Rows(data, path)]


def _read(path: str, rows: Any) -> Iterator[Iterable[Record | Unread]]:
    if _is_hugging_face(rows, "Dataset"):
        # The Arrow format hands out what is stored: no image is decoded, no format of the user's is applied.
        index = 0
        for table in rows.with_format("arrow").iter(BATCH):
            for batch in table.to_batches():
                yield read_batch(path, index, batch)
                index += batch.num_rows
        return
    if _is_hugging_face(rows, "IterableDataset"):
        rows = rows.with_format(None)
        rows = rows.decode(False) if rows.features else rows
    for index, row in enumerate(rows):
        yield read_row(path, index, row)


def _is_hugging_face(value: object, *names: str) -> bool:
    # Whoever passes such a dataset has imported the library; nobody else should wait for it.
    library = sys.modules.get("datasets")
    return library is not None and any(isinstance(value, getattr(library, name)) for name in names)
