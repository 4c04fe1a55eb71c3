"""A record as one text that is the same however its container spells and types it.

A file and the ``datasets.Dataset`` that was loaded from it hold the same records, and never the same bytes: the
library adds the columns that a row lacks, turns ``1`` into ``1.0`` where another row has a fraction, and what looks
like a day into a timestamp; of a CSV file it makes numbers, truth values and blanks. So what is written here is what a
record says, and not how it is typed:

- members stand in the order of their names; one that holds nothing (null, an empty object, an empty text) is left out,
  and of a name that stands twice the last one counts, as for every loader;
- a number is written out, whole ones without a fraction; so is a text that is one, as cells of a table are;
- so are truth values, and a text that is one;
- a date with a time is written as UTC, without what is zero, and so is a text that is one;
- the words by which `pandas` knows a missing cell are nothing.

Two records that differ in anything else, in a letter or a space, differ here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

_LONGEST: Final = 40
"""Characters of the longest text that can be a number, a date or a word for nothing."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_TRUTH: Final = {"true": "true", "True": "true", "TRUE": "true", "false": "false", "False": "false", "FALSE": "false"}
_NOTHING: Final = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
     "NULL", "NaN", "None", "n/a", "nan", "null"}
)  # fmt: skip
"""What ``pandas.read_csv`` reads as a missing value unless it is told otherwise."""


def canonical(value: Any) -> bytes:
    """Return what a record's value says, as UTF-8.

    Args:
        value: as a source yields it: what JSON can hold.
    """
    text = json.dumps(_said(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _said(value: Any) -> Any:
    """Return the value in lists, objects and texts alone; None where it says nothing."""
    if isinstance(value, str):
        return value if len(value) > _LONGEST else _word(value)
    if isinstance(value, Mapping):
        members = {key: said for key, member in value.items() if (said := _said(member)) is not None}
        return members or None
    if isinstance(value, list):
        return [_said(element) for element in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(Decimal(repr(value))) if math.isfinite(value) else None if math.isnan(value) else repr(value)
    return None if value is None else str(value)


def _word(text: str) -> str | None:
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    bare = text.strip()
    if _NUMBER.fullmatch(bare):
        return _number(Decimal(bare))
    if _TIME.fullmatch(bare):
        return _time(bare)
    return text


def _number(number: Decimal) -> str:
    return format(number.normalize(), "f") if number else "0"


def _time(text: str) -> str:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (time.astimezone(UTC) if time.tzinfo else time).replace(tzinfo=None).isoformat(" ")
