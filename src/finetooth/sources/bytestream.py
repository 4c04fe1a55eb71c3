"""The bytes of a file, decompressed where they are compressed, while what is stored is hashed and counted in the pass.

This room knows nothing of text or records. It tells compression by the first bytes, never by a name, and turns every
way in which a file can break off into one error, `Unreadable`, raised only after all before it was handed on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import BinaryIO

from finetooth.sources.compression import codec_of, decompressed
from finetooth.sources.peekable import WINDOW, Peekable, Unreadable
from finetooth.sources.source import Stored

LAYERS = 2
"""How many compressions within one another are undone: ``.gz`` in ``.gz`` is an accident, more is an attack."""


class ByteStream(Peekable):
    """One pass over an open file.

    Args:
        file: opened for reading in binary; the caller closes it.
        limit: how many bytes of it are read at most.
        plain: whether it is known that nothing is compressed.
    """

    def __init__(self, file: BinaryIO, *, limit: int | None = None, plain: bool = False) -> None:
        # read1 gives what is there; a buffered read would wait for a full window, and lose it where the file breaks.
        self._read_file: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._limit = limit
        self._at_end = False
        if plain:
            self.compressed = False
            super().__init__(self._read_stored)
            return
        content = uncompressed(Peekable(self._read_stored), lambda: self._bytes)
        self.compressed = content.layers > 0
        super().__init__(content.stream.read)

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

    def stored_size(self) -> int:
        """Return how many stored bytes were read so far."""
        return self._bytes

    def _read_stored(self, size: int) -> bytes:
        if self._limit is not None:
            size = min(size, self._limit - self._bytes)
        try:
            piece = self._read_file(size) if size else b""
        except OSError as error:
            what = error.strerror or type(error).__name__
            raise Unreadable(
                f"reading stopped at byte {self._bytes} ({what}); check the disk, then scan again"
            ) from None
        self._digest.update(piece)
        self._bytes += len(piece)
        self._at_end = not piece
        return piece


class Uncompressed:
    """A stream, and how many compressions were undone to reach it."""

    def __init__(self, stream: Peekable, layers: int) -> None:
        self.stream = stream
        self.layers = layers


def uncompressed(stored: Peekable, stored_size: Callable[[], int]) -> Uncompressed:
    """Return the content of a stream, up to `LAYERS` compressions undone.

    Args:
        stored: at its first byte.
        stored_size: how many bytes of the file itself were read so far.
    """
    stream, layers = stored, 0
    while layers < LAYERS and (codec := codec_of(stream)):
        stream = decompressed(stream, codec, stored_size)
        layers += 1
    return Uncompressed(stream, layers)
