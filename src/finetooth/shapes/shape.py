"""The port that every record format implements: who speaks at which pointer, and whether it is trained on.

A shape only *annotates*. The walker reads every string leaf and every key of every record, whatever its shape, so a
wrong or missing shape costs a role, never a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from finetooth.location import Role


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks in one leaf."""

    role: Role
    """The speaker."""
    turn: int | None
    """Which message, from 0; leaves of one message share a turn. None where the text is trained on raw, untemplated."""
    trained: bool
    """Whether the training loss falls on it."""


class Shape(Protocol):
    """One record format."""

    name: str
    """As reports call it, such as ``openai-chat``."""

    def speakers(self, value: Any) -> Mapping[str, Speaker] | None:
        """Return the speaker of each leaf that takes part in training, by JSON Pointer in order of reading.

        Leaves that it leaves out (metadata, ids) are still scanned, as role ``other`` and not trained.

        Returns:
            None where the record is not of this shape. Never raises, whatever the value holds.
        """
