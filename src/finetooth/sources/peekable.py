"""A byte stream that can be looked into before it is read, and the one way in which any stream breaks off."""

from __future__ import annotations

from collections.abc import Callable

WINDOW = 1 << 20
"""How many bytes are asked for at a time."""


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
                more = self._read(min(WINDOW, max(size, 1 << 16)))
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
