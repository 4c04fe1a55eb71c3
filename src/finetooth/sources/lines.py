r"""Physical lines, read in windows, so that no line can fill the memory.

A line ends at ``\n`` and nowhere else: JSON text may hold U+2028, U+0085 or a form feed, at which `str.splitlines`
and text files would tear it apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from finetooth.sources.peekable import WINDOW, Peekable

LINE_LIMIT = 64 << 20
"""The longest line that is read, in bytes: 64 MiB. Longer ones are passed over without being held in memory."""

TOO_LONG = f"longer than {LINE_LIMIT >> 20} MiB"
"""What is wrong with a longer one."""


def lines(stream: Peekable) -> Iterator[tuple[int, bytes | None]]:
    r"""Yield each line with its number from 1, without its ``\n``, and None in place of a line over `LINE_LIMIT`.

    Raises:
        Unreadable: the stream breaks off; whole lines before that were yielded.
    """
    number = 1
    held: list[bytes] = []
    size = 0
    while window := stream.read(WINDOW):
        *ends, rest = window.split(b"\n")
        for end in ends:
            yield number, _joined(held, size, end)
            number += 1
            held.clear()
            size = 0
        size += len(rest)
        if size > LINE_LIMIT:
            held.clear()
        elif rest:
            held.append(rest)
    if size:
        yield number, _joined(held, size, b"")


def _joined(held: list[bytes], size: int, end: bytes) -> bytes | None:
    if size + len(end) > LINE_LIMIT:
        return None
    return b"".join((*held, end)) if held else end
