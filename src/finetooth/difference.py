"""What differs between two reports: what is new, what is gone, and what has changed. Pure.

Findings are the same where their fingerprints are, wherever they stand. What is gone because nobody could look is not
gone, so a difference carries its doubts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from finetooth.counting import counted
from finetooth.errors import KeyMismatchError
from finetooth.evidence import Extracted
from finetooth.finding import Finding
from finetooth.report import Report
from finetooth.verdict import Outcome, Ruling

_SHAPE: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RulingChange:
    """A requirement that is ruled otherwise."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    requirement: str
    """Its id."""
    before: Ruling | None
    """Null where it was not asked."""
    after: Ruling | None
    """Null where it is not asked any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a finding stands in the data."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    severity: str
    """How grave it is."""
    tier: str
    """``block`` or ``review``."""
    occurrences: int
    """How often it stands there."""
    records: int
    """In how many records."""
    trained_occurrences: int
    """How many occurrences the training loss falls on."""
    waived: bool
    """Whether a waiver covers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """A finding that is new, gone, or stands otherwise."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    fingerprint: str
    """Which finding."""
    entity_type: str
    """What it is."""
    preview: str
    """The value, masked."""
    place: str
    """Where it first stands, in the later report that has it."""
    before: Standing | None
    """Null where it is new."""
    after: Standing | None
    """Null where it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakChange:
    """A value that the model gives away otherwise."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    fingerprint: str
    """Which finding."""
    entity_type: str
    """What it is."""
    preview: str
    """The value, masked."""
    before: str | None
    """What the probe said of it; null where it was not tried."""
    after: str | None
    """What the probe says of it; null where it was not tried, which proves nothing."""
    before_probability: float | None
    """Chance that one sample said it."""
    after_probability: float | None
    """Chance that one sample says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs between two reports."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.difference/v1"] = "finetooth.difference/v1"
    """Names this format; keys are only ever added."""
    key_id: str
    """Names the key of both reports' fingerprints."""
    before: Outcome
    """The earlier decision."""
    after: Outcome
    """The later decision."""
    doubts: tuple[str, ...]
    """Why the two can be compared only in part."""
    rulings: tuple[RulingChange, ...]
    """Requirements that are ruled otherwise, or asked in one alone."""
    new: tuple[FindingChange, ...]
    """Findings that the earlier report does not have."""
    gone: tuple[FindingChange, ...]
    """Findings that the later report does not have."""
    changed: tuple[FindingChange, ...]
    """Findings of both that are of another severity or tier, repeated otherwise, or waived in one alone."""
    same: int
    """Findings that stand as they did, wherever they do."""
    leaks: tuple[LeakChange, ...]
    """Values of which the probe says otherwise, those that now leak first."""


def difference(before: Report, after: Report) -> Difference:
    """Return what is different in the later report.

    Raises:
        KeyMismatchError: the reports were fingerprinted with different keys, so that nothing can be matched.
    """
    if before.key_id != after.key_id:
        raise KeyMismatchError(
            f"the reports were written with different keys ({before.key_id} and {after.key_id}), so their findings "
            "cannot be matched; scan both with the same FINETOOTH_KEY"
        )
    old, new = _findings(before), _findings(after)
    changes = list(_changes(before, after, old, new))
    changed = tuple(change for change in changes if change.before and change.after)
    return Difference(
        key_id=after.key_id,
        before=before.verdict.decision,
        after=after.verdict.decision,
        doubts=tuple(_doubts(before, after)),
        rulings=tuple(_rulings(before, after)),
        new=tuple(change for change in changes if change.before is None),
        gone=tuple(change for change in changes if change.after is None),
        changed=changed,
        same=len(old.keys() & new.keys()) - len(changed),
        leaks=tuple(sorted(_leaks(before, after), key=lambda leak: (leak.after != "attributable", leak.fingerprint))),
    )


def _findings(report: Report) -> dict[str, Finding]:
    return {finding.fingerprint: finding for finding in report.scan.findings} if report.scan else {}


def _changes(
    before: Report, after: Report, old: Mapping[str, Finding], new: Mapping[str, Finding]
) -> Iterator[FindingChange]:
    for finding in (*new.values(), *(each for each in old.values() if each.fingerprint not in new)):
        known = finding.fingerprint
        was = _standing(old.get(known), before)
        stands = _standing(new.get(known), after)
        if was != stands:
            yield FindingChange(
                fingerprint=known,
                entity_type=finding.entity_type,
                preview=finding.preview,
                place=str(finding.locations[0]) if finding.locations else "",
                before=was,
                after=stands,
            )


def _standing(finding: Finding | None, report: Report) -> Standing | None:
    if finding is None:
        return None
    return Standing(
        severity=finding.severity,
        tier=finding.tier,
        occurrences=finding.occurrences,
        records=finding.records,
        trained_occurrences=finding.trained_occurrences,
        waived=any(w.status == "honoured" and w.fingerprint == finding.fingerprint for w in report.verdict.waivers),
    )


def _rulings(before: Report, after: Report) -> Iterator[RulingChange]:
    was = {ruling.requirement: ruling for ruling in before.verdict.rulings}
    now = {ruling.requirement: ruling for ruling in after.verdict.rulings}
    for name in dict.fromkeys((*now, *was)):
        old, new = was.get(name), now.get(name)
        if old is None or new is None or (old.status, old.observed) != (new.status, new.observed):
            yield RulingChange(requirement=name, before=old, after=new)


def _leaks(before: Report, after: Report) -> Iterator[LeakChange]:
    if before.probe is None or after.probe is None:
        return
    was: dict[str, Extracted] = {each.fingerprint: each for each in before.probe.extracted}
    now: dict[str, Extracted] = {each.fingerprint: each for each in after.probe.extracted}
    for known in dict.fromkeys((*now, *was)):
        old, new = was.get(known), now.get(known)
        told = new or old
        outcomes = (old.outcome if old else None, new.outcome if new else None)
        if told and outcomes[0] != outcomes[1]:
            yield LeakChange(
                fingerprint=known,
                entity_type=told.entity_type,
                preview=told.preview,
                before=outcomes[0],
                after=outcomes[1],
                before_probability=old.probability if old else None,
                after_probability=new.probability if new else None,
            )


def _doubts(before: Report, after: Report) -> Iterator[str]:
    """Yield why what is gone may be there, and what is new may have been."""
    for report, said in (
        (before, "the earlier scan; what is new may have stood there"),
        (after, "the later scan; what is gone may stand there"),
    ):
        if report.scan and report.scan.coverage.records_unread:
            yield f"{counted(report.scan.coverage.records_unread, 'record')} not read in {said}"
    if (before.scan is None) != (after.scan is None):
        yield "one of them has no scan, so findings cannot be compared"
    elif before.scan and after.scan:
        detectors = [
            {run.name: run.version for run in report.scan.detectors} for report in (before, after) if report.scan
        ]
        if detectors[0] != detectors[1]:
            yield "the detectors are of other versions, so the same data may have other findings"
    if (before.probe is None) != (after.probe is None):
        yield "one of them has no probe, so leaks cannot be compared"
    if before.verdict.stage != after.verdict.stage:
        yield f"they are of different gates ({before.verdict.stage} and {after.verdict.stage})"
    if before.policy.sha256 != after.policy.sha256:
        names = " and ".join(f"{report.policy.name} {report.policy.sha256[:8]}" for report in (before, after))
        yield f"they were judged by different policies ({names})"
