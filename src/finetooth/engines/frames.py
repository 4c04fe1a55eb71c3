"""What a worker and its owner say to one another: a kind of one byte, a length of four, and so many bytes."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from typing import Final

_HEAD: Final = struct.Struct("!cI")


class Kind(enum.Enum):
    """What a frame holds. All but the first two are the worker's."""

    PLAN = b"P"
    """A pickled maker of plans, once, before any job."""
    JOB = b"J"
    """A pickled job."""
    READY = b"R"
    """Nothing: the plan is made."""
    REFUSED = b"F"
    """JSON: name and message of the error for which no plan could be made."""
    AT = b"A"
    """JSON: first, last and characters of the records that are looked at now; null before more is read."""
    DONE = b"D"
    """What the job gave."""
    FAILED = b"X"
    """The error's type and place, without a word of its message, for which the job was left."""


def frame(kind: Kind, payload: bytes = b"") -> bytes:
    """Return a frame as bytes."""
    return _HEAD.pack(kind.value, len(payload)) + payload


class Frames:
    """Puts frames together from the pieces in which a pipe gives them."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Yield each frame that is whole by now."""
        self._held += piece
        while len(self._held) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._held)
            end = _HEAD.size + length
            if len(self._held) < end:
                return
            payload = bytes(self._held[_HEAD.size : end])
            del self._held[:end]
            yield Kind(kind), payload
