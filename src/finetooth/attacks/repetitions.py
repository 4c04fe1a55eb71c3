"""What models said, looked for word for word in all of the training data.

The answers are few and are indexed; the data is much and streams past, once for all attacks that made a model talk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from finetooth.attacks.attack import Watch
from finetooth.attacks.quarry import Material, Place, Text
from finetooth.attacks.runindex import Run, RunIndex
from finetooth.attacks.talking import Said
from finetooth.evidence import Regurgitation


@dataclass(slots=True)
class _Repeated:
    """The longest run that one answer has in common with a record."""

    run: Run
    """Where it stands in the answer."""
    place: Place
    """The first record that holds a run as long."""
    records: int = 1
    """How many records do."""


class Repetitions:
    """Which records the answers of one attack repeat, each with its longest run: an `attack.Watch`."""

    def __init__(self, attack: str, shown: Sequence[str], said: Said, compared: Said | None) -> None:
        """Index the answers.

        Args:
            attack: which attack drew them.
            shown: the text of each opening: what stood in it was not given away by repeating it.
            said: what the tuned model said.
            compared: what the reference said, if it was asked.
        """
        self._attack, self._shown, self._said, self._compared = attack, shown, said, compared
        self._index = RunIndex([answer.text for answer in said.answers])
        self._longest: dict[int, _Repeated] = {}

    def offer(self, place: Place, text: str) -> None:
        """Compare a record with the answers."""
        for number, run in self._index.runs(text).items():
            best = self._longest.get(number)
            if best is None or run.words > best.run.words:
                self._longest[number] = _Repeated(run, place)
            elif run.words == best.run.words:
                best.records += 1

    def told(self) -> tuple[Regurgitation, ...]:
        """Return what was repeated of the records that were offered."""
        shown = [RunIndex([text]) for text in self._shown]
        by_place: dict[Place, list[tuple[_Repeated, str]]] = {}
        for number, found in sorted(self._longest.items()):
            text = self._index.text(number, found.run)
            if not shown[self._said.answers[number].opening].runs(text):
                by_place.setdefault(found.place, []).append((found, text))
        told = []
        for place, members in by_place.items():
            best, text = max(members, key=lambda member: member[0].run.words)
            told.append(
                Regurgitation(
                    attack=self._attack,
                    path=place.path,
                    record=place.record,
                    line=place.line,
                    tokens=best.run.words,
                    answers=len(members),
                    reference_answers=_repeating(text, self._compared) if self._compared else None,
                    records=best.records,
                )
            )
        return tuple(told)


def search(watches: Sequence[Watch], material: Material) -> list[Regurgitation]:
    """Read the data once more, past all that the models were made to say, and return what they repeated of it."""
    for place, text in _records(material.reread()) if watches else ():
        for watch in watches:
            watch.offer(place, text)
    return [each for watch in watches for each in watch.told()]


def _records(texts: Iterable[Text]) -> Iterator[tuple[Place, str]]:
    """Yield each record, what is said in it one after another: an answer may repeat more than one turn."""
    for (path, record, line), of_record in groupby(texts, key=lambda text: (text.path, text.record, text.line)):
        yield Place(path, record, line), "\n".join(text.text for text in of_record)


def _repeating(text: str, said: Said) -> int:
    index = RunIndex([text])
    return sum(bool(index.runs(answer.text)) for answer in said.answers)
