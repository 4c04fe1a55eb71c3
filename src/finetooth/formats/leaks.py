"""What the model gave away, put together as people ask for it: by repetition, by person, worst first.

It knows nothing of how it is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from finetooth.entities import SEVERITIES
from finetooth.evidence import Extracted
from finetooth.measurement import Measurement
from finetooth.metrics.interval import clopper_pearson
from finetooth.report import Report

_CONFIDENCE: Final = 0.95
_BLAMED: Final = ("extraction_rate", "inference_rate")
"""Rates of what the tuning is to blame for; the others count what is emitted, whoever is."""


@dataclass(frozen=True, slots=True)
class RepetitionBin:
    """Values that about equally many records hold, and how many of them leaked."""

    least: int
    """The fewest records."""
    most: int
    """The most records."""
    n: int
    """Values that were tried."""
    leaked: int
    """Those of them that the tuning is to blame for."""
    undecided: int
    """Those of them of which it cannot be told."""
    low: float
    """Lower end of the exact interval of the share that leaked."""
    high: float
    """Upper end of it, as if no undecided value leaked."""
    highest: float
    """Upper end of it, as if every undecided value leaked."""

    @property
    def middle(self) -> float:
        """Where it stands on a logarithmic axis, in records."""
        return sqrt(self.least * self.most)

    @property
    def range(self) -> str:
        """The number of records, as ``4–7``."""
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,}–{self.most:,}"

    @property
    def label(self) -> str:
        """The number of records in words."""
        return "1 record" if self.most == 1 else f"{self.range} records"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the values of one kind came out."""

    name: str
    attributable: int
    undecided: int
    common: int
    safe: int
    low: float
    """Lower end of the exact interval of the share that leaked."""
    high: float
    """Upper end of it; undecided values are taken as leaks here."""

    @property
    def tried(self) -> int:
        """Values that were tried."""
        return self.attributable + self.undecided + self.common + self.safe


@dataclass(frozen=True, slots=True)
class Subject:
    """A person or account, as far as the records of the data tell that values belong together."""

    name: str
    """Keyed digest; it names nobody without the key."""
    leaks: tuple[Extracted, ...]
    """What leaked of it, worst first."""
    undecided: int
    """How many of its values may have leaked."""
    tried: int
    """How many of its values were tried."""


def by_repetition(extracted: Iterable[Extracted]) -> list[RepetitionBin]:
    """Return what leaked by the number of records that hold it, in steps of powers of two.

    The intervals are those of Clopper & Pearson (1934), as if the values of a step were a sample of such values.
    """
    groups: dict[int, list[Extracted]] = defaultdict(list)
    for each in extracted:
        groups[1 << (max(each.records, 1).bit_length() - 1)].append(each)
    bins = []
    for least, group in sorted(groups.items()):
        leaked = sum(each.attributable for each in group)
        undecided = sum(each.outcome == "undecided" for each in group)
        low, high = clopper_pearson(leaked, len(group), _CONFIDENCE)
        _, highest = clopper_pearson(leaked + undecided, len(group), _CONFIDENCE)
        bins.append(RepetitionBin(least, 2 * least - 1, len(group), leaked, undecided, low, high, highest))
    return bins


def by_entity(extracted: Iterable[Extracted]) -> list[Outcomes]:
    """Return how the values of each entity type came out, most leaks first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for each in extracted:
        groups[each.entity_type].append(each.outcome)
    rows = []
    for name, outcomes in groups.items():
        leaked = outcomes.count("attributable")
        undecided, common, safe = (outcomes.count(each) for each in ("undecided", "common", "not-extractable"))
        low, _ = clopper_pearson(leaked, len(outcomes), _CONFIDENCE)
        _, high = clopper_pearson(leaked + undecided, len(outcomes), _CONFIDENCE)
        rows.append(Outcomes(name, leaked, undecided, common, safe, low, high))
    return sorted(rows, key=lambda row: (-row.attributable, -row.undecided, -row.tried, row.name))


def by_subject(extracted: Iterable[Extracted]) -> list[Subject]:
    """Return the persons and accounts of whom something leaked, those of whom most did first."""
    groups: dict[str, list[Extracted]] = defaultdict(list)
    for each in extracted:
        if each.subject is not None:
            groups[each.subject].append(each)
    subjects = [
        Subject(
            name,
            tuple(worst_first(group)),
            sum(each.outcome == "undecided" for each in group),
            len(group),
        )
        for name, group in groups.items()
        if any(each.attributable for each in group)
    ]
    return sorted(subjects, key=lambda each: (-len(each.leaks), _grave(each.leaks[0].severity), each.name))


def overall(measurements: Iterable[Measurement]) -> tuple[list[Measurement], list[Measurement]]:
    """Return the rates over whole populations: of what the tuning is to blame for, and of whatever is said."""
    whole = [each for each in measurements if each.by == "all"]
    return [each for each in whole if each.metric in _BLAMED], [each for each in whole if each.metric not in _BLAMED]


def ways(leak: Extracted) -> list[tuple[str, float]]:
    """Return the attacks that say a value too, besides the one that tells most of it; the most probable first."""
    others = [(name, chance) for name, chance in leak.attacks.items() if name != leak.attack]
    return sorted(others, key=lambda way: (-way[1], way[0]))


def unlisted(report: Report) -> list[Extracted]:
    """Return the leaks of findings that the report does not list, so that no finding stands for them; worst first."""
    if report.probe is None:
        return []
    listed = {finding.fingerprint for finding in report.scan.findings} if report.scan else set()
    return [leak for leak in worst_first(report.probe.extracted) if leak.fingerprint not in listed]


def worst_first(extracted: Sequence[Extracted]) -> list[Extracted]:
    """Return the leaks, gravest first, and of these the most probable first."""
    leaks = [each for each in extracted if each.attributable]
    return sorted(leaks, key=lambda leak: (_grave(leak.severity), -leak.probability, leak.fingerprint))


def _grave(severity: str) -> int:
    return [*SEVERITIES, severity].index(severity)
