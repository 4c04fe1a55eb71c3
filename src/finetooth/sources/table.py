"""Tables as text (CSV and TSV): one record a row, its keys from the header row, every cell the text that it is.

Nothing is coerced: a social security number keeps its leading zero, ``NA`` stays two letters. No cell is dropped
either: one without a column of its own is read as ``column 7``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.jsontext import json_object
from finetooth.sources.lines import LINE_LIMIT, TOO_LONG, lines
from finetooth.sources.peekable import Peekable, Unreadable

CELL_LIMIT = LINE_LIMIT
"""The longest cell that is read, in characters: 64 Mi."""

_NOT_UTF8 = "not valid UTF-8; save the file as UTF-8"
_NUL = "holds a NUL, as UTF-16 without a byte order mark does; save the file as UTF-8"


def read_table(path: str, content: Peekable, delimiter: str) -> Iterator[Record | Unread]:
    """Yield each row below the header, as column to text; blank lines are no rows.

    Args:
        path: the file as the user named it.
        content: its text as UTF-8.
        delimiter: what stands between cells.
    """
    # NOTE: the csv module keeps one limit for the whole process; it is only ever raised here.
    csv.field_size_limit(max(csv.field_size_limit(), CELL_LIMIT))
    feed = _Feed(content)
    rows = csv.reader(feed, delimiter=delimiter)
    header: list[str] | None = None
    index = 0
    while True:
        line = feed.number + 1
        feed.fault = None
        row: list[str] = []
        try:
            row = next(rows)
            fault = feed.fault
        except StopIteration:
            return
        except Unreadable as failure:
            rest = f"the rest of the file is unread: {failure.reason}"
            yield Unread(path=path, line=feed.number + 1, reason=rest)
            return
        except csv.Error as error:  # fixed phrases, none of which quotes a cell
            fault = f"not valid CSV ({error}); mend the row"
        if fault is None and not row:
            continue
        if header is None:
            if fault is not None:
                yield Unread(path=path, line=line, reason=f"the header row: {fault}")
            header = [] if fault is not None else row
            continue
        if fault is not None:
            yield Unread(path=path, line=line, record=index, reason=fault)
        else:
            yield Record(path, index, line, json_object(list(zip(_names(header, len(row)), row, strict=True))))
        index += 1


def _names(header: list[str], width: int) -> list[str]:
    named = header[:width]
    return [name or f"column {place}" for place, name in enumerate([*named, *[""] * (width - len(named))], 1)]


class _Feed:
    """Physical lines for the csv module, and what is wrong with those of the row in hand.

    A bad byte must not end the table, and not shift its quotes either: it is let through as a stand-in, and whoever
    reads the row sees ``fault`` and refuses it.
    """

    def __init__(self, content: Peekable) -> None:
        self._lines = lines(content)
        self.number = 0
        self.fault: str | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        if line is None:
            # Its quotes are unknown, so nothing after it can be told apart.
            raise Unreadable(f"line {number} is {TOO_LONG}; split it")
        self.number = number
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("utf-8", "surrogateescape")
            self.fault = _NOT_UTF8
        if "\0" in text:
            self.fault = _NUL
        return text + "\n"
