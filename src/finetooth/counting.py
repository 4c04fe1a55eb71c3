"""Numbers as people read them."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, whose plural ends in -s.

    >>> counted(1, "record"), counted(5000, "record")
    ('1 record', '5,000 records')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
