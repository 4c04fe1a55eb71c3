"""From the values of Python and Arrow to those of JSON, so that shapes and detectors need to know only these.

Nothing is coerced away: what has a text (a date, a decimal) becomes that text, bytes that are UTF-8 become it too,
and what cannot be read as text is *named*, so that the reader can list it as unread; it never vanishes.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any

from finetooth.evidence import Unread
from finetooth.record import Record, RepeatedKeys
from finetooth.sources.jsontext import json_object

_TEXTUAL = (datetime.date, datetime.time, datetime.timedelta, uuid.UUID, pathlib.PurePath)
_TOO_LONG = 10**4300  # from here on Python refuses to write an integer out


def read_row(path: str, index: int, row: Any) -> list[Record | Unread]:
    """Return the record that a row makes.

    A row with something that is no text gives both its record, with null in that place, and an `Unread`.

    Args:
        path: the dataset, as the user named it.
        index: the row's ordinal from 0.
        row: a mapping of column to value, as a rule.
    """
    foreign: set[str] = set()
    try:
        value = _plain(row, foreign)
    except RecursionError:
        reason = "nested too deeply, or within itself; flatten the row"
        return [Unread(path=path, record=index, reason=reason)]
    record = Record(path, index, None, value)
    if not foreign:
        return [record]
    reason = f"a value in it is no text ({', '.join(sorted(foreign))}); drop the column, or turn it into text"
    return [record, Unread(path=path, record=index, reason=reason)]


def _plain(value: Any, foreign: set[str]) -> Any:
    if value is None or isinstance(value, (str, bool, float)):
        return value
    if isinstance(value, int) and abs(value) < _TOO_LONG:
        return value
    if isinstance(value, Mapping):
        members = list(value.items())
        if isinstance(value, RepeatedKeys):
            members = [*value.shadowed, *members]
        return json_object([(str(key), _plain(member, foreign)) for key, member in members])
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(element, foreign) for element in value]
    if isinstance(value, decimal.Decimal):
        return format(value, "f")  # str() might write 7.8E+7, where the digits matter
    if isinstance(value, enum.Enum):
        return _plain(value.value, foreign)
    if isinstance(value, _TEXTUAL):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            foreign.add("bytes that are not UTF-8")
            return None
    if hasattr(value, "tolist"):  # numpy and torch, neither of which is imported for this
        return _plain(value.tolist(), foreign)
    foreign.add(type(value).__name__)
    return None
