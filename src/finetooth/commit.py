"""What a commit adds to datasets, judged at the train gate before it is made.

The staged content is judged, whatever the working tree holds by now: of a file that the last commit has too, the
records that are new or changed; of any other all of it. Requirements that speak of the whole of a dataset (``records``)
are not asked of a part of it; all others are, over what was scanned. Nothing is written but the fingerprint key on
first use, and, sealed with it, what need not be scanned again when the same commit is tried once more, and that the
policy was found valid.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from finetooth import config, judgement, keyfile, policyfile, scanner, waiverfile
from finetooth.detectors.identity import identity, of_code
from finetooth.engines.engine import Engine
from finetooth.engines.inline import InlineEngine
from finetooth.errors import InputError, PolicyError
from finetooth.evidence import Evidence, ScanEvidence
from finetooth.finding import Finding, place
from finetooth.observation import selects
from finetooth.policy import PolicySource, Requirement
from finetooth.redaction import FingerprintKey
from finetooth.shapes import reading
from finetooth.shardjob import Recipe
from finetooth.shardstore import ShardStore
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.gitindex import Version, staged
from finetooth.sources.refused import Refused
from finetooth.sources.source import Source
from finetooth.sources.unseen import Unseen
from finetooth.verdict import Verdict

_WHOLE_DATASET: Final = frozenset({"records"})
"""Metrics that say something of a dataset only where all of it was scanned."""

_WORKERS_FROM: Final = 8 << 20
"""Bytes to scan whole from which worker processes are worth it: each takes as long to start as this one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict over what a commit adds."""

    verdict: Verdict
    """GO, NO-GO or INCOMPLETE, and why."""
    scan: ScanEvidence
    """What was scanned of it, and what was found."""
    grounds: tuple[Finding, ...]
    """The findings that a failed requirement counts, in the order of the data."""
    partly: int
    """Of how many files only what is new or changed was scanned."""
    wholly: int
    """How many files were scanned whole."""


def judge(
    files: Sequence[str],
    policy: str | Path | None = None,
    *,
    full: bool = False,
    input_format: str | None = None,
    tokenizer: str | Path | None = None,
    resume: bool = True,
    waivers: waiverfile.Named = None,
    today: date | None = None,
    key: FingerprintKey | None = None,
) -> Judgement | None:
    """Judge what the staged changes of some files add; None where they add no record, and nothing can be judged.

    Args:
        files: as git or a person names them. One that no commit would hold is read from disk, and one whose staged
            content is what the last commit has is scanned whole: who names it means it.
        policy: name of a shipped policy, or a path; the configured one by default.
        full: whether all that is staged of the files is judged, also what the last commit holds of them.
        input_format: name of the record format, which is detected otherwise.
        tokenizer: folder of the tokenizer of pre-tokenised rows.
        resume: whether what an earlier run has scanned of the same changes, and of files read whole, may be used again.
        waivers: file of accepted findings, or the waivers themselves; the configured file by default. Those whose
            finding is not in the commit are left out of the verdict: a part of the data says nothing of them.
        today: the day by which they expire; UTC's by default.
        key: fingerprint key; the environment's or the configured one by default.

    Raises:
        UsageError: a path, policy or key that makes no sense, or a git that does not answer. Nothing was judged.
        IncompleteError: a part could not be run at all.
    """
    settings = config.find(Path.cwd())
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    policies = ShardStore(settings.store, key.mac, of_code())
    chosen = policyfile.load(settings.policy if policy is None else str(policy), policies)
    requirements = _requirements(chosen)
    partly, wholly, size = _sources(files, full=full)
    if not (partly or wholly):
        return None
    accepted = waiverfile.resolve(waivers, settings.waivers, key.id)
    named = None if tokenizer is None else str(tokenizer)
    store = ShardStore(settings.store, key.mac, identity(chosen.policy.detect), resume=resume)
    scan = scanner.scan(
        [*partly, *wholly],
        Recipe(chosen.policy.detect, key, input_format, named),
        engine=_engine(settings, size),
        store=store,
        told=lambda path: reading.told(path, input_format, named),
    )
    store.forget_old()
    if not (scan.coverage.records or scan.coverage.records_unread):
        return None
    verdict = judgement.judge(
        replace(chosen.policy, train=requirements),
        Evidence(key_id=key.id, scan=scan, probe=None),
        stage="train",
        waivers=accepted,
        today=today or datetime.now(UTC).date(),
    )
    verdict = replace(verdict, waivers=tuple(each for each in verdict.waivers if each.preview is not None))
    return Judgement(verdict, scan, _grounds(verdict, requirements, scan), len(partly), len(wholly))


def _requirements(chosen: PolicySource) -> tuple[Requirement, ...]:
    asked = tuple(each for each in chosen.policy.train if each.metric not in _WHOLE_DATASET)
    if not asked:
        raise PolicyError(
            f"the policy {chosen.policy.name!r} has no requirements for the train gate that can be asked of a part of "
            "a dataset; name another policy"
        )
    return asked


def _sources(files: Sequence[str], *, full: bool) -> tuple[list[Source], list[Source], int]:
    """Return what is scanned in part, what is scanned whole, and the bytes of the latter."""
    partly: list[Source] = []
    wholly: list[Source] = []
    size = 0
    known, unknown = staged(list(dict.fromkeys(files)))
    for file in known:
        if file.fault:
            partly.append(Refused(file.path, file.fault))
        elif file.now and file.before and not full:
            partly.extend(_added(file.path, file.now, file.before))
        elif file.now:
            wholly.append(DatasetFile(file.path, file.now.blob))
            size += file.now.blob.size
    for path in unknown:
        if not Path(path).is_file():
            what = "is a folder; name the files in it" if Path(path).is_dir() else "there is no such file"
            raise InputError(f"{path}: {what}, in git's index or on disk")
        wholly.append(DatasetFile(path))
        size += Path(path).stat().st_size
    return partly, wholly, size


def _added(path: str, now: Version, before: Version) -> list[Source]:
    """Return the source of what a change adds to a file; none where it only moves it, or takes away from it."""
    if now.blob == before.blob:
        return []
    names = f"{now.blob.oid} {before.blob.oid} {before.path}"
    added = Unseen(path, now.blob, before.blob, before.path, names)
    # Detectors take a second to load, which a commit that only takes away need not wait for.
    return [] if now.blob.size < before.blob.size and next(iter(added), None) is None else [added]


def _engine(settings: config.Configuration, size: int) -> Engine:
    if size < _WORKERS_FROM:
        return InlineEngine()
    from finetooth.engines.resolve import resolve  # noqa: PLC0415 - only where there is much to do

    return resolve("local", settings.settings.workers)


def _grounds(verdict: Verdict, requirements: Sequence[Requirement], scan: ScanEvidence) -> tuple[Finding, ...]:
    failed = {ruling.requirement for ruling in verdict.rulings if ruling.status == "FAIL"}
    filters = [each.where for each in requirements if each.id in failed]
    open_ = [finding for finding in scan.findings if finding.fingerprint not in verdict.waived]
    chosen = [finding for finding in open_ if any(selects(where, finding) for where in filters)]
    return tuple(sorted(chosen, key=lambda finding: place(finding.locations[0])))
