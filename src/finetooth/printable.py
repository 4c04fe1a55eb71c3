"""Text from a stranger, made safe to show: no terminal obeys it, and no mark turns the writing around."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return the text with a replacement character for each that does not print: control, format, surrogate.

    >>> printable("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
