"""How a run is put together: from what the caller said to evidence, and from evidence to a report.

`api` has a function for each of finetooth's phases; this is what they share.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import finetooth
from finetooth import config, evidencefile, judgement, keyfile, policyfile, signing, waiverfile
from finetooth.errors import InputError, KeyMismatchError, PolicyError
from finetooth.evidence import Evidence
from finetooth.policy import PolicySource, Stage
from finetooth.progress import Progress
from finetooth.redaction import FingerprintKey
from finetooth.report import PolicyIdentity, Report, Timing, Tool
from finetooth.shapes import reading
from finetooth.shapes.reading import Reading
from finetooth.sources.source import Source
from finetooth.waiver import Waiver

if TYPE_CHECKING:
    from finetooth import prober
    from finetooth.attacks.attack import Attack
    from finetooth.engines.engine import Engine
    from finetooth.shardjob import Recipe
    from finetooth.shardstore import ShardStore
    from finetooth.targets.target import Precision, Target

    Model = str | Path | Target | Callable[..., str]
    """A folder, a GGUF file, an endpoint, a function that returns one sample, or a target of one's own."""

Data = str | Path | Sequence[str | Path] | Iterable[Mapping[str, Any]]
"""A file, folder, glob or ``-``, several of them, or rows in memory: ``datasets.Dataset`` or any iterable of dicts."""

_BUDGET = 1000
"""How many findings are probed at most, riskiest first, unless somebody says otherwise."""

TOOL = Tool(name="finetooth", version=finetooth.__version__)


@dataclass(frozen=True, slots=True)
class Scanning:
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
class Accepting:
    """Which findings are accepted, as the caller says it."""

    waivers: waiverfile.Named = None
    today: date | None = None

    def resolve(self, settings: config.Configuration, key_id: str) -> Accepted:
        """Return the waivers and the day by which they expire: UTC's, so that every machine has the same."""
        waivers = waiverfile.resolve(self.waivers, settings.waivers, key_id)
        return Accepted(waivers, self.today or datetime.now(UTC).date())


class Accepted(NamedTuple):
    """Waivers, and the day by which they expire."""

    waivers: tuple[Waiver, ...]
    today: date


@dataclass(frozen=True, slots=True)
class Probing:
    """What is probed and how, as the caller says it."""

    model: Model | None = None
    base: Model | None = None
    holdout: Data | None = None
    attacks: Sequence[str] | None = None
    budget: int | None = None
    findings: str | Path | None = None
    prompts: str | Path | None = None
    dtype: Precision | None = None


NOTHING = Probing()
"""No model is probed."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that a verdict, or a probe before it, starts from."""

    policy: PolicySource
    key: FingerprintKey
    sources: Sequence[Source]
    evidence: Evidence
    models: tuple[Target, Target | None] | None
    holdout: prober.Scanned | None
    budget: int
    attacks: Sequence[Attack]
    accepted: Accepted


def run(
    data: Data,
    stage: Stage,
    policy: str | Path | None,
    scanning: Scanning,
    probing: Probing,
    accepting: Accepting,
    *,
    key: FingerprintKey | None,
    progress: Progress,
) -> Report:
    """Scan, probe where a model is named, and judge; errors as in `make_ready`."""
    started = perf_counter()
    ready = make_ready(data, stage, policy, scanning, probing, accepting, key, progress)
    evidence = ready.evidence
    if ready.models and evidence.scan:
        from finetooth import gathering, planning, prober  # noqa: PLC0415 - the probe's statistics load only where one is run

        probed = prober.probe(
            prober.Scanned(ready.sources, evidence.scan, scanning.reading()),
            ready.key,
            *ready.models,
            holdout=ready.holdout,
            attacks=ready.attacks,
            budget=ready.budget,
            sample=planning.sample_needed(ready.policy.policy, gathering.SAMPLE),
            progress=progress,
        )
        evidence = replace(evidence, probe=probed)
    return reported(evidence, ready.policy, stage, ready.accepted, started)


def make_ready(
    data: Data,
    stage: Stage,
    policy: str | Path | None,
    scanning: Scanning,
    probing: Probing,
    accepting: Accepting,
    key: FingerprintKey | None,
    progress: Progress,
) -> Ready:
    """Check what was named, load the models and scan the data, in this order: errors come before hours of work."""
    settings = config.find(Path.cwd())
    chosen = policy_of(policy, settings)
    if not chosen.policy.requirements(stage):
        raise PolicyError(f"the policy {chosen.policy.name!r} has no requirements for the {stage} gate")
    twice = probing.model is not None
    sources = sources_of(data, twice=twice)
    held_out = None if probing.holdout is None else sources_of(probing.holdout, twice=True)
    key = key or keyfile.resolve(os.environ, settings.key_file, settings.home)
    accepted = accepting.resolve(settings, key.id)
    signing.signer(os.environ, settings.signing_key)  # it is used hours later, by whoever saves the report
    attacks: Sequence[Attack] = ()
    if probing.model is not None or probing.attacks:
        from finetooth.attacks import registry  # noqa: PLC0415 - only where a model is probed

        own = settings.prompts if probing.prompts is None else Path(probing.prompts)
        attacks = registry.chosen(probing.attacks, own, settings.settings.wrapped)
    models = _models(probing, key, scanning, settings)
    reading_ = scanning.reading()
    evidence = _scanned(sources, chosen, key, scanning, settings, probing.findings, progress)
    holdout = None
    if held_out is not None:
        from finetooth.prober import Scanned  # noqa: PLC0415 - only where a model is probed

        apart = _scanned(held_out, chosen, key, scanning, settings, None, progress).scan
        if apart is None or apart.coverage.records == 0:
            raise InputError("the holdout has no records, so it is no control; name data that was held out of training")
        holdout = Scanned(held_out, apart, reading_)
    limit = probing.budget if probing.budget is not None else settings.settings.budget
    budget = _BUDGET if limit is None else limit
    return Ready(chosen, key, sources, evidence, models, holdout, budget, attacks, accepted)


def _scanned(
    sources: Sequence[Source],
    chosen: PolicySource,
    key: FingerprintKey,
    scanning: Scanning,
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

    means = work(chosen, key, scanning, settings)
    progress("Loading the detectors", 0, None)
    scan = scanner.scan(sources, means.recipe, progress, engine=means.engine, store=means.store, told=scanning.told)
    means.store.forget_old()
    return Evidence(key_id=key.id, scan=scan, probe=None)


class Work(NamedTuple):
    """What a scan needs beside the data."""

    recipe: Recipe
    engine: Engine
    store: ShardStore
    identity: str


def work(chosen: PolicySource, key: FingerprintKey, scanning: Scanning, settings: config.Configuration) -> Work:
    """Return what a scan needs beside the data, by policy, key and configuration."""
    from finetooth.detectors.identity import identity  # noqa: PLC0415 - only where data is scanned
    from finetooth.engines.resolve import resolve as engine  # noqa: PLC0415
    from finetooth.shardjob import Recipe  # noqa: PLC0415
    from finetooth.shardstore import ShardStore  # noqa: PLC0415

    detect = chosen.policy.detect
    identified = identity(detect)
    return Work(
        Recipe(detect, key, scanning.input_format, scanning.tokenizer_folder),
        engine(scanning.engine or settings.settings.engine, scanning.workers or settings.settings.workers),
        ShardStore(settings.store, key.mac, identified, resume=scanning.resume),
        identified,
    )


def sources_of(data: Data, *, twice: bool) -> list[Source]:
    """Return what was named as sources; a probe reads them ``twice``."""
    from finetooth.sources import resolve, rows  # noqa: PLC0415 - only where data is read

    if paths := paths_of(data):
        if twice and "-" in paths:
            raise InputError("-: a probe reads the data twice, which standard input cannot; save it to a file")
        return resolve.resolve(paths)
    return rows.from_memory(list(data) if twice and isinstance(data, Iterator) else data)


def paths_of(data: Data) -> list[str]:
    """Return the paths that name data; none where it is rows in memory."""
    if isinstance(data, str | Path):
        return [str(data)]
    if isinstance(data, Sequence) and all(isinstance(each, str | Path) for each in data):
        return [str(each) for each in data]
    return []


def _models(
    probing: Probing, key: FingerprintKey, scanning: Scanning, settings: config.Configuration
) -> tuple[Target, Target | None] | None:
    if probing.model is None:
        if probing.base is not None:
            raise InputError("a base model without a tuned one proves nothing; name the tuned model with --model")
        if probing.holdout is not None:
            raise InputError("held-out data without a model are controls of nothing; name the tuned model with --model")
        return None
    from finetooth.targets.receipts import ReceiptFolder  # noqa: PLC0415 - only where a model is probed
    from finetooth.targets.resolve import resolve  # noqa: PLC0415

    base = str(probing.base) if isinstance(probing.base, Path) else probing.base
    return resolve(
        str(probing.model) if isinstance(probing.model, Path) else probing.model,
        base,
        dtype=probing.dtype or settings.settings.dtype,
        endpoint=settings.endpoint,
        receipts=ReceiptFolder(folder=settings.receipts, mac=key.mac, resume=scanning.resume),
    )


def policy_of(named: str | Path | None, settings: config.Configuration) -> PolicySource:
    """Return the policy of this name or path, or the configured one where none is named."""
    return policyfile.load(settings.policy if named is None else str(named))


def reported(evidence: Evidence, chosen: PolicySource, stage: Stage, accepted: Accepted, started: float) -> Report:
    """Judge the evidence and put the report together; ``started`` is by `perf_counter`."""
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
