"""The port that every detection engine implements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from finetooth.match import Match


@dataclass(frozen=True, slots=True)
class Undetected:
    """A text that an engine could not finish: it counts as unread, never as clean."""

    reason: str
    """What went wrong and how to mend it, without a word of the text."""


Detection = tuple[Match, ...] | Undetected
"""What an engine says of one text."""


class Detector(Protocol):
    """One engine."""

    name: str
    """As evidence calls it, such as ``presidio``."""
    version: str
    """Version of the library, and of its model or rules."""

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return what was found in each text, in the same order and number.

        Spans are in code points of the text. Never raises for what is in a text, and never logs or prints any of it.

        Args:
            texts: the texts.
            keys: for each text the key or column that it stands under, or None. A key is context, never searched: most
                engines take no notice of it.
        """
