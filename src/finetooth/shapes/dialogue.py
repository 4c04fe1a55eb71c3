"""Formats that are a list of messages, told by what they call things.

Where a record is a preference or carries a label, only its last answer is trained on: the rest is the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from finetooth.shapes.message import (
    OPENAI,
    Dialect,
    answer_speakers,
    context_speakers,
    conversation_speakers,
    is_answer,
    is_conversation,
)
from finetooth.shapes.pointer import member
from finetooth.shapes.shape import Speaker, Speakers


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A list of messages; the assistant's are trained on, as `message.is_trained` has it."""

    name: str
    """As reports call the format."""
    tools: str
    """Who trains on it."""
    sample: Any
    """A minimal record."""
    messages: tuple[str, ...] = ("messages",)
    """Where the list stands; the first that holds one."""
    dialect: Dialect = OPENAI
    """What its messages call speaker and text."""
    system: str = "system"
    """Key of a system text beside the list, which is the first turn; empty for none."""
    chosen: str = ""
    """Key of the preferred answer after the list; empty where it is the list's last message, or for no preference."""
    rejected: tuple[str, ...] = ()
    """Keys of the rejected answer; a record needs one of them. Empty for no preference."""
    label: tuple[str, ...] = ()
    """Keys of a boolean, true where the last answer is desirable (KTO); a record needs one. Empty for none."""

    @property
    def keys(self) -> tuple[frozenset[str], ...]:
        """Every list with everything that has to stand beside it."""
        beside = [{self.chosen} if self.chosen else set()]
        for alternatives in (self.rejected, self.label):
            beside = [{*have, key} for have in beside for key in alternatives] or beside
        return tuple(frozenset({key, *have}) for key in self.messages for have in beside)

    def speakers(self, value: Any) -> Speakers | None:
        """Return a turn for each message, then the sides of the preference."""
        key = next((key for key in self.messages if is_conversation(value.get(key), self.dialect)), None)
        if key is None:
            return None
        rejected = next((side for side in self.rejected if is_answer(value.get(side), self.dialect)), None)
        label = next((value[key] for key in self.label if isinstance(value.get(key), bool)), None)
        if (self.rejected and rejected is None) or (self.label and label is None):
            return None
        if self.chosen and not is_answer(value.get(self.chosen), self.dialect):
            return None
        found: dict[str, Speaker] = {}
        if self.system and isinstance(value.get(self.system), str):
            found[member("", self.system)] = Speaker("system", 0, False)
        first = len(found)
        messages, pointer = value[key], member("", key)
        prompt = bool(self.rejected or self.label)
        found.update(conversation_speakers(messages, pointer, first, dialect=self.dialect, trained=not prompt))
        if prompt and not self.chosen:
            found.update(self._last(messages, pointer, first, desired=label is not False))
        after = first + len(messages) - (0 if self.chosen else 1)
        if self.chosen:
            pointer = member("", self.chosen)
            found.update(self._side(value[self.chosen], pointer, after, desired=True))
        if rejected is not None:
            found.update(self._side(value[rejected], member("", rejected), max(after, 0), desired=False))
        if "tools" in value:
            found.update(context_speakers(value["tools"], "/tools"))
        return found

    def _last(self, messages: list[Any], pointer: str, first: int, *, desired: bool) -> Iterator[tuple[str, Speaker]]:
        """Yield the leaves of the last message, the answer that is judged."""
        alone = [None] * (len(messages) - 1) + messages[-1:]
        return self._side(alone, pointer, first, desired=desired)

    def _side(self, answer: Any, pointer: str, turn: int, *, desired: bool) -> Iterator[tuple[str, Speaker]]:
        role = "chosen" if desired else "rejected"
        return answer_speakers(answer, pointer, turn, role, trained=desired, dialect=self.dialect)  # type: ignore[arg-type]
