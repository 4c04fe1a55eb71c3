"""Decompression of a byte stream, told by its first bytes, multi-member streams whole, bombs refused.

Every codec ends in one of three ways: at the true end of the stream, or in `Unreadable` where it is cut short or
damaged, or in `Unreadable` where it expands beyond all measure. Nothing after a compressed stream is ignored: what is
no further member of it is damage. (Python's own bz2 and lzma files ignore it, and `zstandard` takes a stream that was
cut short for a whole one, which is why none of these is used.)
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any

from finetooth.sources.peekable import WINDOW, Peekable, Unreadable

BOMB_RATIO = 300
"""How many times its stored size a file may expand. JSON of one template, told a million times over, reaches about
100; zeros reach 1,000 in gzip, 30,000 in Zstandard and 1,000,000 in bzip2."""

BOMB_FLOOR = 64 << 20
"""What a file may always expand to, whatever the ratio: as much as one line may hold."""

MEMORY_LIMIT = 256 << 20
"""The largest dictionary that an xz stream may ask for; `xz -9` asks for 65 MiB, a hostile header for 4 GiB."""

_PIECE = 4096  # what pyarrow had decompressed of a call that then fails is lost, so each call asks for little


def codec_of(stream: Peekable) -> str | None:
    """Return the name of the compression that the stream's first bytes tell, or None."""
    head = stream.peek(10)
    for name, magic in _MAGIC.items():
        # NOTE: "BZh" alone may begin a text; the digit and the mark of a block (or of the end) may not.
        if head.startswith(magic) and (name != "bzip2" or head[4:10] in _BZIP2_MARKS):
            return name
    return None


def decompressed(stored: Peekable, codec: str, stored_size: Callable[[], int]) -> Peekable:
    """Return the content of a stream that `codec_of` told.

    Args:
        stored: at its first byte.
        codec: its compression.
        stored_size: how many bytes of the file itself were read so far, which is what expansion is measured by, also
            where one compression lies within another.
    """
    return Peekable(_guarded(_OPENERS[codec](stored), stored_size))


def _guarded(read: Callable[[int], bytes], stored_size: Callable[[], int]) -> Callable[[int], bytes]:
    expanded = 0

    def guarded(size: int) -> bytes:
        nonlocal expanded
        piece = read(size)
        expanded += len(piece)
        refuse_bomb(expanded, stored_size())
        return piece

    return guarded


def refuse_bomb(expanded: int, stored: int) -> None:
    """Raise `Unreadable` where so many bytes came out of so few."""
    if expanded > BOMB_FLOOR and expanded > BOMB_RATIO * stored:
        raise Unreadable(
            f"it expands to more than {BOMB_RATIO} times its size, as a decompression bomb does; "
            "if it is none, decompress it yourself and scan what comes out"
        )


def _gzip(stored: Peekable) -> Callable[[int], bytes]:
    # typeshed wants a whole file object where gzip itself only ever calls read() of it.
    content = gzip.GzipFile(fileobj=stored)  # type: ignore[call-overload]

    def read(size: int) -> bytes:
        try:
            return bytes(content.read1(size))
        except EOFError:
            raise _cut_short("gzip") from None
        except (gzip.BadGzipFile, zlib.error):  # NOTE: the error's own text quotes bytes of the file
            raise _damaged("gzip") from None

    return read


def _members(
    stored: Peekable, codec: str, start: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Callable[[int], bytes]:
    member: bz2.BZ2Decompressor | lzma.LZMADecompressor | None = None

    def read(size: int) -> bytes:
        nonlocal member
        while True:
            data = b""
            if member is None or member.eof:
                # NOTE: xz pads between members with zeros, four at a time.
                data = (member.unused_data if member else b"") or stored.read(WINDOW)
                if codec == "xz" and member:
                    data = data.lstrip(b"\0") or stored.read(WINDOW)
                if not data:
                    return b""
                member = start()
            elif member.needs_input:
                data = stored.read(WINDOW)
                if not data:
                    raise _cut_short(codec)
            try:
                piece = member.decompress(data, size)
            except (OSError, ValueError, EOFError, lzma.LZMAError):
                raise _damaged(codec) from None
            if piece:
                return piece

    return read


def _bzip2(stored: Peekable) -> Callable[[int], bytes]:
    return _members(stored, "bzip2", bz2.BZ2Decompressor)


def _xz(stored: Peekable) -> Callable[[int], bytes]:
    return _members(stored, "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY_LIMIT))


def _arrow(stored: Peekable, codec: str, name: str) -> Callable[[int], bytes]:
    import pyarrow as pa  # noqa: PLC0415 - heavy

    raw = _Raw(stored)
    content: Any = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), codec)
    failure: Unreadable | None = None

    def read(size: int) -> bytes:
        nonlocal failure
        pieces: list[bytes] = []
        left = size
        while left and failure is None:
            try:
                piece = content.read(min(_PIECE, left))
            except (OSError, pa.ArrowException) as error:  # its text tells the two apart, and nothing else does
                failure = raw.failure or (_cut_short(name) if "Truncated" in str(error) else _damaged(name))
                break
            if not piece:
                failure = raw.failure
                break
            pieces.append(piece)
            left -= len(piece)
        if failure and not pieces:
            raise failure
        return b"".join(pieces)

    return read


class _Raw(io.RawIOBase):
    """A stream as the file that pyarrow wants; a failure of its own is kept, as it would be garbled on the way."""

    def __init__(self, stored: Peekable) -> None:
        super().__init__()
        self._stored = stored
        self.failure: Unreadable | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stored.read(size if size > 0 else WINDOW)
        except Unreadable as failure:
            self.failure = failure
            return b""


def _cut_short(codec: str) -> Unreadable:
    return Unreadable(f"the {codec} stream ends too early; copy or compress the file again")


def _damaged(codec: str) -> Unreadable:
    return Unreadable(f"the {codec} stream is damaged, or something else follows it; copy or compress the file again")


_BZIP2_MARKS = (b"1AY&SY", b"\x17rE8P\x90")
_MAGIC = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\0",
    "Zstandard": b"\x28\xb5\x2f\xfd",
    "LZ4": b"\x04\x22\x4d\x18",
}
_OPENERS: dict[str, Callable[[Peekable], Callable[[int], bytes]]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "Zstandard": lambda stored: _arrow(stored, "zstd", "Zstandard"),
    "LZ4": lambda stored: _arrow(stored, "lz4", "LZ4"),
}
