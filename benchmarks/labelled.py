"""The labelled sets, as the files have them; `FINETOOTH_DATA` names the folder.

Nothing of a text is ever printed, and no object here shows one in its repr.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labels import GOLD, OTHER
from spans import Found, Gold


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with its spans."""

    text: str = field(repr=False)
    """The text."""
    gold: tuple[Gold, ...]
    """What stands in it, in order."""
    cluster: str
    """What the text was made from (a template, a rule): texts of one cluster are not independent of one another."""


@dataclass(frozen=True, slots=True)
class SecretCase:
    """A text of which it is known whether it holds a secret."""

    text: str = field(repr=False)
    """The text."""
    secret: bool
    """Whether it holds one."""
    places: tuple[tuple[tuple[int, int], ...], ...]
    """For each labelled value, everywhere that it stands; empty where the source gives no value."""
    cluster: str
    """The rule that the text was written to test."""


@dataclass(frozen=True, slots=True)
class RecognizerCase:
    """A unit test of one Presidio recognizer."""

    text: str = field(repr=False)
    """The text."""
    recognizer: str
    """Class name of the recognizer."""
    regions: tuple[str, ...]
    """Regions that its constructor was given; empty for its own country."""
    entities: frozenset[str]
    """Entity types that are looked at."""
    expected: frozenset[tuple[int, int]] | None
    """The exact spans; None where only their number is known."""
    count: int
    """How many there are."""

    def passes(self, found: Iterable[Found]) -> bool:
        """Tell whether what was found of these entity types is exactly what is expected."""
        spans = {(each.start, each.end) for each in found if each.entity_type in self.entities}
        return len(spans) == self.count if self.expected is None else spans == self.expected


def folder() -> Path:
    """Return the folder of the data; it may not exist."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("FINETOOTH_DATA", beside))


def names(group: str) -> list[str]:
    """Return the sets of a group (``pii``, ``secrets`` or ``instruct``) that are there, such as ``pii/wikigold``."""
    return [f"{group}/{path.name.split('.')[0]}" for path in sorted((folder() / group).glob("*.jsonl"))]


def span_texts(name: str) -> list[Labelled]:
    """Return a set of texts with labelled spans."""
    table = GOLD[name.removeprefix("pii/")]
    return [
        Labelled(
            text=row["text"],
            gold=tuple(
                Gold(span["start"], span["end"], table[span["label"]])
                for span in sorted(row["spans"], key=lambda span: (span["start"], span["end"]))
                if table[span["label"]] != OTHER
            ),
            cluster=str(row.get("template_id", number)),
        )
        for number, row in enumerate(_rows(name))
    ]


def secret_cases(name: str) -> list[SecretCase]:
    """Return a set of texts with and without secrets."""
    return [
        SecretCase(
            text=row["text"],
            secret=row["is_secret"],
            places=tuple(tuple(_occurrences(value, row["text"])) for value in dict.fromkeys(row["secrets"] or ())),
            cluster=str(row["rule"]),
        )
        for row in _rows(name)
    ]


def instructions(name: str) -> list[str]:
    """Return a set of unlabelled records, each as one text: its fields, a line each."""
    return ["\n".join(str(value) for value in row.values() if value) for row in _rows(name)]


def recognizer_cases(name: str) -> list[RecognizerCase]:
    """Return the unit tests that hold for Presidio 2.2.366 and need no constructor that a policy cannot ask for."""
    return [
        RecognizerCase(
            text=row["text"],
            recognizer=row["recognizer"],
            regions=regions,
            entities=frozenset(_entities(row)),
            expected=None if row["expected"] is None else frozenset(map(tuple, row["expected"])),
            count=row["expected_len"],
        )
        for row in _rows(name)
        if row["verified_on_2.2.366"] and (regions := _regions(row["ctor"])) is not None
    ]


def _entities(row: dict[str, Any]) -> list[str]:
    # A recognizer may be told to call a phone number by its country; a policy's region does not change the name.
    return ["PHONE_NUMBER"] if row["recognizer"] == "PhoneRecognizer" else row["entities"] or row["entity"]


def _regions(constructor: str) -> tuple[str, ...] | None:
    if constructor.endswith("Recognizer()"):
        return ()
    if "supported_regions=['" in constructor:
        return (constructor.split("supported_regions=['")[1][:2],)
    return None


def _occurrences(value: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + 1)


def _rows(name: str) -> Iterator[dict[str, Any]]:
    group, stem = name.split("/")
    for path in sorted((folder() / group).glob(f"{stem}.*jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
