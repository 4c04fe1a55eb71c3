"""Pointers as evidence may show them: a key that holds a finding stands in the pointer of everything below it."""

from __future__ import annotations

from finetooth.record import Passage
from finetooth.shapes.pointer import member

Path = tuple[str, ...]
"""The pointer of a passage, then one for each step into an encoding."""


def path(passage: Passage) -> Path:
    """Return the whole way to a passage."""
    return (passage.pointer, *(step.pointer for step in passage.inner))


class MaskedKeys:
    """The keys of one record that hold a finding."""

    def __init__(self) -> None:
        self._segments: dict[Path, str] = {}

    def add(self, key: Passage, shown: str) -> None:
        """Remember how a key may be shown, wherever it stands in a pointer."""
        self._segments[path(key)] = member("", shown)

    def masked(self, passage: Passage) -> Path:
        """Return the way to a passage without any word that was found."""
        whole = path(passage)
        if not self._segments:
            return whole
        return tuple(self._masked(whole[:level], pointer) for level, pointer in enumerate(whole))

    def _masked(self, above: Path, pointer: str) -> str:
        raw, shown = "", ""
        for segment in pointer.split("/")[1:]:
            raw = f"{raw}/{segment}"
            shown += self._segments.get((*above, raw), f"/{segment}")
        return shown
