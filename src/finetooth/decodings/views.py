"""Every other way to read a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from finetooth.decodings.base_n import base_n
from finetooth.decodings.decoded import Decoded
from finetooth.decodings.escapes import backslash, markup, percent
from finetooth.decodings.folding import folded
from finetooth.decodings.spelling import rejoined, spelt
from finetooth.record import Encoding

_WHOLE: Final[tuple[Callable[[str], Decoded | None], ...]] = (
    backslash,
    markup,
    percent,
    folded,
    spelt,
    rejoined,
)

REWRITINGS: Final[frozenset[Encoding]] = frozenset({"backslash", "html", "percent", "folded", "spelt", "rejoined"})
"""Decodings that give the whole text again with some of it changed."""


def views(text: str) -> Iterator[Decoded]:
    """Yield what a text says when one level of what it is written in is undone.

    That is at most one rewriting of the whole, the first that changes anything, since what it gives is read once more:
    a chain, not a tree. And every piece that is base64 or base16.
    """
    rewriting = next(filter(None, (decode(text) for decode in _WHOLE)), None)
    if rewriting is not None:
        yield rewriting
    yield from base_n(text)
