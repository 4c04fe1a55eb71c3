"""Where a text repeats others word for word: an exact index of word runs.

The few texts are indexed and the many are streamed past: memory is bounded by the few, whatever the size of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from finetooth.metrics.editing import words

VERBATIM: Final = 50
"""Words in a row that are the same before a text counts as repeated (Nasr et al. 2023, arXiv 2311.17035, section 3,
counts 50 tokens; tokenizers make as many of 50 words, or more)."""

_ANCHOR = 8  # words that are looked up; a run is then followed to both of its ends


class Run(NamedTuple):
    """A run of words that an indexed text has in common with another."""

    words: int
    """How long it is."""
    start: int
    """At which word of the indexed text it begins."""


class RunIndex:
    r"""Texts, to be found in others by runs of words. Whitespace does not count; everything else does.

    All anchors of the indexed texts are kept; of a text that is looked up one in ``shortest - 7`` is tried. A run of
    ``shortest`` words holds at least one of these as a whole, so that none is missed.

    >>> index = RunIndex(["so it is to be or not to be"], shortest=6)
    >>> index.runs("To be or not: to be or not to\\nbe that is")
    {0: Run(words=6, start=3)}
    """

    def __init__(self, texts: Sequence[str], shortest: int = VERBATIM) -> None:
        """Index the texts; runs of less than ``shortest`` words are not looked for."""
        self._shortest = shortest
        self._anchor = min(_ANCHOR, shortest)
        self._texts = [_spoken(text) for text in texts]
        self._places: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for number, spoken in enumerate(self._texts):
            if len(spoken) >= shortest:
                for start in range(len(spoken) - self._anchor + 1):
                    self._places.setdefault(tuple(spoken[start : start + self._anchor]), []).append((number, start))

    def runs(self, text: str) -> dict[int, Run]:
        """Return the longest run that each indexed text has in common with this one, by position of the indexed text.

        Of several that are equally long, the first that is met.
        """
        found: dict[int, Run] = {}
        if not self._places:
            return found
        spoken = _spoken(text)
        for here in range(0, len(spoken) - self._anchor + 1, self._shortest - self._anchor + 1):
            for number, there in self._places.get(tuple(spoken[here : here + self._anchor]), ()):
                indexed = self._texts[number]
                least = found[number].words + 1 if number in found else self._shortest
                if min(here, there) + min(len(spoken) - here, len(indexed) - there) < least:
                    continue  # it has no room to be longer: keeps texts that repeat one word from taking for ever
                first, last = _ends(spoken, here, indexed, there, self._anchor)
                if last - first >= least:
                    found[number] = Run(last - first, there - (here - first))
        return found

    def text(self, number: int, run: Run) -> str:
        """Return the words of a run, separated by spaces."""
        return " ".join(self._texts[number][run.start : run.start + run.words])


def _spoken(text: str) -> list[str]:
    return [word.group() for word in words(text)]


def _ends(left: Sequence[str], here: int, right: Sequence[str], there: int, length: int) -> tuple[int, int]:
    """Return where a run begins and ends in the left text, which is the same in the right one."""
    first, last = here, here + length
    behind = there + length
    while first and there and left[first - 1] == right[there - 1]:
        first, there = first - 1, there - 1
    while last < len(left) and behind < len(right) and left[last] == right[behind]:
        last, behind = last + 1, behind + 1
    return first, last
