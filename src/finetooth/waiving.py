"""Accepting findings of a report, and going over what was accepted: what the command line does, and what a page may.

Says nothing on any screen: each function returns what there is to say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from finetooth import acceptance, config, evidencefile, keyfile, policyfile, waiveredit, waiverfile
from finetooth.errors import InputError, UsageError
from finetooth.evidence import Evidence, Extracted
from finetooth.finding import Finding
from finetooth.policy import Policy
from finetooth.verdict import WaiverRuling
from finetooth.waiver import Waiver
from finetooth.waiveredit import Removed

_CANDIDATES: Final = 5
_VALUE_WORDS: Final = 8  # of a value that somebody types into a reason


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that was accepted just now."""

    waiver: Waiver
    """As the file has it."""
    finding: Finding | Extracted
    """As the report has it."""
    file: Path
    """Where the waiver was put."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file of waivers comes to."""

    file: Path
    """The file; it need not be there, where nobody named it."""
    waivers: tuple[WaiverRuling, ...]
    """Each waiver and what becomes of it. Without a report, whether its finding is there is not known."""
    today: date
    """The day by which they expire."""


def add(
    fingerprint: str,
    *,
    reason: str,
    owner: str,
    expires: date,
    report: str | Path | None = None,
    file: str | Path | None = None,
    policy: str | Path | None = None,
    renew: bool = False,
    today: date | None = None,
) -> Accepted:
    """Accept a finding of a report.

    Args:
        fingerprint: the finding's, or the beginning of it that no other has.
        reason: why it is acceptable, in a line.
        owner: who answers for it.
        expires: the last day on which it is.
        report: folder that the run left; the latest run's by default.
        file: file of waivers; the configured one by default, which is made where there is none.
        policy: the policy that the data is judged by, which decides what may be waived; the configured one by default.
        renew: whether the waiver may take the place of one for the same finding.
        today: the day on which this is; UTC's by default.

    Raises:
        KeyMismatchError: report and file are of different keys.
        UsageError: there is no such finding, more than one, or none that may be waived like this.
    """
    settings = config.find(Path.cwd())
    folder = settings.out if report is None else Path(report)
    evidence = evidencefile.load(folder)
    found = _find(fingerprint, evidence, folder)
    today = _today(today)
    if expires < today:
        raise UsageError(f"{expires} is past (today is {today}, in UTC): the waiver would not count for a day")
    judged_by = _policy(policy, settings)
    if problem := acceptance.refusal(found.category, expires, judged_by, today):
        raise UsageError(f"{found.entity_type} {found.preview}: {problem} (--policy names another)")
    reason, owner = " ".join(reason.split()), " ".join(owner.split())
    if _tells(reason, found, evidence.key_id, settings):
        raise UsageError("the reason holds the very value that it waives; say it without, since the file is for others")
    waiver = Waiver(
        fingerprint=found.fingerprint, entity_type=found.entity_type, reason=reason, owner=owner, expires=expires
    )
    path = settings.waivers if file is None else Path(file)
    waiveredit.add(path, waiver, evidence.key_id, renew=renew)
    return Accepted(waiver, found, path)


def check(
    report: str | Path | None = None,
    file: str | Path | None = None,
    policy: str | Path | None = None,
    *,
    today: date | None = None,
) -> Checked:
    """Return what becomes of each waiver of a file, under a policy, today.

    Args:
        report: folder of a run, whose findings the waivers are held against; without one each is taken at its word.
        file: file of waivers; the configured one by default.
        policy: name of a shipped policy, or a path; the configured one by default.
        today: the day by which they expire; UTC's by default.

    Raises:
        KeyMismatchError: report and file are of different keys.
        UsageError: a file is not there, or says something that makes no sense.
    """
    settings = config.find(Path.cwd())
    path = settings.waivers if file is None else Path(file)
    evidence = None if report is None else evidencefile.load(Path(report))
    waivers: tuple[Waiver, ...] = ()
    if file is not None or waiverfile.is_there(path):
        told = waiverfile.load(path)
        if evidence is not None and told.waivers:
            told.require_key(evidence.key_id)
        waivers = told.waivers
    today = _today(today)
    return Checked(path, acceptance.rule(waivers, _policy(policy, settings), evidence, today), today)


def prune(
    report: str | Path | None = None, file: str | Path | None = None, *, today: date | None = None
) -> tuple[Checked, list[Removed]]:
    """Take the waivers out of a file that have expired and, with a report, those whose finding is not in it.

    Arguments and errors as in `check`. A waiver that the policy refuses stays: another policy may not.
    """
    checked = check(report, file, today=today)
    gone = {each.fingerprint for each in checked.waivers if each.status in ("expired", "unmatched")}
    return checked, waiveredit.remove(checked.file, gone) if gone else []


def _find(fingerprint: str, evidence: Evidence, folder: Path) -> Finding | Extracted:
    if not re.fullmatch(r"[0-9a-f]{1,32}", fingerprint):
        raise UsageError(f"{fingerprint}: a fingerprint is 32 hex digits, or the first of them; see findings.jsonl")
    scanned = evidence.scan.findings if evidence.scan else ()
    probed = evidence.probe.extracted if evidence.probe else ()
    by_fingerprint: dict[str, Finding | Extracted] = {each.fingerprint: each for each in probed}
    by_fingerprint |= {each.fingerprint: each for each in scanned}
    candidates = [each for name, each in by_fingerprint.items() if name.startswith(fingerprint)]
    if not candidates:
        raise InputError(f"{folder}: has no finding {fingerprint}; findings.jsonl there lists them with fingerprints")
    if len(candidates) > 1:
        told = [f"{each.fingerprint} {each.entity_type} {each.preview}" for each in candidates[:_CANDIDATES]]
        more = len(candidates) - len(told)
        told += [f"and {more:,} more"] if more else []
        raise UsageError("\n  ".join([f"{fingerprint}: several findings begin so; give more of it:", *told]))
    return candidates[0]


def _tells(reason: str, found: Finding | Extracted, key_id: str, settings: config.Configuration) -> bool:
    """Tell whether a reason holds the value of its finding, as far as the key at hand can tell. None is made for it."""
    default = settings.home / keyfile.DEFAULT
    if not (os.environ.get(keyfile.VARIABLE) or settings.key_file or default.exists()):
        return False
    key = keyfile.resolve(os.environ, settings.key_file, settings.home)
    return key.id == key_id and any(key.fits(found.fingerprint, found.entity_type, said) for said in _phrases(reason))


def _phrases(text: str) -> Iterator[str]:
    words = text.split()
    for start in range(len(words)):
        for end in range(start + 1, min(start + _VALUE_WORDS, len(words)) + 1):
            phrase = " ".join(words[start:end])
            yield phrase
            yield phrase.strip("\"'`()[]{}<>.,:;!?")


def _policy(named: str | Path | None, settings: config.Configuration) -> Policy:
    return policyfile.load(settings.policy if named is None else str(named)).policy


def _today(told: date | None) -> date:
    return told or datetime.now(UTC).date()
