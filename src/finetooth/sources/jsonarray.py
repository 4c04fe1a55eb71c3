"""A JSON document: an array, whose elements are the records, or one value, which is the only record.

The text is held in memory whole, up to a limit, but its values are made and handed on one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.bytestream import WINDOW, Peekable, Unreadable
from finetooth.sources.jsontext import NotJson, parse, parse_at, skip_space

DOCUMENT_LIMIT = 1 << 30
"""The longest document that is read, in bytes, decompressed: 1 GiB."""

# What "surrogateescape" makes of bytes that are not UTF-8. Valid UTF-8 cannot hold these code points, and an escape
# such as \udc80 is six other characters in the text, so finding one proves a bad byte.
_BAD_BYTE = re.compile("[\udc80-\udcff]")
_NOT_UTF8 = "not valid UTF-8; save the file as UTF-8"


def read_json_document(path: str, content: Peekable) -> Iterator[Record | Unread]:
    """Yield each element of the array, or the one value; nothing for a blank document.

    Args:
        path: the file as the user named it.
        content: its text as UTF-8.
    """
    try:
        document = _read_whole(content)
    except Unreadable as failure:
        yield Unread(path=path, reason=failure.reason)
        return
    text = document.decode("utf-8", "surrogateescape")
    del document
    start = skip_space(text, 0)
    if start == len(text):
        return
    if text[start] == "[":
        yield from _read_elements(path, text, start)
        return
    line = _line_of(text, start)
    if _BAD_BYTE.search(text):
        yield Unread(path=path, line=line, record=0, reason=_NOT_UTF8)
        return
    try:
        yield Record(path, 0, line, parse(text))
    except NotJson as error:
        yield Unread(path=path, line=_line_of(text, error.position or 0), reason=_reason(text, error, "the document"))


def _read_elements(path: str, text: str, bracket: int) -> Iterator[Record | Unread]:
    is_utf8 = _BAD_BYTE.search(text) is None
    index = 0
    counted, line = 0, 1
    try:
        position = skip_space(text, bracket + 1)
        more = text[position : position + 1] != "]"
        while more:
            line += text.count("\n", counted, position)
            counted = position
            value, end = parse_at(text, position)
            if is_utf8 or not _BAD_BYTE.search(text, position, end):
                yield Record(path, index, line, value)
            else:
                yield Unread(path=path, line=line, record=index, reason=_NOT_UTF8)
            index += 1
            position = skip_space(text, end)
            more = text[position : position + 1] == ","
            if more:
                position = skip_space(text, position + 1)
            elif text[position : position + 1] != "]":
                raise NotJson("expecting ',' or the array's end", position)
        position = skip_space(text, position + 1)
        if position != len(text):
            raise NotJson("something follows the array", position)
    except NotJson as error:
        place = counted if error.position is None else error.position
        reason = _reason(text, error, "the document: what follows is unread")
        yield Unread(path=path, line=_line_of(text, place), reason=reason)


def _read_whole(content: Peekable) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := content.read(WINDOW):
        size += len(piece)
        if size > DOCUMENT_LIMIT:
            raise Unreadable(f"a JSON document of more than {DOCUMENT_LIMIT >> 30} GiB; convert it to JSON lines")
        pieces.append(piece)
    return b"".join(pieces)


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _reason(text: str, error: NotJson, what: str) -> str:
    if error.position is None:
        return f"not valid JSON ({error.fault}); mend {what}"
    if _BAD_BYTE.match(text, error.position):
        return _NOT_UTF8
    column = error.position - text.rfind("\n", 0, error.position)
    return f"not valid JSON ({error.fault} at column {column}); mend {what}"
