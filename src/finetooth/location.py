"""Where a finding stands, in terms that people and programs can follow, without a word of the text around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Role = Literal["system", "user", "assistant", "tool", "prompt", "completion", "chosen", "rejected", "text", "other"]
"""Who speaks in a passage. ``other`` is anything that no known record format gives a speaker to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One occurrence of a finding."""

    __pydantic_config__: ClassVar[Any] = {
        "use_attribute_docstrings": True,
        "extra": "forbid",
        "alias_generator": lambda name: {"part": "in"}.get(name, name),  # a word that no field of Python can have
    }

    path: str
    """The dataset file as the user named it; masked where it holds a finding."""
    line: int | None
    """Physical line from 1 where the record begins, or null where the file has no lines."""
    record: int
    """Ordinal of the record in its file, from 0; unread records count, blank lines do not."""
    pointer: str
    """JSON Pointer (RFC 6901) of the string leaf; key segments that hold a finding are masked."""
    part: Literal["value", "key"] = "value"
    """Whether the finding stands in the leaf at ``pointer``, or in the pointer's own last key."""
    inner: tuple[dict[str, str], ...] | None = None
    """The way into a nested encoding, or null where the value stands there plainly."""
    role: Role
    """Who speaks there."""
    turn: int | None
    """Which message of the conversation, from 0, or null outside a conversation."""
    trained: bool
    """Whether the training loss falls on this text."""
    start: int
    """First code point in the decoded leaf, from 0."""
    end: int
    """One past the last code point."""

    def __str__(self) -> str:
        """Return the place as people say it: ``train.jsonl:12 messages[1].content@14-33``.

        The way into an encoding follows: ``… messages[2].tool_calls[0].function.arguments@7-22 > email``.
        """
        file = f"{self.path}:{self.line}" if self.line is not None else f"{self.path} row {self.record}"
        key = " (in the key)" if self.part == "key" else ""
        ways = "".join(
            f" > {_dotted(step['pointer'], _WHOLE.get(step['decode'], step['decode']))}" for step in self.inner or ()
        )
        return f"{file} {_dotted(self.pointer)}@{self.start}-{self.end}{ways}{key}"


_WHOLE = {
    "json": "JSON",
    "tokens": "decoded",
    "labels": "labels decoded",
    "backslash": "unescaped",
    "html": "HTML",
    "percent": "percent-decoded",
}
"""What a step into an encoding is called where it leads to all of it and its name alone would not tell."""


def _dotted(pointer: str, whole: str = "record") -> str:
    """Write a JSON Pointer the way programmers write a path: ``/messages/1/content`` as ``messages[1].content``."""
    segments = [segment.replace("~1", "/").replace("~0", "~") for segment in pointer.split("/")[1:]]
    path = "".join(f"[{segment}]" if segment.isdecimal() else f".{segment}" for segment in segments)
    return path.removeprefix(".") or whole
