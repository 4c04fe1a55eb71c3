"""The only composer: each function here is one of finetooth's phases, or all of them in a row.

``scan`` reads the data, ``probe`` asks the model, ``judge`` rules on what they left, ``audit`` is the three together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import finetooth
from finetooth import config, evidencefile, judgement, keyfile, policyfile, runfolder, waiverfile
from finetooth.errors import InputError, KeyMismatchError, PolicyError, UsageError
from finetooth.evidence import Evidence
from finetooth.formats import json
from finetooth.formats.format import Format
from finetooth.formats.registry import FORMATS
from finetooth.policy import PolicySource, Stage
from finetooth.progress import Progress, silent
from finetooth.redaction import FingerprintKey
from finetooth.report import PolicyIdentity, Report, Timing, Tool
from finetooth.shapes import reading
from finetooth.shapes.reading import Reading
from finetooth.sources.source import Source
from finetooth.waiver import Waiver

if TYPE_CHECKING:
    from finetooth.engines.engine import Engine
    from finetooth.shardjob import Recipe
    from finetooth.shardstore import ShardStore

Data = str | Path | Sequence[str | Path] | Iterable[Mapping[str, Any]]
"""A file, folder, glob or ``-``, several of them, or rows in memory: ``datasets.Dataset`` or any iterable of dicts."""

TOOL = Tool(name="finetooth", version=finetooth.__version__)


def audit(
    data: Data,
    model: str | Path | None = None,
    base: str | Path | None = None,
    policy: str | Path | None = None,
    *,
    budget: int | None = None,
    input_format: str | None = None,
    tokenizer: str | Path | None = None,
    engine: str | None = None,
    workers: int | None = None,
    resume: bool = True,
    waivers: waiverfile.Named = None,
    today: date | None = None,
    key: FingerprintKey | None = None,
    progress: Progress = silent,
) -> Report:
    """Scan the data, probe the model for what was found, and judge: the main job.

    Args:
        data: what the model was, or will be, trained on.
        model: folder of the tuned model; without one, the data alone is judged, at the train gate.
        base: folder of the untuned model, which tells what the tuning is to blame for.
        policy: name of a shipped policy, or a path; the configured one by default.
        budget: how many findings are probed at most, riskiest first.
        input_format: name of the record format, which is detected otherwise; see ``finetooth formats``.
        tokenizer: folder of the tokenizer that made the ids of pre-tokenised rows, which are unread without it.
        engine: where the data is scanned: ``inline``, ``local`` or ``ray``; what fits by default.
        workers: how many processes scan it at most.
        resume: whether what an earlier scan has done of it may be used again.
        waivers: file of accepted findings, or the waivers themselves; the configured file by default.
        today: the day by which they expire; UTC's by default.
        key: fingerprint key; the environment's or the configured one by default.
        progress: is told how far the work is.

    Raises:
        UsageError: a path, policy, key or model that makes no sense. Nothing was judged.
        IncompleteError: a part could not be run at all.
    """
    stage: Stage = "release" if model else "train"
    scanning = _Scanning(input_format, tokenizer, engine, workers, resume)
    accepting = _Accepting(waivers, today)
    return _run(
        data, stage, policy, scanning, accepting, model=model, base=base, budget=budget, key=key, progress=progress
    )


def scan(
    data: Data,
    policy: str | Path | None = None,
    *,
    input_format: str | None = None,
    tokenizer: str | Path | None = None,
    engine: str | None = None,
    workers: int | None = None,
    resume: bool = True,
    waivers: waiverfile.Named = None,
    today: date | None = None,
    key: FingerprintKey | None = None,
    progress: Progress = silent,
) -> Report:
    """Scan the data and judge it at the train gate; arguments and errors as in ``audit``."""
    scanning = _Scanning(input_format, tokenizer, engine, workers, resume)
    return _run(data, "train", policy, scanning, _Accepting(waivers, today), key=key, progress=progress)


def scan_share(
    data: Data,
    share: str,
    out: Path,
    policy: str | Path | None = None,
    *,
    input_format: str | None = None,
    tokenizer: str | Path | None = None,
    engine: str | None = None,
    workers: int | None = None,
    resume: bool = True,
    key: FingerprintKey | None = None,
    progress: Progress = silent,
) -> Path:
    """Scan one machine's share of the data, and return the file that `merge` takes. Nothing is judged.

    Args:
        data: all of it, named alike on every machine.
        share: which machine of how many, such as ``3/16``.
        out: folder for the part, which the machines may share.
        policy: as in ``audit``.
        input_format: as in ``audit``.
        tokenizer: as in ``audit``.
        engine: as in ``audit``.
        workers: as in ``audit``.
        resume: as in ``audit``.
        key: fingerprint key, the same on every machine.
        progress: is told how far the work is.

    Raises:
        UsageError: as in ``audit``; also where the data is not in files.
        IncompleteError: a part could not be run at all.
    """
    from finetooth import partfile, shares  # noqa: PLC0415 - only where data is scanned

    settings = config.find(Path.cwd())
    chosen = _policy(policy, settings)
    mine = partfile.Share.parse(share)
    sources = _sources(data, twice=False)
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    scanning = _Scanning(input_format, tokenizer, engine, workers, resume)
    scanning.reading()  # an error comes before the work
    work = _work(chosen, key, scanning, settings)
    part = shares.scan_share(
        sources,
        work.recipe,
        mine,
        key_id=key.id,
        identity=work.identity,
        mac=key.mac,
        engine=work.engine,
        store=work.store,
        told=scanning.told,
        progress=progress,
    )
    return partfile.save(part, out, key.mac)


def merge(
    folders: Sequence[str | Path],
    policy: str | Path | None = None,
    *,
    waivers: waiverfile.Named = None,
    today: date | None = None,
    key: FingerprintKey | None = None,
) -> Report:
    """Put the parts of a shared scan together, and judge them at the train gate.

    Args:
        folders: what ``-o`` named on each machine.
        policy: name of a shipped policy, or a path.
        waivers: as in ``audit``.
        today: as in ``audit``.
        key: fingerprint key of the scan.

    Raises:
        UsageError: there is no part, or one was not written with this key.
        IncompleteError: a part is missing, or they are not parts of one scan.
    """
    from finetooth import partfile, shares  # noqa: PLC0415 - only where parts are merged

    started = perf_counter()
    settings = config.find(Path.cwd())
    chosen = _policy(policy, settings)
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    accepted = _Accepting(waivers, today).resolve(settings, key.id)
    parts = partfile.load(map(Path, folders), key.mac, key.id)
    evidence = Evidence(key_id=key.id, scan=shares.merged(parts), probe=None)
    return _report(evidence, chosen, "train", accepted, started)


def probe(
    data: Data,
    model: str | Path,
    base: str | Path | None = None,
    policy: str | Path | None = None,
    *,
    findings: str | Path | None = None,
    budget: int | None = None,
    input_format: str | None = None,
    tokenizer: str | Path | None = None,
    engine: str | None = None,
    workers: int | None = None,
    resume: bool = True,
    waivers: waiverfile.Named = None,
    today: date | None = None,
    key: FingerprintKey | None = None,
    progress: Progress = silent,
) -> Report:
    """Probe the model for what an earlier scan of the data found, and judge it at the release gate.

    Args:
        data: what the model was trained on.
        model: folder of the tuned model.
        base: folder of the untuned model.
        policy: name of a shipped policy, or a path.
        findings: folder that the earlier scan left; without one, the data is scanned first.
        budget: how many findings are probed at most, riskiest first.
        input_format: name of the record format, which is detected otherwise; see ``finetooth formats``.
        tokenizer: folder of the tokenizer that made the ids of pre-tokenised rows, which are unread without it.
        engine: where the data is scanned, as in ``audit``.
        workers: how many processes scan it at most.
        resume: whether what an earlier scan has done of it may be used again.
        waivers: as in ``audit``.
        today: as in ``audit``.
        key: fingerprint key; it must be the one of the earlier scan.
        progress: is told how far the work is.

    Raises:
        UsageError: as in ``audit``; also where the data is not what was scanned.
    """
    return _run(
        data,
        "release",
        policy,
        _Scanning(input_format, tokenizer, engine, workers, resume),
        _Accepting(waivers, today),
        model=model,
        base=base,
        findings=findings,
        budget=budget,
        key=key,
        progress=progress,
    )


def judge(
    folders: Sequence[str | Path],
    policy: str | Path | None = None,
    stage: Stage | None = None,
    *,
    waivers: waiverfile.Named = None,
    today: date | None = None,
) -> Report:
    """Judge the evidence that earlier runs left on disk, at once.

    Args:
        folders: what ``-o`` named: a scan, a probe, or both.
        policy: name of a shipped policy, or a path.
        stage: which gate is asked for; by default release where there is probe evidence, else train.
        waivers: as in ``audit``.
        today: as in ``audit``.

    Raises:
        UsageError: there is no evidence, or it does not fit together.
    """
    started = perf_counter()
    settings = config.find(Path.cwd())
    chosen = _policy(policy, settings)
    evidence = evidencefile.merge((Path(folder), evidencefile.load(Path(folder))) for folder in folders)
    accepted = _Accepting(waivers, today).resolve(settings, evidence.key_id)
    return _report(evidence, chosen, stage or ("release" if evidence.probe else "train"), accepted, started)


def load(folder: str | Path) -> Report:
    """Read back the whole report that a run left in a folder.

    Raises:
        UsageError: there is none, or it is not finetooth's.
    """
    path = Path(folder) / FORMATS["json"].file
    try:
        told = json.load(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(
            f"{path}: no report here ({error.strerror}); name the folder that -o of a run named"
        ) from error
    evidence = evidencefile.load(Path(folder))
    return replace(told, scan=evidence.scan, probe=evidence.probe)  # report.json may list only the riskiest findings


def save(report: Report, folder: Path, formats: Sequence[str] = ()) -> None:
    """Write what a run leaves behind: evidence, findings and report.json always, other formats as named.

    Raises:
        UsageError: the folder cannot be written.
    """
    evidence = Evidence(key_id=report.key_id, scan=report.scan, probe=report.probe)
    artefacts: dict[str, Iterable[bytes]] = {
        "evidence.json": evidencefile.dump(evidence, TOOL),
        "findings.jsonl": evidencefile.dump_findings(report.scan.findings if report.scan else ()),
    }
    for name in dict.fromkeys(["json", *formats]):
        artefacts[FORMATS[name].file] = _rendered(FORMATS[name], report)
    runfolder.create(folder)
    runfolder.write(folder, artefacts)


def write(report: Report, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write a report in these formats into a folder, leave all else there, and return the files.

    Raises:
        UsageError: the folder cannot be written.
    """
    runfolder.create(folder)
    paths = []
    for name in dict.fromkeys(formats):
        path = folder / FORMATS[name].file
        try:
            runfolder.replace(path, b"".join(_rendered(FORMATS[name], report)))
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror}); name another with -o") from error
        paths.append(path)
    return paths


@dataclass(frozen=True, slots=True)
class _Scanning:
    """How data is read and where it is scanned, as the caller says it."""

    input_format: str | None
    tokenizer: str | Path | None
    engine: str | None
    workers: int | None
    resume: bool

    @property
    def tokenizer_folder(self) -> str | None:
        """The tokenizer as others take it."""
        return None if self.tokenizer is None else str(self.tokenizer)

    def reading(self) -> Reading:
        """Return how records are read."""
        return reading.reading(self.input_format, self.tokenizer_folder)

    def told(self, path: str) -> str:
        """Return what decides how the records of a file are read."""
        return reading.told(path, self.input_format, self.tokenizer_folder)


@dataclass(frozen=True, slots=True)
class _Accepting:
    """Which findings are accepted, as the caller says it."""

    waivers: waiverfile.Named
    today: date | None

    def resolve(self, settings: config.Configuration, key_id: str) -> _Accepted:
        """Return the waivers and the day by which they expire: UTC's, so that every machine has the same."""
        waivers = waiverfile.resolve(self.waivers, settings.waivers, key_id)
        return _Accepted(waivers, self.today or datetime.now(UTC).date())


class _Accepted(NamedTuple):
    """Waivers, and the day by which they expire."""

    waivers: tuple[Waiver, ...]
    today: date


def _rendered(form: Format, report: Report) -> Iterator[bytes]:
    """Yield a report's text when it is asked for: several at once would take the memory of a large scan."""
    yield form.render(report).encode("utf-8", "backslashreplace")


def _run(
    data: Data,
    stage: Stage,
    policy: str | Path | None,
    scanning: _Scanning,
    accepting: _Accepting,
    *,
    model: str | Path | None = None,
    base: str | Path | None = None,
    findings: str | Path | None = None,
    budget: int | None = None,
    key: FingerprintKey | None,
    progress: Progress,
) -> Report:
    started = perf_counter()
    settings = config.find(Path.cwd())
    chosen = _policy(policy, settings)
    if not chosen.policy.requirements(stage):
        # Said before hours of work, not after.
        raise PolicyError(f"the policy {chosen.policy.name!r} has no requirements for the {stage} gate")
    sources = _sources(data, twice=model is not None)
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    accepted = accepting.resolve(settings, key.id)
    models = _models(model, base)
    how = scanning.reading()
    evidence = _scanned(sources, chosen, key, scanning, settings, findings, progress)
    if models and evidence.scan:
        from finetooth import prober  # noqa: PLC0415 - the probe's statistics load only where a model is probed

        tuned, reference = models
        limit = budget if budget is not None else settings.settings.budget
        probed = prober.probe(
            sources,
            evidence.scan,
            key,
            tuned,
            reference,
            budget=prober.BUDGET if limit is None else limit,
            reading=how,
            progress=progress,
        )
        evidence = replace(evidence, probe=probed)
    return _report(evidence, chosen, stage, accepted, started)


def _scanned(
    sources: Sequence[Source],
    chosen: PolicySource,
    key: FingerprintKey,
    scanning: _Scanning,
    settings: config.Configuration,
    findings: str | Path | None,
    progress: Progress,
) -> Evidence:
    if findings is not None:
        evidence = evidencefile.load(Path(findings))
        if evidence.key_id != key.id:
            raise KeyMismatchError(
                f"{findings}: was written with key {evidence.key_id}, this is key {key.id}; "
                f"set {keyfile.VARIABLE} to the key of that scan"
            )
        if evidence.scan is None or len(evidence.scan.inputs) != len(sources):
            raise InputError(f"{findings}: is no scan of this data; scan it again")
        return replace(evidence, probe=None)
    from finetooth import scanner  # noqa: PLC0415 - what it stands on loads only where data is scanned

    work = _work(chosen, key, scanning, settings)
    progress("Loading the detectors", 0, None)
    scan = scanner.scan(sources, work.recipe, progress, engine=work.engine, store=work.store, told=scanning.told)
    work.store.forget_old()
    return Evidence(key_id=key.id, scan=scan, probe=None)


class _Work(NamedTuple):
    """What a scan needs beside the data."""

    recipe: Recipe
    engine: Engine
    store: ShardStore
    identity: str


def _work(chosen: PolicySource, key: FingerprintKey, scanning: _Scanning, settings: config.Configuration) -> _Work:
    from finetooth.detectors.identity import identity  # noqa: PLC0415 - only where data is scanned
    from finetooth.engines.resolve import resolve as engine  # noqa: PLC0415
    from finetooth.shardjob import Recipe  # noqa: PLC0415
    from finetooth.shardstore import ShardStore  # noqa: PLC0415

    detect = chosen.policy.detect
    identified = identity(detect)
    return _Work(
        Recipe(detect, key, scanning.input_format, scanning.tokenizer_folder),
        engine(scanning.engine or settings.settings.engine, scanning.workers or settings.settings.workers),
        ShardStore(settings.store, key.mac, identified, resume=scanning.resume),
        identified,
    )


def _sources(data: Data, *, twice: bool) -> list[Source]:
    """Return what was named as sources; a probe reads them ``twice``."""
    from finetooth.sources import resolve, rows  # noqa: PLC0415 - only where data is read

    paths: list[str] = []
    if isinstance(data, str | Path):
        paths = [str(data)]
    elif isinstance(data, Sequence) and all(isinstance(each, str | Path) for each in data):
        paths = [str(each) for each in data]
    if paths:
        if twice and "-" in paths:
            raise InputError("-: a probe reads the data twice, which standard input cannot; save it to a file")
        return resolve.resolve(paths)
    return rows.from_memory(list(data) if twice and isinstance(data, Iterator) else data)


def _models(model: str | Path | None, base: str | Path | None) -> tuple[Any, Any] | None:
    if model is None:
        if base is not None:
            raise InputError("a base model without a tuned one proves nothing; name the tuned model with --model")
        return None
    from finetooth.targets.resolve import resolve  # noqa: PLC0415 - only where a model is probed

    return resolve(str(model), None if base is None else str(base))


def _policy(named: str | Path | None, settings: config.Configuration) -> PolicySource:
    return policyfile.load(settings.policy if named is None else str(named))


def _report(evidence: Evidence, chosen: PolicySource, stage: Stage, accepted: _Accepted, started: float) -> Report:
    verdict = judgement.judge(chosen.policy, evidence, stage=stage, waivers=accepted.waivers, today=accepted.today)
    return Report(
        tool=TOOL,
        verdict=verdict,
        policy=PolicyIdentity(name=chosen.policy.name, sha256=chosen.sha256),
        key_id=evidence.key_id,
        scan=evidence.scan,
        probe=evidence.probe,
        timing=Timing(seconds=round(perf_counter() - started, 3)),
    )
