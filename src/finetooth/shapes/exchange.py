"""Formats that are a prompt and its answer in columns of their own, told by what they call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from finetooth.location import Role
from finetooth.shapes.message import context_speakers
from finetooth.shapes.pointer import member
from finetooth.shapes.shape import Speaker, Speakers

_PAIR = 2


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer, after a history of others. Answers are trained on, those of the history too."""

    name: str
    """As reports call the format."""
    tools: str
    """Who trains on it."""
    sample: Any
    """A minimal record."""
    prompt: tuple[str, ...]
    """Keys of the texts that make the prompt, in the order in which templates join them; the first is needed."""
    answer: str
    """Key of the answer."""
    system: str = "system"
    """Key of a system text, which is the first turn."""
    history: str = "history"
    """Key of the turns before: a list of pairs of prompt and answer."""
    rejected: str = ""
    """Key of the answer that is rejected for this one; empty for no preference."""
    label: str = ""
    """Key of a boolean, true where the answer is desirable (KTO); empty for none."""

    @property
    def keys(self) -> tuple[frozenset[str], ...]:
        """The prompt and every answer."""
        return (frozenset({self.prompt[0], self.answer, self.rejected, self.label} - {""}),)

    def speakers(self, value: Any) -> Speakers | None:
        """Return the turns: system, the pairs of the history, the prompt, the answers."""
        needed = (self.prompt[0], self.answer, *([self.rejected] if self.rejected else []))
        if not all(isinstance(value.get(key), str) for key in needed):
            return None
        if self.label and not isinstance(value.get(self.label), bool):
            return None
        found: dict[str, Speaker] = {}
        turn = 0
        if isinstance(value.get(self.system), str):
            found[member("", self.system)] = Speaker("system", turn, False)
            turn += 1
        preference = bool(self.rejected or self.label)
        history = value.get(self.history)
        for place, pair in enumerate(history if isinstance(history, list) else ()):
            if isinstance(pair, list) and len(pair) == _PAIR:
                here = member(member("", self.history), place)
                found[f"{here}/0"] = Speaker("prompt", turn, False)
                found[f"{here}/1"] = Speaker("completion", turn + 1, not preference)
                turn += 2
        for key in self.prompt:
            if isinstance(value.get(key), str):
                found[member("", key)] = Speaker("prompt", turn, False)
        desired = not self.label or bool(value[self.label])
        role: Role = "completion" if not preference else "chosen" if desired else "rejected"
        found[member("", self.answer)] = Speaker(role, turn + 1, desired)
        if self.rejected:
            found[member("", self.rejected)] = Speaker("rejected", turn + 1, False)
        if "tools" in value:
            found.update(context_speakers(value["tools"], "/tools"))
        return found
