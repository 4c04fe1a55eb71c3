"""A training example and the texts inside it. These hold raw text: nothing right of Evidence may import them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from finetooth.location import Role


@dataclass(frozen=True, slots=True)
class Record:
    """One training example as the file holds it."""

    path: str
    """The dataset file as the user named it."""
    index: int
    """Ordinal in its file from 0; unread records count, blank lines do not."""
    line: int | None
    """Physical line from 1 where it begins, or None where the file has no lines."""
    value: Any = field(repr=False)
    """The decoded JSON value (or a dict of column to value). Objects may be ``RepeatedKeys``."""


class RepeatedKeys(dict[str, Any]):
    """A JSON object in which a key stands more than once.

    As a dict it holds the last value of each key, as every JSON library would give it; ``shadowed`` holds the earlier
    ones, which a trainer never sees in one library and does see in another, so that a scan must read them all.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        last = {key: position for position, (key, _) in enumerate(pairs)}
        self.shadowed: tuple[tuple[str, Any], ...] = tuple(
            (key, value) for position, (key, value) in enumerate(pairs) if last[key] != position
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """One text inside a record: a string leaf, or a key."""

    pointer: str
    """JSON Pointer (RFC 6901) of the leaf, or of the member whose key this is."""
    part: Literal["value", "key"]
    """Whether the text is the leaf at ``pointer`` or its last key."""
    role: Role
    """Who speaks."""
    turn: int | None
    """Which message of the conversation, from 0, or None."""
    trained: bool
    """Whether the training loss falls on it."""
    text: str = field(repr=False)
    """The decoded text."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as a chat template takes it."""

    role: Literal["system", "user", "assistant", "tool"]
    """The speaker in the words of chat templates."""
    pointer: str
    """JSON Pointer of the passage that it was made from."""
    text: str = field(repr=False)
    """The message."""
