"""JSON within a string: every text in it, and exactly where the string encodes it.

The standard library's parser says whether it is JSON and what it holds; a second, linear pass over the string says
where. Both go through the document in the same order, so the n-th string is the n-th string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from finetooth.shapes.leaves import number_text
from finetooth.shapes.pointer import member

OPENERS = frozenset('{["\ufeff \t\n\r')
"""What JSON that is worth decoding may begin with."""
_CLOSERS = frozenset('}]"\ufeff \t\n\r')

SIZE = 16 << 20
"""Longer strings, in code points, are scanned as they stand, but not decoded: a parsed document takes many times the
memory of its text."""

_CLOSER = {"{": "}", "[": "]", '"': '"'}
# Outside of strings nothing but numbers begins with a digit or a minus (-Infinity aside), so these are all in step.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*', re.DOTALL)


def may_hold_json(text: str) -> bool:
    """Tell, at once, whether a text begins and ends as JSON does that is worth decoding.

    A bare number or ``null`` is not: it says the same when it is decoded.
    """
    return bool(text) and text[0] in OPENERS and text[-1] in _CLOSERS


class TooMuchError(Exception):
    """A string that holds JSON, or may do so, beyond what is decoded."""


class InnerLeaf(NamedTuple):
    """One text in a JSON document that is itself a string."""

    pointer: str
    """JSON Pointer in the document."""
    part: Literal["value", "key"]
    """Whether it is the leaf at the pointer, or its last key."""
    text: str
    """The decoded text."""
    start: int
    """Where its encoding begins in the string, without the quote."""
    end: int
    """Where its encoding ends."""
    quoted: bool
    """Whether it is a JSON string, rather than a number."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its members in order, repeated keys and all."""


class _Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


_DECODER = json.JSONDecoder(
    strict=False,
    object_pairs_hook=_Pairs,
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=lambda _: None,
)


def inner_leaves(text: str) -> list[InnerLeaf]:
    """Return every text in the JSON that ``text`` holds, in the order of the document; none where it holds none.

    A JSON string by itself is decoded only where it has escapes, as a text in quotes is no encoding of anything.

    Raises:
        TooMuchError: it is too long, or nested too deeply.
    """
    bare = text.strip("\ufeff \t\n\r")
    if len(bare) < 2 or _CLOSER.get(bare[0]) != bare[-1] or (bare[0] == '"' and "\\" not in bare):  # noqa: PLR2004
        return []
    if len(bare) > SIZE:
        raise TooMuchError(f"a string of more than {SIZE >> 20} million characters that may hold JSON")
    try:
        value = _DECODER.decode(bare)
    except json.JSONDecodeError:
        return []
    except RecursionError:
        raise TooMuchError("a string that holds too deeply nested JSON") from None
    return list(_leaves(value, text))


def _leaves(value: Any, text: str) -> Iterator[InnerLeaf]:
    tokens = _TOKEN.finditer(text)

    def leaf(pointer: str, part: Literal["value", "key"], node: str) -> Iterator[InnerLeaf]:
        token = next(tokens)
        if not isinstance(node, _Number):
            yield InnerLeaf(pointer, part, node, token.start() + 1, token.end() - 1, quoted=True)
        elif (digits := _digits(node)) is not None:
            yield InnerLeaf(pointer, part, digits, *token.span(), quoted=False)

    if isinstance(value, str):
        yield from leaf("", "value", value)
        return
    stack = [("", _members(value))]
    while stack:
        above, members = stack[-1]
        for key, node in members:
            pointer = member(above, key)
            if isinstance(key, str):
                yield from leaf(pointer, "key", key)
            if isinstance(node, str):
                yield from leaf(pointer, "value", node)
            elif isinstance(node, list):
                stack.append((pointer, _members(node)))
                break
        else:
            stack.pop()


def _members(node: list[Any]) -> Iterator[tuple[str | int, Any]]:
    return iter(node) if isinstance(node, _Pairs) else iter(enumerate(node))


_DIGITS = re.compile(r"-?[0-9]+")


def _digits(written: str) -> str | None:
    if not _DIGITS.fullmatch(written):
        return number_text(float(written))
    # Python makes no number of so many digits; that they are many is all that matters here.
    return number_text(int(written)) if len(written) <= 4300 else written  # noqa: PLR2004


def unfolded(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with the JSON of its own members decoded, or the same one where none holds any."""
    decoded: dict[str, Any] = {}
    for key, text in record.items():
        if isinstance(text, str) and may_hold_json(text) and len(text) <= SIZE:
            try:
                decoded[key] = json.loads(text, strict=False)
            except (ValueError, RecursionError):  # what is wrong with it is told where it is read
                continue
    return {**record, **decoded} if decoded else record
