"""What was found, masked: one value of one entity type, and everywhere it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, ClassVar

from finetooth.entities import SEVERITIES, Category, Kind, Severity, Tier, entity_type
from finetooth.location import Location
from finetooth.match import VALIDATIONS, Validation

_SEVERITY_WEIGHT: dict[Severity, float] = {"critical": 1.0, "high": 0.8, "medium": 0.5, "low": 0.2}
_UNTRAINED_WEIGHT = 0.5
_SATURATING_DOUBLINGS = 5  # 32 records: in our own measurements every value repeated that often was extracted
_TELLING_BITS = 30.0  # nine random digits, the canaries of Carlini et al. 2019: nobody says them by chance
_BOILERPLATE_RECORDS = 20  # fewer are no custom of the data
_BOILERPLATE_SHARE = 0.05
_BOILERPLATE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Sighting:
    """One occurrence of one value, already masked: what leaves the shard where the raw text was read."""

    fingerprint: str
    """Keyed identity of the value."""
    entity_type: str
    """What it is."""
    category: Category
    """Which kind of harm it belongs to."""
    severity: Severity
    """How grave it is, after the policy's overrides."""
    tier: Tier
    """Whether this occurrence is proven enough to block."""
    preview: str
    """The value, masked."""
    rules: tuple[str, ...]
    """Every rule that saw it here."""
    score: float
    """The best score among them, 0 to 1."""
    validation: Validation
    """The strongest proof among them."""
    bits: float
    """How much the value tells that could not be guessed, as `redaction.information` has it."""
    location: Location
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """All sightings of one value of one entity type, whichever rules saw it."""

    __pydantic_config__: ClassVar[Any] = {"use_attribute_docstrings": True, "extra": "forbid"}

    entity_type: str
    """UPPER_SNAKE name, such as ``EMAIL_ADDRESS``."""
    category: Category
    """Which kind of harm it belongs to."""
    severity: Severity
    """How grave one leaked value is."""
    tier: Tier
    """``block`` where any occurrence is proven enough to block, else ``review``."""
    rules: tuple[str, ...]
    """Every rule that saw it, sorted."""
    score: float
    """The best score of any rule, 0 to 1."""
    validation: Validation
    """The strongest proof of any occurrence."""
    fingerprint: str
    """Keyed identity: 32 hex digits, HMAC-SHA-256 cut to 128 bits over entity type and normalised value."""
    preview: str
    """The value, masked."""
    occurrences: int
    """How often it stands in the data."""
    records: int
    """In how many records."""
    trained_occurrences: int
    """How many of the occurrences the training loss falls on."""
    risk: float
    """0 to 1: severity times how likely it is to be memorised."""
    locations: tuple[Location, ...]
    """Where it stands, in order of file, record and position."""

    @property
    def combination(self) -> bool:
        """Whether it is made of other findings, so that there is nothing to try but its parts."""
        return entity_type(self.entity_type).kind is Kind.COMBINATION


def gather(sightings: Iterable[Sighting], records: int) -> tuple[Finding, ...]:
    """Return one finding for each value of each entity type, gravest first.

    The order is that of ``findings.jsonl``: severity, then risk (both falling), then fingerprint.

    Args:
        sightings: every occurrence of every value.
        records: how many records were read.
    """
    gathering = Gathering()
    for sighting in sightings:
        gathering.add(sighting)
    return gathering.findings(records)


class Gathering:
    """Findings in the making. Of each sighting no more is kept than its place, and what it adds to its finding."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def add(self, sighting: Sighting, more: Sequence[Location] = ()) -> None:
        """Add an occurrence of a value, and more of them that differ in nothing but their places.

        Occurrences come in the order of the data: what a finding shows is what its first one does.
        """
        group = self._groups.get(sighting.fingerprint)
        if group is None:
            group = self._groups[sighting.fingerprint] = _Group(sighting)
        else:
            group.add(sighting)
        group.locations += more

    def findings(self, records: int) -> tuple[Finding, ...]:
        """Return what `gather` returns, for so many records; after that nothing may be added."""
        findings = []
        while self._groups:
            _, group = self._groups.popitem()
            findings.append(_finding(group, records))
        return tuple(sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), -f.risk, f.fingerprint)))


class _Group:
    """All sightings of one value so far."""

    __slots__ = ("best", "bits", "blocks", "first", "locations", "proof", "rules")

    def __init__(self, sighting: Sighting) -> None:
        self.first = sighting
        self.rules = {*sighting.rules}
        self.best = sighting.score
        self.proof = sighting.validation
        self.bits = sighting.bits
        self.blocks = sighting.tier == "block"
        self.locations = [sighting.location]

    def add(self, sighting: Sighting) -> None:
        self.rules.update(sighting.rules)
        self.best = max(self.best, sighting.score)
        self.proof = min(self.proof, sighting.validation, key=VALIDATIONS.index)
        self.bits = max(self.bits, sighting.bits)
        self.blocks |= sighting.tier == "block"
        self.locations.append(sighting.location)


def risk(severity: Severity, records: int, of: int, *, bits: float, trained: bool) -> float:
    """Return how much a finding matters, 0 to 1: severity, times how likely it is to be memorised, times what it tells.

    - Memorisation grows with the logarithm of the number of records that repeat a value (Carlini et al. 2023,
      "Quantifying Memorization Across Neural Language Models", section 4.2).
    - Text without training loss is memorised too, but less.
    - What can be guessed tells little when a model says it (exposure, Carlini et al. 2019, "The Secret Sharer").
    - What a large share of the records say is what the model is meant to say, such as the shop's own number.

    Args:
        severity: how grave it is.
        records: how many records hold the value.
        of: how many records there are.
        bits: how much of it could not be guessed.
        trained: whether the loss falls on any occurrence.

    >>> risk("critical", 1, 100, bits=30, trained=True) < risk("critical", 16, 1000, bits=30, trained=True) <= 1
    True
    """
    memorisation = (1 + min(log2(records), _SATURATING_DOUBLINGS)) / (1 + _SATURATING_DOUBLINGS)
    telling = (1 + min(bits, _TELLING_BITS) / _TELLING_BITS) / 2
    boilerplate = records >= _BOILERPLATE_RECORDS and records > _BOILERPLATE_SHARE * of
    unique = _BOILERPLATE_WEIGHT if boilerplate else 1
    return round(
        _SEVERITY_WEIGHT[severity] * memorisation * telling * unique * (1 if trained else _UNTRAINED_WEIGHT), 4
    )


def place(location: Location) -> tuple[str, int, str, str, int, int]:
    """Return what locations are ordered by: file, record, and position."""
    return (location.path, location.record, location.pointer, location.part, location.start, location.end)


def _finding(group: _Group, of: int) -> Finding:
    first, locations = group.first, sorted(group.locations, key=place)
    trained = sum(location.trained for location in locations)
    records = len({(location.path, location.record) for location in locations})
    return Finding(
        entity_type=first.entity_type,
        category=first.category,
        severity=first.severity,
        tier="block" if group.blocks else "review",
        rules=tuple(sorted(group.rules)),
        score=group.best,
        validation=group.proof,
        fingerprint=first.fingerprint,
        preview=first.preview,
        occurrences=len(locations),
        records=records,
        trained_occurrences=trained,
        risk=risk(first.severity, records, of, bits=group.bits, trained=trained > 0),
        locations=tuple(locations),
    )
