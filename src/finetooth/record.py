"""A training example and the texts inside it. These hold raw text: nothing right of Evidence may import them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from finetooth.location import Role
from finetooth.offsets import Offsets
from finetooth.span import Span


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


Encoding = Literal[
    "json", "tokens", "labels", "base16", "base64", "backslash", "html", "percent", "folded", "spelt", "rejoined"
]
"""A JSON document; token ids, or the labels that go with them; and what :mod:`finetooth.decodings` knows."""


class Step(NamedTuple):
    """One step into an encoding."""

    decode: Encoding
    """How what stands there is read."""
    pointer: str
    """JSON Pointer in what was decoded; empty where all of it is meant."""


class Encoded:
    """Where a decoded text stands in the passage that encodes it.

    Args:
        within: that passage, which may stand within another one.
        offsets: the way from the decoded text to the encoding, or what makes it: most texts hold no finding, and few
            are ever asked for it.
    """

    __slots__ = ("_offsets", "within")

    def __init__(self, within: Passage, offsets: Offsets | Callable[[], Offsets]) -> None:
        self.within = within
        self._offsets = offsets

    @property
    def offsets(self) -> Offsets:
        """The way from the decoded text to the encoding."""
        if not isinstance(self._offsets, Offsets):
            self._offsets = self._offsets()
        return self._offsets


class Passage(NamedTuple):
    """One text inside a record: a string leaf, a key, or what either holds in an encoding of its own."""

    # NOTE: a tuple rather than a frozen dataclass, as millions are made, and this takes a quarter of the time.

    pointer: str
    """JSON Pointer (RFC 6901) of the leaf, or of the member whose key this is. Never leads into an encoding."""
    part: Literal["value", "key"]
    """Whether the text is a leaf, or the last key of its innermost pointer."""
    role: Role
    """Who speaks."""
    turn: int | None
    """Which message of the conversation, from 0, or None."""
    trained: bool
    """Whether training makes the text more likely: the loss falls on it, and not to push it down."""
    text: str
    """The decoded text."""
    inner: tuple[Step, ...] = ()
    """The way from the leaf at ``pointer`` into nested encodings; empty where the text stands there plainly."""
    encoded: Encoded | None = None
    """Where another passage of the record encodes this text."""

    def __repr__(self) -> str:
        """Tell the place and keep the text, which may be anybody's."""
        return f"Passage({self.pointer!r}, {self.part!r}, {self.role!r}, inner={self.inner!r})"

    @property
    def root(self) -> Passage:
        """The passage that a model sees: this one, or the outermost that encodes it."""
        passage = self
        while passage.encoded is not None:
            passage = passage.encoded.within
        return passage

    def outer(self, span: Span) -> Span:
        """Return what encodes ``span`` of this text in the text of `root`."""
        passage = self
        while passage.encoded is not None:
            span = passage.encoded.offsets.outer(span)
            passage = passage.encoded.within
        return span

    def verbatim(self, span: Span) -> bool:
        """Tell whether what encodes ``span`` of this text says the same as it stands there."""
        return self.encoded is None or self.encoded.offsets.outer(span).of(self.encoded.within.text) == span.of(
            self.text
        )

    def within(self, span: Span) -> Span | None:
        """Return what ``span`` of the text of `root` decodes to in this text; None where it encodes none of it."""
        if self.encoded is None:
            return span
        there = self.encoded.within.within(span)
        return None if there is None else self.encoded.offsets.inner(there)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as a chat template takes it."""

    role: Literal["system", "user", "assistant", "tool"]
    """The speaker in the words of chat templates."""
    pointer: str
    """JSON Pointer of the passage that it was made from."""
    text: str = field(repr=False)
    """The message."""
