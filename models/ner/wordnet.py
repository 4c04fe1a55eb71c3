"""Natural English with a free licence: the glosses and example sentences of WordNet, and its places and people.

WordNet 3.0 (Princeton; a licence of the BSD kind) explains 117,000 senses, 7,700 of them persons, places and groups that
bear a name. Debian has it as ``wordnet-base``. Only reading stands here; ``wndb(5WN)`` tells the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PERSON, _PLACE, _GROUP = "18", "15", "14"
"""Numbers of lexicographer files, ``lexnames(5WN)``."""
_STATE = re.compile(
    r"\b(?:city|town|capital|state|country|republic|kingdom|province|county|village|port|borough|nation|island country|resort)\b"
)


@dataclass(frozen=True, slots=True)
class Sense:
    """One entry."""

    lemma: str
    """Its first name, with spaces."""
    label: str | None
    """Entity label where it is somebody's or something's own name."""
    definition: str
    """What it means."""
    examples: tuple[str, ...]
    """Sentences or phrases with it."""
    part: str
    """``noun``, ``verb``, ``adj`` or ``adv``."""


def senses(folder: Path) -> Iterator[Sense]:
    """Yield the entries, in the order of the files.

    Raises:
        FileNotFoundError: The folder holds no WordNet.
    """
    for part in ("noun", "verb", "adj", "adv"):
        with (folder / f"data.{part}").open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(" "):
                    continue  # the licence
                data, _, gloss = line.partition(" | ")
                fields = data.split(" ")
                lemma = re.sub(r"\(\w+\)$", "", fields[4]).replace("_", " ")
                definition = re.split(r'; "| "', gloss.strip(), maxsplit=1)[0].strip(" ;")
                examples = tuple(said for said in re.findall(r'"([^"]+)"', gloss) if len(said) > 5)
                yield Sense(lemma, _label(fields[1], " @i " in data, lemma, definition), definition, examples, part)


def _label(file: str, is_instance: bool, lemma: str, definition: str) -> str | None:
    if not is_instance or not lemma[:1].isupper():
        return None
    if file == _PLACE:
        return "GPE" if _STATE.search(definition) else "LOC"
    return {_PERSON: "PERSON", _GROUP: "ORG"}.get(file)


def dictionary(entries: Sequence[Sense]) -> dict[str, list[str]]:
    """Return the common words of each part of speech: those that are written small, and nobody's name."""
    names = {entry.lemma.lower() for entry in entries if entry.lemma[:1].isupper()}
    words: dict[str, list[str]] = {}
    for entry in entries:
        if entry.lemma.islower() and entry.lemma not in names and re.fullmatch(r"[a-z]+(?: [a-z]+)?", entry.lemma):
            words.setdefault(entry.part, []).append(entry.lemma)
    return words
