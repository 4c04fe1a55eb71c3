"""Where a JSON value ends that cannot be parsed, or is too long to be held: found by its brackets and strings alone.

It keeps a depth and no tree, so a million brackets cost a counter, and it can go on from one piece of text to the next.
"""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r'["\[\]{},]')
_STRING_REST = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


class Boundary:
    """The end of one value.

    Args:
        behind: what may follow the value. A comma among them ends it; so does a closing bracket that it did not open.
            If there are none, the value ends with its own last bracket.
    """

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def find(self, text: str, start: int) -> int | None:
        """Return where the value ends that begins, or goes on, at ``start``; None where the text ends before."""
        at = start
        while True:
            if self._in_string:
                at = self._leave_string(text, at)
                if self._in_string:
                    return None
            token = _OUTSIDE.search(text, at)
            if token is None:
                return None
            at = token.end()
            first = token.group()
            if first == '"':
                self._in_string = True
            elif first in "[{":
                self._depth += 1
            elif first == ",":
                if not self._depth and "," in self._behind:
                    return token.start()
            elif not self._depth:
                return token.start()
            else:
                self._depth -= 1
                if not self._depth and not self._behind:
                    return at

    def _leave_string(self, text: str, at: int) -> int:
        if self._escaped and at < len(text):
            at += 1
            self._escaped = False
        found = _STRING_REST.match(text, at)
        end = found.end() if found else at
        if end == len(text):
            return end
        if text[end] == "\\":  # the last character: what it escapes stands in the next piece
            self._escaped = True
            return end + 1
        self._in_string = False
        return end + 1
