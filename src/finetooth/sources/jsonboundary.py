"""Where a JSON value ends that cannot be parsed, or is too long to be held: found by its brackets and strings alone.

It keeps a depth and no tree, so a million brackets cost a counter, and it can go on from one piece of text to the next.
"""

from __future__ import annotations

import re

_WHOLE_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# What needs no look: up to the next bracket, string that the text cuts off or, outside of all brackets, comma.
_PAST_COMMAS = re.compile(rf'(?:[^"\[\]{{}}]++|{_WHOLE_STRING})*+', re.DOTALL)
_TO_COMMA = re.compile(rf'(?:[^"\[\]{{}},]++|{_WHOLE_STRING})*+', re.DOTALL)
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
        if self._in_string:
            at = self._leave_string(text, at)
        while at < len(text):
            inside = self._depth or "," not in self._behind
            found = (_PAST_COMMAS if inside else _TO_COMMA).match(text, at)
            at = found.end() if found else at
            if at == len(text):
                break
            first = text[at]
            if first == '"':
                self._in_string = True
                at = self._leave_string(text, at + 1)
            elif first in "[{":
                self._depth += 1
                at += 1
            elif first == "," or not self._depth:
                return at
            else:
                self._depth -= 1
                at += 1
                if not self._depth and not self._behind:
                    return at
        return None

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
