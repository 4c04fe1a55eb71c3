"""The scanner: dataset files in, scan evidence out.

Files are split into shards, shards become jobs, and an engine runs the jobs somewhere. What they gave is put together
in the order of the data, so that neither the engine, nor the number of its workers, nor any interruption shows in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from finetooth.engines.engine import Engine, MakePlan
from finetooth.engines.inline import InlineEngine
from finetooth.errors import IncompleteError
from finetooth.evidence import DetectorRun, Input, ScanCoverage, ScanEvidence, Unread, totals
from finetooth.finding import Gathering
from finetooth.multisethash import Mac, MultisetHash
from finetooth.progress import Progress, silent
from finetooth.redaction import FingerprintKey
from finetooth.shard import Plan, Stretch
from finetooth.shardcode import decode, lasts
from finetooth.shardjob import Job, PathsJob, ScanJob
from finetooth.shardresult import Extent, ShardResult
from finetooth.shardstore import ShardStore
from finetooth.sources.datasetfile import CHANGED
from finetooth.sources.source import Source, Stored
from finetooth.sources.splitting import Shard, digested, split

_PATHS = -1
"""The number of the job that masks the paths; shards count from 0."""


class KeyedPlan(Protocol):
    """Makes a plan where it is needed, and knows its key beforehand."""

    @property
    def key(self) -> FingerprintKey:
        """What the plan fingerprints with."""

    def __call__(self) -> Plan:
        """Make it."""


def scan(
    sources: Sequence[Source],
    plan: Plan | KeyedPlan,
    progress: Progress = silent,
    *,
    engine: Engine | None = None,
    store: ShardStore | None = None,
    told: Callable[[str], str] = lambda _: "",
) -> ScanEvidence:
    """Scan every source.

    Args:
        sources: dataset files, in the order in which evidence lists them.
        plan: what to look for, or what makes it where it is needed.
        progress: is told how many records were looked at.
        engine: where the work is done; in this process by default.
        store: keeps what was done, and knows what was done before.
        told: what decides how a file's records are read, beside themselves; see `finetooth.shapes.reading`.

    Raises:
        UsageError: the plan makes no sense.
        IncompleteError: the work cannot be done here at all.
    """
    run = Run(sources, store, told)
    run.do(run.jobs(), plan, engine or InlineEngine(), progress)
    return put_together(run.scanned(), plan.key.mac)


@dataclass(slots=True)
class Scanned:
    """What a scan gave of one source."""

    path: str
    """As evidence shows it."""
    stored: Stored | None
    """Digest and size of the file, where they were found beforehand."""
    results: Iterable[bytes]
    """What each of its shards gave, encoded, in the order of the file."""


class Run:
    """The jobs of a scan, and what they gave: in the store where it can be kept, else here."""

    def __init__(self, sources: Sequence[Source], store: ShardStore | None, told: Callable[[str], str]) -> None:
        self._sources = sources
        self._store = store
        self._told = cache(told)  # it reads files, and a file has many shards
        self._names: dict[int, str] = {}
        self._payloads: dict[int, bytes] = {}
        self._parts: list[tuple[Stored | None, range]] = []

    def jobs(self) -> Iterator[tuple[int, Job]]:
        """Yield what is left to do, and note on the way what was done before."""
        yield from self.paths()
        first = 0
        for source in self._sources:
            stored, shards = digested(source, split(source))
            self._parts.append((stored, range(first, first + len(shards))))
            for number, shard in enumerate(shards, first):
                yield from self.unless_done(number, shard)
            first += len(shards)

    def paths(self) -> Iterator[tuple[int, Job]]:
        """Yield the job that masks the paths, unless it was done before."""
        paths = tuple(source.path for source in self._sources)
        yield from self._unless_done(_PATHS, PathsJob(paths), ("paths", *paths))

    def unless_done(self, number: int, shard: Shard) -> Iterator[tuple[int, Job]]:
        """Yield the job that scans a shard, unless it was done before."""
        told = self._told(shard.source.path) if self._store else ""
        facts = ("scan", told, shard.form, shard.content) if shard.content is not None else ()
        yield from self._unless_done(number, ScanJob(shard), facts)

    def _unless_done(self, number: int, job: Job, facts: tuple[str, ...]) -> Iterator[tuple[int, Job]]:
        if self._store and facts:
            name = self._names[number] = self._store.name(*facts)
            if self._store.holds(name):
                return
        yield number, job

    def do(self, jobs: Iterable[tuple[int, Job]], plan: Plan | MakePlan, engine: Engine, progress: Progress) -> None:
        """Have jobs run, and note what they give.

        Raises:
            UsageError: the plan makes no sense.
            IncompleteError: the work cannot be done here at all.
        """
        make = (lambda: plan) if isinstance(plan, Plan) else plan
        looked_at = 0

        def watch(at: Stretch | None) -> None:
            nonlocal looked_at
            if at is not None:
                looked_at += at.last - at.first + 1
                progress("Scanning", looked_at, None)

        with closing(engine.run(jobs, make, watch)) as results:
            for number, payload in results:
                self._take(number, payload)

    def _take(self, number: int, payload: bytes) -> None:
        name = self._names.get(number)
        lasting = number == _PATHS or lasts(payload)
        if not (self._store and name and lasting and self._store.put(name, payload)):
            self._payloads[number] = payload

    def result(self, number: int) -> bytes:
        """Return what a job gave, now or in an earlier run."""
        if number in self._payloads or self._store is None:
            return self._payloads[number]
        return self._store.get(self._names[number])

    def shown(self) -> list[str]:
        """Return the paths as evidence shows them."""
        return _told_apart(json.loads(self.result(_PATHS)))

    def scanned(self) -> list[Scanned]:
        """Return what the scan gave of each source."""
        return [
            Scanned(path, stored, map(self.result, numbers))
            for path, (stored, numbers) in zip(self.shown(), self._parts, strict=True)
        ]


def put_together(sources: Iterable[Scanned], mac: Mac) -> ScanEvidence:
    """Return the evidence that the results of all shards of all sources make.

    Args:
        sources: what was scanned, in the order of the data.
        mac: keyed digest of a message, by the key of the scan.

    Raises:
        IncompleteError: results come from different versions of a detector.
    """
    tally = _Tally()
    inputs = [_input(source, tally, mac) for source in sources]
    records = sum(each.records for each in inputs)
    findings = tally.found.findings(records + len(tally.unread))
    return ScanEvidence(
        inputs=tuple(inputs),
        coverage=ScanCoverage(
            records=records,
            records_unread=len(tally.unread),
            passages=tally.passages,
            characters=tally.characters,
            unread=tuple(tally.unread),
        ),
        detectors=tuple(DetectorRun(name=n, version=v, passages=tally.passages) for n, v in tally.detectors),
        totals=totals(findings),
        findings=findings,
        records_sha256=_digest(tally.said, inputs),
        allowed=dict(sorted(tally.allowed.items())),
    )


@dataclass(slots=True)
class _Tally:
    """What has been put together so far."""

    found: Gathering = field(default_factory=Gathering)
    unread: list[Unread] = field(default_factory=list)
    passages: int = 0
    characters: int = 0
    allowed: Counter[str] = field(default_factory=Counter)
    said: MultisetHash = field(default_factory=MultisetHash)
    detectors: tuple[tuple[str, str], ...] = ()

    def add(self, result: ShardResult) -> None:
        """Add what a shard gave, beside its sightings."""
        self.unread += result.unread
        self.passages += result.passages
        self.characters += result.characters
        self.allowed.update(result.allowed)
        if self.detectors and result.detectors and self.detectors != result.detectors:
            raise IncompleteError("the data was scanned by different versions of a detector; install the same on all")
        self.detectors = self.detectors or result.detectors


def _input(source: Scanned, tally: _Tally, mac: Mac) -> Input:
    """Add up what the shards of one source gave."""
    before = Extent()
    formats: Counter[str] = Counter()
    records = 0
    said: MultisetHash | None = MultisetHash()
    stored, whole = source.stored, True
    already_unread = len(tally.unread)
    for payload in source.results:
        result = decode(payload, source.path, before, tally.found)
        before = Extent(before.records + result.extent.records, before.lines + result.extent.lines)
        formats.update(result.formats)
        records += result.records
        stored = stored or Stored(result.sha256, result.bytes)
        whole &= result.whole
        said = _with(said, result, mac)
        tally.add(result)
    told = any(unread.record is None for unread in tally.unread[already_unread:])
    if source.stored and source.stored.sha256 is None and not told:
        # The digest could not be taken of what was scanned, and nothing else says so.
        tally.unread.append(Unread(path=source.path, reason=CHANGED))
    if said:
        tally.said += said
    return Input(
        path=source.path,
        sha256=stored.sha256 if stored and whole else None,
        bytes=stored.bytes if stored else 0,
        format=_format(formats),
        records=records,
        records_sha256=said.hexdigest if said else None,
    )


def _with(said: MultisetHash | None, result: ShardResult, mac: Mac) -> MultisetHash | None:
    """Add a shard's records to those before it; None where some of either were not read as they stand."""
    if said is None or not result.said:
        return None
    try:
        said += MultisetHash.opened(result.said, mac)
    except ValueError:
        raise IncompleteError("a shard was scanned with another key; scan the data again") from None
    return said


def _digest(said: MultisetHash, inputs: Sequence[Input]) -> str | None:
    return said.hexdigest if inputs and all(each.records_sha256 for each in inputs) else None


def _format(formats: Counter[str]) -> str:
    return "none" if not formats else next(iter(formats)) if len(formats) == 1 else "mixed"


def _told_apart(shown: Sequence[str]) -> list[str]:
    """Return paths, each another: two that differ in nothing but what is masked must still be told apart."""
    first = {path: position for position, path in reversed(list(enumerate(shown)))}
    return [path if first[path] == position else f"{path} ({position + 1})" for position, path in enumerate(shown)]
