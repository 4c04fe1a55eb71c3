"""The port that every record format implements: who speaks at which pointer, and whether it is trained on.

A shape only *annotates*. The walker reads every string leaf and every key of every record, whatever its shape, so a
wrong or missing shape costs a role, never a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from finetooth.location import Role


class Speaker(NamedTuple):
    """Who speaks in one leaf."""

    role: Role
    """The speaker."""
    turn: int | None
    """Which message, from 0; leaves of one message share a turn. None where the text is trained on raw, untemplated."""
    trained: bool
    """Whether training makes the text more likely: the loss falls on it, and not to push it down."""


Speakers = Mapping[str, Speaker]
"""The speaker of each leaf that takes part in training, by JSON Pointer in order of reading."""


class Shape(Protocol):
    """One record format."""

    @property
    def name(self) -> str:
        """As reports and ``--input-format`` call it, such as ``openai-chat``."""

    @property
    def tools(self) -> str:
        """Who trains on it, for people who look for theirs."""

    @property
    def keys(self) -> tuple[frozenset[str], ...]:
        """What to look for first: a record that is an object fits only if it has all keys of one of these."""

    @property
    def sample(self) -> Any:
        """A minimal record."""

    def speakers(self, value: Any) -> Speakers | None:
        """Return the speaker of each leaf that takes part in training.

        Leaves that it leaves out (metadata, ids) are still scanned, as role ``other`` and not trained.

        Returns:
            None where the record is not of this shape. Never raises, whatever the value holds.
        """


def having(*keys: str) -> tuple[frozenset[str], ...]:
    """Return the `Shape.keys` of a shape that needs all of these.

    >>> having("prompt", "completion") == (frozenset({"completion", "prompt"}),)
    True
    """
    return (frozenset(keys),)
