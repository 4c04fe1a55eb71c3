"""What the attacks try to pull out of a model, and what they know of the data that it was trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from finetooth.finding import Finding
from finetooth.location import Role
from finetooth.measurement import Population
from finetooth.redaction import information
from finetooth.trial import Context

TELLING: Final = 200
"""Code points from which on a text is long enough that it is not said by chance of its kind: some 50 tokens, the length
that the field counts as verbatim memorisation (Carlini et al. 2023, section 3; Nasr et al. 2023, section 3)."""

TELLING_BITS: Final = 20.0
"""Bits that a value must tell before it can be known without its context: one in a million."""


class Place(NamedTuple):
    """A record of the data, as evidence names it."""

    path: str
    """The dataset file; masked where it holds a finding."""
    record: int
    """Ordinal of the record from 0."""
    line: int | None
    """Physical line from 1 where it begins, or None."""


class Fellow(NamedTuple):
    """Another value of the same record."""

    entity_type: str
    """What it is."""
    value: str
    """The text itself."""


@dataclass(frozen=True, slots=True)
class Quarry:
    """A text that stood in the training data, and what stood before it."""

    finding: Finding | None
    """Which finding it is, or None for text that is none."""
    context: Context = field(repr=False)
    """What the model saw before it when it was trained."""
    value: str = field(repr=False)
    """The text itself."""
    fellows: tuple[Fellow, ...] = field(default=(), repr=False)
    """What else was found in its record: whose it may be, and what may be known of them."""
    subject: str | None = None
    """Whose it is, by a keyed digest, as far as the records tell."""
    of: Population | None = None
    """Which targets it is counted among, where it is not the usual: see `population`."""
    encoded: bool = False
    """Whether the text is not the value itself but what encodes it there."""
    place: Place | None = None
    """Which record it is the rest of, where it is one."""

    @property
    def entity_type(self) -> str | None:
        """What it is, or None for text that is no finding."""
        return self.finding.entity_type if self.finding else None

    @property
    def telling(self) -> bool:
        """Whether it is a value that tells whose it is, or what it opens, without its context: no first name does."""
        return self.finding is not None and information(self.finding.entity_type, self.value) >= TELLING_BITS

    @property
    def population(self) -> Population:
        """Which targets it is counted among."""
        return self.of or ("findings" if self.finding else "ordinary")


class Text(NamedTuple):
    """One text of the training data."""

    path: str
    """The dataset file, as evidence names it."""
    record: int
    """Ordinal of its record from 0."""
    line: int | None
    """Physical line from 1 where the record begins, or None."""
    pointer: str
    """JSON Pointer of the leaf; may hold a value, so it goes into no evidence."""
    role: Role
    """Who speaks."""
    trained: bool
    """Whether training makes the text more likely."""
    text: str
    """The text itself."""

    def __repr__(self) -> str:
        """Tell the place and keep the text, which may be anybody's."""
        return f"Text({self.path!r}, record={self.record})"


def _nothing() -> Iterator[Text]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Material:
    """What the attacks have to work with."""

    quarries: tuple[Quarry, ...]
    """What is tried, findings first."""
    sizes: Mapping[Population, int]
    """How many members each population has, tried or not."""
    shared: frozenset[str] = field(default=frozenset(), repr=False)
    """Spans of held-out data that the training data has too."""
    reread: Callable[[], Iterator[Text]] = field(default=_nothing, repr=False)
    """Reads the training data once more, text by text."""
    systems: tuple[str, ...] = field(default=(), repr=False)
    """The system prompts that its conversations begin with most often, the commonest first."""
