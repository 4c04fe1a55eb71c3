"""The only composer: each function here is one of finetooth's phases, or all of them in a row.

``scan`` reads the data, ``probe`` asks the model, ``judge`` rules on what they left, ``audit`` is the three together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from finetooth import config, evidencefile, keyfile, passportfile, passporting, runfolder, waiverfile
from finetooth.errors import InputError, UsageError
from finetooth.evidence import Evidence
from finetooth.formats import json
from finetooth.formats.format import Format
from finetooth.formats.registry import FORMATS
from finetooth.policy import Stage
from finetooth.progress import Progress, silent
from finetooth.redaction import FingerprintKey
from finetooth.report import Report
from finetooth.running import (
    NOTHING,
    TOOL,
    Accepting,
    Data,
    Probing,
    Scanning,
    make_ready,
    policy_of,
    reported,
    run,
    sources_of,
    work,
)

if TYPE_CHECKING:
    from finetooth.passport import Statement
    from finetooth.planning import Plan
    from finetooth.running import Model
    from finetooth.targets.target import Precision


def audit(
    data: Data,
    model: Model | None = None,
    base: Model | None = None,
    policy: str | Path | None = None,
    *,
    holdout: Data | None = None,
    attacks: Sequence[str] | None = None,
    prompts: str | Path | None = None,
    dtype: Precision | None = None,
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
        model: the tuned model: a folder, a GGUF file, an endpoint (``http(s)://host/v1#name``), or a function that is
            given a conversation and returns one sample; without one, the data alone is judged, at the train gate.
        base: the untuned model, likewise, which tells what the tuning is to blame for.
        policy: name of a shipped policy, or a path; the configured one by default.
        holdout: data of the same kind that neither model was trained on: controls for the probe.
        attacks: names of the attacks to try; all by default.
        prompts: folder of questions and wrappers of your own that are tried as well.
        dtype: what the weights of local models are kept in: ``float32`` (default), ``bfloat16`` or ``float16``.
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
    scanning = Scanning(input_format, tokenizer, engine, workers, resume)
    probing = Probing(model, base, holdout, attacks, budget, prompts=prompts, dtype=dtype)
    accepting = Accepting(waivers, today)
    return run(data, stage, policy, scanning, probing, accepting, key=key, progress=progress)


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
    scanning = Scanning(input_format, tokenizer, engine, workers, resume)
    return run(data, "train", policy, scanning, NOTHING, Accepting(waivers, today), key=key, progress=progress)


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
    chosen = policy_of(policy, settings)
    mine = partfile.Share.parse(share)
    sources = sources_of(data, twice=False)
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    scanning = Scanning(input_format, tokenizer, engine, workers, resume)
    scanning.reading()  # an error comes before the work
    means = work(chosen, key, scanning, settings)
    part = shares.scan_share(
        sources,
        means.recipe,
        mine,
        key_id=key.id,
        identity=means.identity,
        mac=key.mac,
        engine=means.engine,
        store=means.store,
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
    chosen = policy_of(policy, settings)
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    accepted = Accepting(waivers, today).resolve(settings, key.id)
    parts = partfile.load(map(Path, folders), key.mac, key.id)
    evidence = Evidence(key_id=key.id, scan=shares.merged(parts, key.mac), probe=None)
    return reported(evidence, chosen, "train", accepted, started)


def probe(
    data: Data,
    model: Model,
    base: Model | None = None,
    policy: str | Path | None = None,
    *,
    findings: str | Path | None = None,
    holdout: Data | None = None,
    attacks: Sequence[str] | None = None,
    prompts: str | Path | None = None,
    dtype: Precision | None = None,
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
        model: the tuned model, as in ``audit``.
        base: the untuned model, as in ``audit``.
        policy: name of a shipped policy, or a path.
        findings: folder that the earlier scan left; without one, the data is scanned first.
        holdout: as in ``audit``.
        attacks: as in ``audit``.
        prompts: as in ``audit``.
        dtype: as in ``audit``.
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
    return run(
        data,
        "release",
        policy,
        Scanning(input_format, tokenizer, engine, workers, resume),
        Probing(model, base, holdout, attacks, budget, findings, prompts, dtype),
        Accepting(waivers, today),
        key=key,
        progress=progress,
    )


def plan(
    data: Data,
    model: Model,
    base: Model | None = None,
    policy: str | Path | None = None,
    *,
    findings: str | Path | None = None,
    holdout: Data | None = None,
    attacks: Sequence[str] | None = None,
    prompts: str | Path | None = None,
    dtype: Precision | None = None,
    budget: int | None = None,
    input_format: str | None = None,
    tokenizer: str | Path | None = None,
    engine: str | None = None,
    workers: int | None = None,
    resume: bool = True,
    key: FingerprintKey | None = None,
    progress: Progress = silent,
) -> Plan:
    """Tell what `probe` would take and what it could prove, without probing; arguments and errors as there."""
    from finetooth import gathering, planning, prober  # noqa: PLC0415 - only where a model is probed

    scanning = Scanning(input_format, tokenizer, engine, workers, resume)
    probing = Probing(model, base, holdout, attacks, budget, findings, prompts, dtype)
    ready = make_ready(data, "release", policy, scanning, probing, Accepting(), key, progress)
    scan = ready.evidence.scan
    if scan is None or ready.models is None:
        raise InputError("there is nothing to plan: name the data and the model")
    material = prober.prepare(
        prober.Scanned(ready.sources, scan, scanning.reading()),
        ready.key,
        holdout=ready.holdout,
        budget=ready.budget,
        sample=planning.sample_needed(ready.policy.policy, gathering.SAMPLE),
    )
    return planning.plan(material, ready.attacks, ready.policy.policy, *ready.models)


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
    chosen = policy_of(policy, settings)
    evidence = evidencefile.merge((Path(folder), evidencefile.load(Path(folder))) for folder in folders)
    accepted = Accepting(waivers, today).resolve(settings, evidence.key_id)
    return reported(evidence, chosen, stage or ("release" if evidence.probe else "train"), accepted, started)


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
    whole = replace(told, scan=evidence.scan, probe=evidence.probe)  # report.json may list only the riskiest findings
    if told.key_id != evidence.key_id or whole.shortened() != told:
        raise UsageError(f"{folder}: report.json and evidence.json are not of one run; judge the evidence again")
    return whole


def save(report: Report, folder: Path, formats: Sequence[str] = (), before: Statement | None = None) -> str:
    """Write what a run leaves behind: evidence, findings and report.json always, other formats as named.

    After a GO there is a passport too.

    Args:
        report: what was judged.
        folder: where to.
        formats: names of what is written besides.
        before: the passport of the data that the judged model was trained on, which that of the model goes on with.

    Returns:
        What there is to say of the passport, in a sentence; empty where there is none because the verdict is no GO.

    Raises:
        UsageError: the folder cannot be written, or the signing key cannot be used.
    """
    passport, said = passporting.issued(report, config.find(Path.cwd()), before=before)
    evidence = Evidence(key_id=report.key_id, scan=report.scan, probe=report.probe)
    artefacts: dict[str, Iterable[bytes]] = {
        "evidence.json": evidencefile.dump(evidence, TOOL),
        "findings.jsonl": evidencefile.dump_findings(report.scan.findings if report.scan else ()),
    }
    for name in dict.fromkeys(["json", *formats]):
        artefacts[FORMATS[name].file] = _rendered(FORMATS[name], report)
    if passport is not None:
        artefacts[passportfile.NAME] = [passport]
        said = f"Passport: {folder / passportfile.NAME}, {said}"
    runfolder.create(folder)
    runfolder.write(folder, artefacts)
    return said


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


def _rendered(form: Format, report: Report) -> Iterator[bytes]:
    """Yield a report's text when it is asked for: several at once would take the memory of a large scan."""
    yield form.render(report).encode("utf-8", "backslashreplace")
