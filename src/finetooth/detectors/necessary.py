"""What a text must hold for a regular expression to match anywhere in it, read off the expression itself.

Most recognizers look for numbers, and most texts of chats hold none. To run an expression costs microseconds; to know
that it cannot match costs nothing once the characters of a text are known.
"""

from __future__ import annotations

import re._constants as op  # type: ignore[import-not-found]  # the standard library's own, without stubs
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from finetooth.detectors.compiledpatterns import read_off

Characters = frozenset[str]

_DIGITS: Final = frozenset("0123456789")
_PRINTABLE: Final = range(0x21, 0x7F)


def necessary(patterns: Iterable[str]) -> Characters | None:
    r"""Return characters of which every text that one of the patterns matches holds at least one; None where unknown.

    Letters are never told, since flags may ignore their case. ``\d`` stands for the ten ASCII digits: whoever asks
    must count a digit of another script as one of them.

    >>> sorted(necessary([r"\b[A-Z]{2}-\d{3}", "x[@#]"]))
    ['#', '-', '@']
    """
    wanted: set[str] = set()
    for pattern in patterns:
        one = needs(pattern).characters
        if one is None:
            return None
        wanted |= one
    return frozenset(wanted)


re_error: Final = parser.error


def digits(pattern: str) -> int:
    r"""Return how many digits, of whatever script, every text holds at least that a pattern matches.

    >>> digits(r"\d{3}-[0-9]{4}"), digits(r"(?:\d{2}|[A-Z]\d)x?"), digits(r"\w+")
    (7, 1, 0)
    """
    return needs(pattern).digits


def longest(pattern: str) -> int | None:
    r"""Return how many code points in a row a pattern looks at, at most: a match, and what it asks of what is around.

    None where there is no bound, or none is known.

    >>> longest(r"\b\d{3}(?:-\d{2,4})?\b"), longest(r"\d+")
    (10, None)
    """
    return needs(pattern).longest


class Needs(NamedTuple):
    """What every text needs that a pattern matches."""

    characters: Characters | None
    """One of these; None where unknown."""
    digits: int
    """So many digits at least."""
    longest: int | None
    """The pattern looks at so many code points in a row at most; None where there is no bound, or none is known."""


@cache
def needs(pattern: str) -> Needs:
    """Return what `necessary`, `digits` and `longest` tell of a pattern.

    To parse the patterns of Presidio takes longer than to run them on the texts of a commit.
    """
    return Needs(*read_off(_read, pattern, Path(__file__)))


def _read(pattern: str) -> tuple[Characters | None, int, int | None]:
    try:
        items = parser.parse(pattern)
    except (re_error, RecursionError):
        return None, 0, None  # syntax of another engine
    try:
        longest = _longest(items, {})
    except (RecursionError, _UnboundedError):
        longest = None
    try:
        return _of(items), _digits(items), longest
    except RecursionError:
        return None, 0, longest


class _UnboundedError(Exception):
    """A pattern may look at any number of code points."""


def _longest(items: Any, groups: dict[int, int]) -> int:
    return sum(_longest_of(code, argument, groups) for code, argument in items)


def _longest_of(code: Any, argument: Any, groups: dict[int, int]) -> int:
    if code in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.AT):  # \b looks at one beside the match
        return 1
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        _, most, inner = argument
        if most == op.MAXREPEAT:
            raise _UnboundedError
        return int(most) * _longest(inner, groups)
    if code is op.SUBPATTERN:
        groups[argument[0]] = _longest(argument[-1], groups)
        return groups[argument[0]]
    if code is op.ATOMIC_GROUP:
        return _longest(argument, groups)
    if code in (op.ASSERT, op.ASSERT_NOT):
        return _longest(argument[1], groups)
    if code is op.BRANCH:
        return max(_longest(branch, groups) for branch in argument[1])
    if code is op.GROUPREF and argument in groups:
        return groups[argument]
    raise _UnboundedError


def _digits(items: Any) -> int:
    # What stands before or after a match is left out, as the match may hold the same digits.
    return sum(_digits_of(*item) for item in items)


def _digits_of(code: Any, argument: Any) -> int:
    if code is op.LITERAL:
        return int(chr(argument) in _DIGITS)
    if code is op.IN:
        return int((_of_class(argument) or {""}) <= _DIGITS)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return int(least) * _digits(inner)
    if code is op.SUBPATTERN:
        return _digits(argument[-1])
    if code is op.ATOMIC_GROUP:
        return _digits(argument)
    if code is op.BRANCH:
        return min(_digits(branch) for branch in argument[1])
    return 0


def _of(items: Any) -> Characters | None:
    """Return what a sequence needs: the fewest characters that any part of it needs."""
    found = [needed for item in items if (needed := _of_item(*item)) is not None]
    return min(found, key=len, default=None)


def _of_item(code: Any, argument: Any) -> Characters | None:
    if code is op.LITERAL:
        return _told({chr(argument)})
    if code is op.IN:
        return _of_class(argument)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, _, inner = argument
        return _of(inner) if least else None
    if code is op.SUBPATTERN:
        return _of(argument[-1])
    if code is op.ATOMIC_GROUP:
        return _of(argument)
    if code is op.ASSERT:  # what stands before or after a match stands in the text as well
        return _of(argument[1])
    if code is op.BRANCH:
        branches = [_of(branch) for branch in argument[1]]
        return None if None in branches else frozenset().union(*filter(None, branches))
    return None


def _of_class(members: Any) -> Characters | None:
    held: set[str] = set()
    for code, argument in members:
        if code is op.LITERAL:
            held.add(chr(argument))
        elif code is op.RANGE and argument[1] - argument[0] < len(_PRINTABLE):
            held |= {chr(point) for point in range(argument[0], argument[1] + 1)}
        elif code is op.CATEGORY and argument is op.CATEGORY_DIGIT:
            held |= _DIGITS
        else:
            return None
    return _told(held)


def _told(characters: set[str]) -> Characters | None:
    """Return the characters where none is a letter, a space, or outside of ASCII."""
    plain = all(ord(character) in _PRINTABLE and not character.isalpha() for character in characters)
    return frozenset(characters) if plain else None
