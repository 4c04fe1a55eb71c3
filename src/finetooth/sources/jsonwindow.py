r"""JSON text seen through a window that moves along it, so that no document need be held whole.

A value is parsed where it lies in the window. Where that fails, the text may be at fault, or the window may end too
early; a scan for the value's boundary tells the two apart, and where to go on behind a value that cannot be read. So
a fault costs one value, and a value over the limit costs no memory.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from finetooth.sources.jsonboundary import Boundary
from finetooth.sources.jsontext import NotJson, parse_at, skip_space
from finetooth.sources.lines import LINE_LIMIT, TOO_LONG
from finetooth.sources.peekable import WINDOW, Peekable

VALUE_LIMIT = LINE_LIMIT
"""The longest value (an element of an array, a member of an object) that is read, in characters: 64 Mi."""

NOT_UTF8 = "not valid UTF-8; save the file as UTF-8"
"""What is wrong with a value that holds other bytes."""

# What "surrogateescape" makes of bytes that are not UTF-8. Valid UTF-8 cannot hold these code points, and an escape
# such as \udc80 is six other characters in the text, so finding one proves a bad byte.
_BAD_BYTE = re.compile("[\udc80-\udcff]")
_NUMBER = 8  # no beginning of a number that is itself a number falls short of the whole by more before its next digit
_LIST_OF_OBJECTS = re.compile(r"\[[ \t\n\r]*(?:([^ \t\n\r])|\Z)")


_MEND = "; mend the document"


class BadValue(Exception):  # noqa: N818 - says what the text is
    """A value that cannot be read; the window stands behind it, or at the end of all text."""

    def __init__(self, reason: str, line: int, *, closed: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        """What is wrong and how to mend it, without a word of the text."""
        self.line = line
        """Physical line from 1 of the fault, or of the value's beginning."""
        self.closed = closed
        """Whether its end was found; False where the rest of the text is lost with it."""


class JsonWindow:
    """Text, a place in it, and the physical line of that place.

    Args:
        content: the text as UTF-8. Whatever reads on here raises `Unreadable` where it breaks off.
    """

    def __init__(self, content: Peekable) -> None:
        self._content = content
        self._text = ""
        self._at = 0
        self._ended = False
        self._torn = b""
        self._has_bad_bytes = False
        # The line of the place, counted as far as `_counted`, and in which column, from 0, the text began.
        self._line = 1
        self._counted = 0
        self._column = 0

    @property
    def line(self) -> int:
        """Physical line from 1 of the place."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def next(self) -> str:
        """Move to the next character that is no white space, and return it; empty at the end."""
        while True:
            self._at = skip_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(WINDOW):
                return ""

    def take(self) -> None:
        """Move behind the character that `next` returned."""
        self._at += 1

    def is_list_of_objects(self) -> bool:
        """Tell whether a list stands at the place whose first element is an object."""
        while self.next() == "[":
            found = _LIST_OF_OBJECTS.match(self._text, self._at)
            first = found.group(1) if found else "["
            if first or len(self._text) - self._at > VALUE_LIMIT or not self._more(WINDOW):
                return first == "{"
        return False

    def value(self, behind: str) -> tuple[Any, int]:
        """Return the value at the place and its line, and move behind it.

        What follows it is not judged here.

        Args:
            behind: the characters that may follow it; none for a value that stands alone.

        Raises:
            BadValue: it is none, or holds bad bytes, or is too long. The window then stands behind it: at a comma, or
                at a bracket that it did not open.
        """
        line = self.line
        boundary, scanned = Boundary(behind), 0
        while True:
            start = self._at
            try:
                found, end = parse_at(self._text, start)
                after = skip_space(self._text, end)
                follows = self._text[after : after + 1]
                # A number that comes near the window's end may go on behind it: 1 as 1.5, 1.5e+ as 1.5e+5.
                if self._ended or (follows and (follows in behind or len(self._text) - after > _NUMBER)):
                    break
                self._more(WINDOW)
                continue
            except NotJson as error:
                fault = error
            stop = boundary.find(self._text, start + scanned)
            scanned = len(self._text) - start
            if stop is not None or self._ended:
                raise self._bad(fault, len(self._text) if stop is None else stop, closed=stop is not None)
            if len(self._text) - start > VALUE_LIMIT:
                raise self._too_long(boundary)
            self._more(max(WINDOW, len(self._text) - start))
        self._at = end
        if self._has_bad_bytes and _BAD_BYTE.search(self._text, start, end):
            raise BadValue(NOT_UTF8, line, closed=True)
        return found, line

    def attempt(self) -> Any:
        """Return the value at the place if it lies whole in the window, without moving; None if not."""
        try:
            return parse_at(self._text, self._at)[0]
        except NotJson:
            return None

    def key(self) -> str:
        """Return the key of a member, and move behind its colon to where its value begins.

        Raises:
            BadValue: as `value` does.
        """
        if self.next() != '"':
            raise self.skip("Expecting property name enclosed in double quotes")
        found, _ = self.value(":")
        if self.next() != ":":
            raise self.skip("Expecting ':' delimiter")
        self.take()
        if not self.next():
            raise self.fault("Expecting value")
        return str(found)

    def fault(self, what: str) -> BadValue:
        """Return that something else should stand at the place, so that how the text goes on cannot be told."""
        return BadValue(f"not valid JSON ({what} at column {self.column()}){_MEND}", self.line, closed=False)

    def skip(self, what: str) -> BadValue:
        """Move behind what stands at the place as behind a value, and return that something else should be there."""
        fault = self.fault(what)
        boundary = Boundary(",")
        while (stop := boundary.find(self._text, self._at)) is None:
            self._at = len(self._text)
            if not self._more(WINDOW):
                return fault
        self._at = stop
        return BadValue(fault.reason, fault.line, closed=True)

    def column(self, place: int | None = None) -> int:
        """Return the column from 1 of the place, or of another in the text."""
        place = self._at if place is None else place
        before = self._text.rfind("\n", 0, place)
        return place - before if before >= 0 else self._column + place + 1

    def _bad(self, fault: NotJson, stop: int, *, closed: bool) -> BadValue:
        line, start = self.line, self._at
        self._at = stop
        place = fault.position
        if place is None:
            return BadValue(f"not valid JSON ({fault.fault}){_MEND}", line, closed=closed)
        if _BAD_BYTE.match(self._text, place):
            return BadValue(NOT_UTF8, line, closed=closed)
        line += self._text.count("\n", start, place)
        return BadValue(f"not valid JSON ({fault.fault} at column {self.column(place)}){_MEND}", line, closed=closed)

    def _too_long(self, boundary: Boundary) -> BadValue:
        line = self.line
        self._at = len(self._text)
        while self._more(WINDOW):
            stop = boundary.find(self._text, self._at)
            self._at = len(self._text) if stop is None else stop
            if stop is not None:
                return BadValue(f"a value {TOO_LONG}; split the record", line, closed=True)
        return BadValue(f"a value {TOO_LONG}; split the record", line, closed=False)

    def _more(self, size: int) -> bool:
        """Append ``size`` characters or so, and drop those before the place; False at the end of the text."""
        pieces: list[str] = []
        while size > 0 and not self._ended:
            data = self._content.read(WINDOW)
            self._ended = not data
            pieces.append(self._decoded(self._torn + data))
            size -= len(pieces[-1])
        added = "".join(pieces)
        _ = self.line
        self._column = self.column() - 1
        self._text = self._text[self._at :] + added
        self._at = self._counted = 0
        return bool(added)

    def _decoded(self, data: bytes) -> str:
        try:
            text, used = codecs.utf_8_decode(data, "strict", self._ended)
        except UnicodeDecodeError:
            text, used = codecs.utf_8_decode(data, "surrogateescape", self._ended)
            self._has_bad_bytes = True
        self._torn = data[used:]
        return text
