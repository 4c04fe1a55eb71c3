"""Every text in a JSON value: string leaves, long integers, and keys, in the order of the document.

It keeps its own stack, so that no depth of nesting can end it, and knows nothing of shapes.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from finetooth.record import RepeatedKeys
from finetooth.shapes.pointer import member

DIGITS = 7
"""An integer of so many digits or more is a text too: it can be a phone, card or account number, as which a database
column or a careless exporter may well have written it. Shorter ones are counts, years and labels."""

_SMALLEST = 10 ** (DIGITS - 1)
_EXACT = float(1 << 53)  # beyond this a float no longer tells one integer from the next
_TOO_LONG = 10**4300  # from here on Python refuses to write an integer out; no source yields one


class Leaf(NamedTuple):
    """One text in a value."""

    pointer: str
    """JSON Pointer of the leaf, or of the member whose key this is."""
    part: Literal["value", "key"]
    """Whether it is the leaf itself, or the last key of the pointer."""
    text: str
    """The text."""


def leaves(
    value: Any,
    pointer: str = "",
    keys: Container[str] = frozenset(),
    words: Mapping[str, Container[str]] = MappingProxyType({}),
) -> list[Leaf]:
    """Return every text in ``value``, which stands at ``pointer``.

    A key comes right before its value. Of keys that stand more than once (`RepeatedKeys`) the earlier ones come
    first, under the same pointer as the last. Integers of `DIGITS` digits or more give their decimal text, also where
    they are written as floats (``14155550132.0``); shorter ones, other floats, booleans and null give nothing.

    Args:
        value: JSON values only.
        pointer: where it stands.
        keys: those that give no text of their own; what stands under them does.
        words: by key, values that give no text.
    """
    found: list[Leaf] = []
    add, leaf = found.append, tuple.__new__  # NOTE: half the cost of Leaf(…), and every text of a dataset passes here
    text = number_text(value) if not isinstance(value, str) else value
    if text is not None:
        add(Leaf(pointer, "value", text))
    stack = [(pointer, _members(value))] if isinstance(value, (dict, list, tuple)) else []
    while stack:
        above, members = stack.pop()
        for key, node in members:
            if isinstance(key, int):
                here = f"{above}/{key}"
            else:
                if key in words and node.__class__ is str and node in words[key]:
                    continue
                here = above + (_SEGMENTS.get(key) or _segment(key))
                if key not in keys:
                    add(leaf(Leaf, (here, "key", key)))
            if isinstance(node, str):
                add(leaf(Leaf, (here, "value", node)))
            elif isinstance(node, (dict, list, tuple)):
                stack.append((above, members))  # to go on with after it
                stack.append((here, _members(node)))
                break
            elif (text := number_text(node)) is not None:
                add(leaf(Leaf, (here, "value", text)))
    return found


_SEGMENTS: dict[str, str] = {}
_MANY = 4096


def _segment(key: str) -> str:
    """Return the key as a segment of a pointer, and remember it: files repeat the same few."""
    if len(_SEGMENTS) >= _MANY:
        _SEGMENTS.clear()  # keys that are data, such as ids
    segment = _SEGMENTS[key] = member("", key)
    return segment


def _members(node: Any) -> Iterator[tuple[str | int, Any]]:
    if node.__class__ is dict:
        return iter(node.items())
    if isinstance(node, dict):
        return chain(node.shadowed, node.items()) if isinstance(node, RepeatedKeys) else iter(node.items())
    return iter(enumerate(node))


def number_text(node: Any) -> str | None:
    """Return the decimal text of a number that is long enough to be an identifier; None for everything else."""
    if node is None or isinstance(node, bool):
        return None
    if isinstance(node, float) and abs(node) <= _EXACT and node.is_integer():
        node = int(node)
    if isinstance(node, int) and _SMALLEST <= abs(node) < _TOO_LONG:
        return str(node)
    return None
