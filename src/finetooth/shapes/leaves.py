"""Every text in a JSON value: string leaves, long integers, and keys, in the order of the document.

It keeps its own stack, so that no depth of nesting can end it, and knows nothing of shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
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


def leaves(value: Any, pointer: str = "") -> Iterator[Leaf]:
    """Yield every text in ``value``, which stands at ``pointer``.

    A key comes right before its value. Of keys that stand more than once (`RepeatedKeys`) the earlier ones come
    first, under the same pointer as the last. Integers of `DIGITS` digits or more give their decimal text, also where
    they are written as floats (``14155550132.0``); shorter ones, other floats, booleans and null give nothing.
    """
    text = _text(value)
    if text is not None:
        yield Leaf(pointer, "value", text)
    stack = [(pointer, _members(value))]
    while stack:
        above, members = stack[-1]
        for key, node in members:
            if isinstance(key, str):
                yield Leaf(member(above, key), "key", key)
            text = _text(node)
            if text is not None:
                yield Leaf(member(above, key), "value", text)
            elif isinstance(node, (dict, list, tuple)):
                stack.append((member(above, key), _members(node)))
                break
        else:
            stack.pop()


def _members(node: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(node, dict):
        if isinstance(node, RepeatedKeys):
            yield from node.shadowed
        yield from node.items()
    elif isinstance(node, (list, tuple)):
        yield from enumerate(node)


def _text(node: Any) -> str | None:
    if isinstance(node, str):
        return node
    if isinstance(node, bool):
        return None
    if isinstance(node, float) and abs(node) <= _EXACT and node.is_integer():
        node = int(node)
    if isinstance(node, int) and _SMALLEST <= abs(node) < _TOO_LONG:
        return str(node)
    return None
