"""The bytes of a file, decompressed where they are gzip, while what is stored is hashed and counted in the same pass.

This room knows nothing of text or records. It tells gzip by its first bytes, never by a name, and turns every way in
which a file can break off into one error, `Unreadable`, raised only after all that came before it was handed on.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from typing import BinaryIO

from finetooth.sources.source import Stored

WINDOW = 1 << 20
"""How many bytes are asked for at a time."""

_GZIP_MAGIC = b"\x1f\x8b"


class Unreadable(Exception):  # noqa: N818 - what it tells about is the file, and the reader goes on with the next one
    """A stream that cannot be read from here to its end."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """What is wrong and how to mend it, without a word of the content."""


class Peekable:
    """A byte stream that can be looked into before it is read.

    Args:
        read: returns between 1 and so many bytes, none only at the end; raises `Unreadable`.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._ahead = bytearray()
        self._failure: Unreadable | None = None

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes without consuming them; fewer only where the stream ends or breaks off.

        Never raises: a failure on the way is kept for the `read` that comes to it.
        """
        while len(self._ahead) < size and self._failure is None:
            try:
                more = self._read(WINDOW)
            except Unreadable as failure:
                self._failure = failure
            else:
                if not more:
                    break
                self._ahead += more
        return bytes(self._ahead[:size])

    def read(self, size: int) -> bytes:
        """Return between 1 and ``size`` bytes, none only at the end.

        Raises:
            Unreadable: the stream breaks off here.
        """
        if self._ahead:
            piece = bytes(self._ahead[:size])
            del self._ahead[:size]
            return piece
        if self._failure is not None:
            raise self._failure
        return self._read(size)


class ByteStream(Peekable):
    """One pass over an open file.

    Args:
        file: opened for reading in binary; the caller closes it.
    """

    def __init__(self, file: BinaryIO) -> None:
        # read1 gives what is there; a buffered read would wait for a full window, and lose it where the file breaks.
        self._read_file: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._at_end = False
        stored = Peekable(self._read_stored)
        self.compressed = stored.peek(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        super().__init__(_gunzip(stored) if self.compressed else stored.read)

    def drain(self) -> None:
        """Read the stored bytes to their end, for the digest's sake, and forget them; once there, do nothing."""
        try:
            while not self._at_end:
                self._read_stored(WINDOW)
        except Unreadable:
            return

    def stored(self) -> Stored:
        """Return digest and size of the stored bytes: the digest only once they were all read."""
        return Stored(self._digest.hexdigest() if self._at_end else None, self._bytes)

    def _read_stored(self, size: int) -> bytes:
        try:
            piece = self._read_file(size)
        except OSError as error:
            what = error.strerror or type(error).__name__
            raise Unreadable(
                f"reading stopped at byte {self._bytes} ({what}); check the disk, then scan again"
            ) from None
        self._digest.update(piece)
        self._bytes += len(piece)
        self._at_end = not piece
        return piece


def _gunzip(stored: Peekable) -> Callable[[int], bytes]:
    # typeshed wants a whole file object where gzip itself only ever calls read() of it.
    content = gzip.GzipFile(fileobj=stored)  # type: ignore[call-overload]

    def read(size: int) -> bytes:
        try:
            return bytes(content.read1(size))
        except EOFError:
            raise Unreadable("the gzip stream ends too early; copy or compress the file again") from None
        except (gzip.BadGzipFile, zlib.error):
            # NOTE: the error's own text quotes bytes of the file.
            raise Unreadable(
                "the gzip stream is damaged, or something else follows it; copy or compress the file again"
            ) from None

    return read
