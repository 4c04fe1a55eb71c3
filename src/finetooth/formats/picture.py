"""What the findings look like from afar: counts for charts, of a size that does not grow with the data.

It knows nothing of how they are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from finetooth.entities import SEVERITIES, Severity
from finetooth.evidence import Input, ScanEvidence
from finetooth.finding import Finding
from finetooth.location import Role

_BINS: Final = 120
"""Into how many equal parts of its records a file is cut at most."""
_RISK_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class EntityCount:
    """One entity type, and how much of it there is."""

    name: str
    category: str
    severity: Severity
    """The gravest that any finding of it has."""
    findings: int
    block: int
    """Findings proven enough to block; the others are for review."""
    occurrences: int
    records: int


@dataclass(frozen=True, slots=True)
class RoleCount:
    """Who speaks where findings stand."""

    role: Role
    trained: int
    """Occurrences that the training loss falls on."""
    untrained: int
    """Occurrences that it does not fall on."""


@dataclass(frozen=True, slots=True)
class FileStrip:
    """Where in one file the findings stand."""

    path: str
    records: int
    """Records in the file, unread ones counted as far as their place is known."""
    bins: tuple[tuple[int, ...], ...]
    """For each part of its records, in order: occurrences by severity, in the order of `SEVERITIES`."""
    unread: frozenset[int]
    """Parts that hold something unread."""
    occurrences: int


@dataclass(frozen=True, slots=True)
class RepeatPoint:
    """Findings that are repeated in equally many records and are of about the same risk."""

    records: int
    risk: float
    severity: Severity
    findings: int


def by_entity(scan: ScanEvidence) -> list[EntityCount]:
    """Return the entity types, gravest first, and of these the most frequent first."""
    gravest: dict[str, Finding] = {}
    blocking: Counter[str] = Counter()
    for finding in scan.findings:
        blocking[finding.entity_type] += finding.tier == "block"
        known = gravest.setdefault(finding.entity_type, finding)
        if SEVERITIES.index(finding.severity) < SEVERITIES.index(known.severity):
            gravest[finding.entity_type] = finding
    rows = [
        EntityCount(
            name=name,
            category=gravest[name].category if name in gravest else "",
            severity=gravest[name].severity if name in gravest else "low",
            findings=total.findings,
            block=blocking[name],
            occurrences=total.occurrences,
            records=total.records,
        )
        for name, total in scan.totals.by_entity.items()
    ]
    return sorted(rows, key=lambda row: (SEVERITIES.index(row.severity), -row.findings, row.name))


def by_severity(findings: Sequence[Finding]) -> list[tuple[Severity, int, int]]:
    """Return for each severity, gravest first, how many findings block and how many are for review."""
    counts = Counter((finding.severity, finding.tier) for finding in findings)
    return [(severity, counts[severity, "block"], counts[severity, "review"]) for severity in SEVERITIES]


def by_role(findings: Sequence[Finding]) -> list[RoleCount]:
    """Return who speaks where findings stand, most occurrences first."""
    counts = Counter((place.role, place.trained) for finding in findings for place in finding.locations)
    roles = {role for role, _ in counts}
    rows = [RoleCount(role, counts[role, True], counts[role, False]) for role in roles]
    return sorted(rows, key=lambda row: (-row.trained - row.untrained, row.role))


def strips(scan: ScanEvidence, files: int) -> list[FileStrip]:
    """Return where findings stand in the files that hold most of them, at most ``files``; fullest first."""
    inputs = {each.path: each for each in scan.inputs}
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for finding in scan.findings:
        for place in finding.locations:
            counts[place.path] += 1
            last[place.path] = max(last.get(place.path, 0), place.record)
    for unread in scan.coverage.unread:
        if unread.record is not None:
            last[unread.path] = max(last.get(unread.path, 0), unread.record)
    shown = sorted(counts, key=lambda path: (-counts[path], path))[:files]
    sizes = {path: _size(inputs.get(path), last[path]) for path in shown}
    bins = {path: [[0] * len(SEVERITIES) for _ in range(min(_BINS, sizes[path]))] for path in shown}
    for finding in scan.findings:
        grave = SEVERITIES.index(finding.severity)
        for place in finding.locations:
            if (row := bins.get(place.path)) is not None:
                row[place.record * len(row) // sizes[place.path]][grave] += 1
    return [
        FileStrip(
            path=path,
            records=sizes[path],
            bins=tuple(tuple(part) for part in bins[path]),
            unread=frozenset(
                each.record * len(bins[path]) // sizes[path]
                for each in scan.coverage.unread
                if each.path == path and each.record is not None
            ),
            occurrences=counts[path],
        )
        for path in shown
    ]


def repeats(findings: Sequence[Finding]) -> list[RepeatPoint]:
    """Return how often values are repeated against their risk, in at most so many points that they can be drawn."""
    counts = Counter(
        (finding.records, round(finding.risk * _RISK_STEPS) / _RISK_STEPS, finding.severity) for finding in findings
    )
    points = [RepeatPoint(records, risk, severity, n) for (records, risk, severity), n in counts.items()]
    return sorted(points, key=lambda p: (-p.findings, p.records, p.risk, p.severity))


def _size(read: Input | None, last: int) -> int:
    """Return how many records a file has, as far as is known: those read, and up to the last that is spoken of."""
    return max(read.records if read else 0, last + 1)
