"""A JSON document: an array, an object that wraps one, or values one after another; its elements are the records.

Which objects are wrappers: those with a list of objects under one of the names that exporters give to such a list
(`WRAPPERS`). Only these names count, because the lists of a single record (``messages``, ``conversations``) look just
the same. What stands beside the list is a record too, after the others, so that nothing of the file is left unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.jsontext import json_object
from finetooth.sources.jsonwindow import BadValue, JsonWindow
from finetooth.sources.peekable import Peekable, Unreadable

WRAPPERS = frozenset(
    (
        *("data", "dataset", "rows", "records", "examples", "samples", "instances", "items", "entries"),
        *("train", "training", "validation", "valid", "val", "dev", "eval", "test"),
    )
)
"""Keys under which a list of objects is a list of records. `load_dataset` writes "data"; the Hub's row API "rows"."""

_NO_COMMA = "expecting ',' or the array's end"


def read_json_document(path: str, content: Peekable) -> Iterator[Record | Unread]:
    """Yield each element of the array, each object, or the one value; nothing for a blank document.

    A value that cannot be read costs that value; one whose end cannot be found costs all behind it.

    Args:
        path: the file as the user named it.
        content: its text as UTF-8.
    """
    return _Document(path, JsonWindow(content)).read()


class _Document:
    """One pass over a document: what is counted on the way."""

    def __init__(self, path: str, window: JsonWindow) -> None:
        self._path = path
        self._window = window
        self._index = 0
        self._lost = False  # where the text goes on cannot be told any more

    def read(self) -> Iterator[Record | Unread]:
        window = self._window
        try:
            first = window.next()
            if first == "[":
                yield from self._array()
            elif first == "{":
                while not self._lost and window.next() == "{":
                    yield from self._object()
            elif first:
                item = self._value("")
                self._lost = isinstance(item, Unread)
                yield item
            if not self._lost and window.next():
                yield self._rest(f"something follows the {'array' if first == '[' else 'value'}")
        except Unreadable as failure:
            reason = f"the rest of the file is unread: {failure.reason}"
            yield Unread(path=self._path, line=window.line, reason=reason)

    def _array(self) -> Iterator[Record | Unread]:
        """Yield the elements of the array at the window's place, and move behind it."""
        window = self._window
        window.take()
        if window.next() == "]":
            window.take()
            return
        while not self._lost:
            if window.next() in {",", "]"}:
                yield self._missing("Expecting value")
                self._lost = not window.next()
                if window.next() != "]":
                    continue
            else:
                yield self._value(",]")
            if self._lost:
                return
            match window.next():
                case ",":
                    window.take()
                case "]":
                    window.take()
                    return
                case "":
                    yield self._rest(_NO_COMMA)
                case "{" | "[":  # a comma is missing, and no record
                    fault = window.fault(_NO_COMMA)
                    yield Unread(path=self._path, line=fault.line, reason=fault.reason)
                    continue
                case _:
                    yield self._unread(window.skip(_NO_COMMA), self._index)
                    self._index += 1
                    if not self._lost and window.next() == "]":
                        window.take()
                        return
                    window.take()

    def _missing(self, fault: str) -> Unread:
        window = self._window
        line, bad = window.line, window.fault(fault)
        while window.next() == ",":
            window.take()
        index = self._index
        self._index += 1
        return Unread(path=self._path, line=line, record=index, reason=bad.reason)

    def _value(self, behind: str) -> Record | Unread:
        index = self._index
        self._index += 1
        try:
            value, line = self._window.value(behind)
        except BadValue as bad:
            return self._unread(bad, index)
        return Record(self._path, index, line, value)

    def _object(self) -> Iterator[Record | Unread]:
        """Yield the object at the window's place, or the records in it, and move behind it."""
        window = self._window
        whole = window.attempt()
        if whole is not None and not _is_wrapper(whole):
            yield self._value("")
            return
        start = window.line
        members: list[tuple[str, Any]] = []
        wraps, fault = False, None
        for key, bad in self._members(members):
            if bad:
                fault = fault or bad
            elif key is not None:
                wraps = True
                yield from self._array()
        if fault:
            yield self._unread(fault, self._index)
        elif not wraps or members:
            yield Record(self._path, self._index, start, json_object(members))
        self._index += 1

    def _members(self, members: list[tuple[str, Any]]) -> Iterator[tuple[str | None, BadValue | None]]:
        """Collect the object's members; yield a key whose list of records is to be read now, or what is at fault."""
        window = self._window
        window.take()
        if window.next() == "}":
            window.take()
            return
        while not self._lost:
            try:
                key = window.key()
                if key in WRAPPERS and window.is_list_of_objects():
                    yield key, None
                else:
                    members.append((key, window.value(",}")[0]))
            except BadValue as bad:
                self._lost = not bad.closed
                yield None, bad
            match "" if self._lost else window.next():
                case ",":
                    window.take()
                case "}":
                    window.take()
                    return
                case _ if not self._lost:
                    self._lost = True
                    yield None, window.fault("Expecting ',' delimiter")

    def _unread(self, bad: BadValue, index: int) -> Unread:
        if bad.closed:
            return Unread(path=self._path, line=bad.line, record=index, reason=bad.reason)
        self._lost = True
        return Unread(path=self._path, line=bad.line, reason=f"{bad.reason}: what follows is unread")

    def _rest(self, what: str) -> Unread:
        return self._unread(self._window.fault(what), self._index)


def _is_wrapper(value: dict[str, Any]) -> bool:
    return any(
        isinstance(member, list) and member and isinstance(member[0], dict)
        for key, member in value.items()
        if key in WRAPPERS
    )
