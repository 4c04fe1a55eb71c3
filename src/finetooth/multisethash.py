"""A digest of many things that does not depend on their order, and that grows by addition.

LtHash with 1,024 lanes of 16 bits: each member is stretched to 2,048 bytes (SHAKE128), and the members are added lane
by lane. So what shards of a file give can be added up to what the file gives, and no two collections that differ, in
which members or how often, can be found to give the same sum (Bellare and Micciancio, "A new paradigm for
collision-free hashing", 1997; these parameters, and why they give 200 bits and more: Lewi et al., "Securing update
propagation with homomorphic hashing", 2019).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

_LANES: Final = 1024
_BYTES: Final = 2 * _LANES
_TAG: Final = 64  # hex digits of a keyed digest
_EVERY_OTHER: Final = int.from_bytes(b"\xff\xff\0\0" * (_LANES // 2), "little")
_ROOM: Final = 1 << 15  # members whose sums fit two lanes

Mac = Callable[[bytes], str]


class MultisetHash:
    """The sum of what was added. Two are equal where the same members were added as often, in any order."""

    # Lanes stand in two integers, every other one in each, so that a lane's sum has the next one's room to grow into.
    # That is as fast as NumPy, which a hook has no other need to load.

    def __init__(self, state: bytes = b"", count: int = 0) -> None:
        self._even, self._odd = _apart(state)
        self._grown = 0
        self._count = count

    def add(self, member: bytes) -> None:
        """Add one member."""
        self._count += 1
        self._plus(*_apart(hashlib.shake_128(member).digest(_BYTES)))

    def __iadd__(self, other: MultisetHash) -> MultisetHash:
        """Add all that was added to another one."""
        self._count += other._count
        self._plus(other._even & _EVERY_OTHER, other._odd & _EVERY_OTHER)
        return self

    @property
    def count(self) -> int:
        """How many members were added."""
        return self._count

    @property
    def hexdigest(self) -> str:
        """64 hex digits that name the members and how often each was added."""
        return hashlib.sha256(b"LtHash16-1024 " + self._plain()).hexdigest()

    def sealed(self, mac: Mac) -> bytes:
        """Return the sum so that only who holds the key can read it.

        What few members add up to could be found by trying all, so that a sum that is kept is hidden: by a pad made
        from a keyed digest of the sum itself, which is kept with it and tells nothing (the way of SIV modes, RFC
        5297). The same sum gives the same bytes.

        Args:
            mac: keyed digest of a message, 64 hex digits.
        """
        plain = self._plain()
        tag = mac(b"multiset tag\0" + plain)
        return tag.encode() + _padded(plain, tag, mac)

    @classmethod
    def opened(cls, sealed: bytes, mac: Mac) -> MultisetHash:
        """Return what `sealed` hid.

        Raises:
            ValueError: it was not sealed with this key, or is no longer what it was.
        """
        tag = sealed[:_TAG].decode("ascii", "replace")
        plain = _padded(sealed[_TAG:], tag, mac)
        if mac(b"multiset tag\0" + plain) != tag:
            raise ValueError("not sealed with this key")
        count, _, state = plain.partition(b"\0")
        return cls(state, int(count))

    def _plus(self, even: int, odd: int) -> None:
        self._even += even
        self._odd += odd
        self._grown += 1
        if self._grown == _ROOM:
            self._even &= _EVERY_OTHER
            self._odd &= _EVERY_OTHER
            self._grown = 0

    def _plain(self) -> bytes:
        lanes = self._even & _EVERY_OTHER | (self._odd & _EVERY_OTHER) << 16
        return b"%d\0" % self._count + lanes.to_bytes(_BYTES, "little")


def _apart(state: bytes) -> tuple[int, int]:
    lanes = int.from_bytes(state, "little")
    return lanes & _EVERY_OTHER, lanes >> 16 & _EVERY_OTHER


def _padded(text: bytes, tag: str, mac: Mac) -> bytes:
    pad = hashlib.shake_256(mac(b"multiset pad\0" + tag.encode()).encode()).digest(len(text))
    return (int.from_bytes(text, "little") ^ int.from_bytes(pad, "little")).to_bytes(len(text), "little")
