"""What scanning one shard gave, masked: the noun that engines carry and that is kept on disk.

Paths in it are relative to the file that the shard is of (empty, or an archive's member), and lines and records count
from the shard's own beginning. So it does not depend on where the file lies or on what stands before the shard, and
can be used again where both have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from finetooth.evidence import Unread
from finetooth.finding import Sighting


@dataclass(frozen=True, slots=True)
class Extent:
    """By how much what stands after a shard is counted on."""

    records: int = 0
    """Records, unread ones too."""
    lines: int = 0
    """Physical lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardResult:
    """What one shard gave: evidence, masked."""

    sightings: tuple[Sighting, ...] = ()
    """Every occurrence of every value, in order of reading."""
    unread: tuple[Unread, ...] = ()
    """Everything that was not read."""
    formats: Mapping[str, int] = field(default_factory=dict)
    """Records by their format."""
    records: int = 0
    """Records read."""
    passages: int = 0
    """Texts that were looked at."""
    characters: int = 0
    """Code points in them."""
    allowed: Mapping[str, int] = field(default_factory=dict)
    """Occurrences, by entity type, that the policy's allow list let through."""
    detectors: tuple[tuple[str, str], ...] = ()
    """Name and version of each detector that looked."""
    extent: Extent = Extent()
    """How much the shard holds, where what follows it is counted on; zeros where it knows its own place."""
    said: bytes = field(default=b"", repr=False)
    """Sealed sum of the records (`finetooth.multisethash`); empty where some of them were not read as they stand."""
    sha256: str | None = None
    """Digest of what was read, where nobody knew it beforehand."""
    bytes: int = 0
    """Its size."""
    whole: bool = True
    """Whether all its bytes were read, and were those that were planned."""
    lasting: bool = True
    """Whether scanning the same bytes again would give the same: false where a fault of the moment cost something."""
