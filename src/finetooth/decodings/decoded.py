"""What a decoding makes of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from finetooth.offsets import Offsets, Piece, of_rewritten, rewritten
from finetooth.record import Encoding


class Decoded(NamedTuple):
    """A text, or a piece of one, read in another way."""

    encoding: Encoding
    """What was decoded."""
    text: str
    """What it says."""
    offsets: Callable[[], Offsets]
    """Makes the way back into the text that was decoded: few texts are ever asked for it."""


def rewriting(encoding: Encoding, text: str, find: Callable[[str], Iterator[Piece]]) -> Decoded | None:
    """Return ``text`` with the pieces that ``find`` finds rewritten, or None where it finds none."""
    said = rewritten(text, find(text))
    return Decoded(encoding, said, lambda: of_rewritten(text, find(text))) if said != text else None


def of_bytes(data: bytes, start: int, width: int) -> Iterator[Piece] | None:
    """Return what escaped bytes say in UTF-8, or None where they say nothing.

    Args:
        data: the bytes.
        start: where their escapes begin.
        width: how many code points each byte is written with.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return _pieces(text, start, width)


def _pieces(text: str, start: int, width: int) -> Iterator[Piece]:
    for character in text:
        end = start + width * len(character.encode())
        yield start, end, character
        start = end
