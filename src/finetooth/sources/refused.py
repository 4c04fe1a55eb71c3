"""A source that could not even be opened: what stands in for it is the reason."""

from __future__ import annotations

from collections.abc import Iterator

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.source import Stored


class Refused:
    """A path that exists, but holds nothing that can be read: a pipe, a folder without permission, an empty folder.

    Args:
        path: as the user named it.
        reason: what is wrong and how to mend it.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason

    def __iter__(self) -> Iterator[Record | Unread]:
        yield Unread(path=self.path, reason=self.reason)

    def stored(self) -> Stored:
        """Return no digest and no size: nothing was read."""
        return Stored(None, 0)
