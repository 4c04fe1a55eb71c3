"""A scan that several machines share, and its parts put together: the same evidence as one machine would give.

Which shards there are, and whose they are, follows from the sizes of the files alone, so that no machine has to ask
another. Each reads its own shards and no others; the digests of whole files, which take one pass over each, are dealt
out as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate

from finetooth.engines.engine import Engine, MakePlan
from finetooth.errors import IncompleteError, InputError
from finetooth.evidence import ScanEvidence
from finetooth.partfile import Mac, Part, PartInput, PartResult, Share
from finetooth.progress import Progress, silent
from finetooth.scanner import Run, Scanned, put_together
from finetooth.shardjob import Job
from finetooth.shardstore import ShardStore
from finetooth.sources.source import Source, Stored
from finetooth.sources.splitting import Shard, digested, split, with_content


def scan_share(
    sources: Sequence[Source],
    make: MakePlan,
    share: Share,
    *,
    key_id: str,
    identity: str,
    mac: Mac,
    engine: Engine,
    store: ShardStore,
    told: Callable[[str], str],
    progress: Progress = silent,
) -> Part:
    """Scan one machine's share.

    Args:
        sources: all of the data, in the same order on every machine.
        make: makes the plan.
        share: which machine this is.
        key_id: names the key.
        identity: names what is looked for, and with which code.
        mac: keyed digest of a message.
        engine: where the work is done.
        store: keeps what was done.
        told: what decides how a file's records are read, beside themselves.
        progress: is told how many records were looked at.

    Raises:
        InputError: a source cannot be read by more than one machine.
        UsageError: the plan makes no sense.
        IncompleteError: the work cannot be done here at all.
    """
    run = Run(sources, store, told)
    layouts = [split(source) for source in sources]
    firsts = list(accumulate(map(len, layouts), initial=0))
    contents: dict[int, str | None] = {}

    def jobs() -> Iterator[tuple[int, Job]]:
        yield from run.paths()
        for layout, first in zip(layouts, firsts, strict=False):
            for number in range(first, first + len(layout)):
                if share.has(number):
                    shard = with_content(layout[number - first])
                    if not shard.movable:
                        raise InputError(f"{shard.source.path}: is here alone; several machines can share files only")
                    contents[number] = shard.content and mac(shard.content.encode())
                    yield from run.unless_done(number, shard)

    run.do(jobs(), make, engine, progress)
    inputs = [
        _input(source, layout, path, mac if share.has(place) else None)
        for place, (source, layout, path) in enumerate(zip(sources, layouts, run.shown(), strict=True))
    ]
    return Part(
        key_id=key_id,
        identity=identity,
        share=share,
        inputs=tuple(inputs),
        results=tuple(
            PartResult(shard=number, content=content, result=run.result(number)) for number, content in contents.items()
        ),
    )


def _input(source: Source, layout: Sequence[Shard], path: str, mac: Mac | None) -> PartInput:
    """Return what one machine knows of a file: with a ``mac``, its digest falls to it."""
    if mac is None:
        return PartInput(path=path, shards=len(layout))
    stored, shards = digested(source, layout)
    return PartInput(
        path=path,
        shards=len(layout),
        sha256=stored.sha256 if stored else None,
        bytes=stored.bytes if stored else 0,
        contents=tuple(mac(shard.content.encode()) if shard.content else "" for shard in shards),
    )


def merged(parts: Sequence[Part], mac: Mac) -> ScanEvidence:
    """Return the evidence that all parts of a scan make.

    Args:
        parts: in order of their places.
        mac: keyed digest of a message, by the key of the scan.

    Raises:
        IncompleteError: a part is missing, or they are not parts of one scan of the same data.
    """
    _refuse_strangers(parts)
    results = {result.shard: result for part in parts for result in part.results}
    expected = sum(each.shards for each in parts[0].inputs)
    missing = sorted({*range(expected)} - results.keys())
    if missing:
        raise IncompleteError(f"{len(missing)} of {expected} shards are in no part; scan the parts again")
    return put_together(_files(parts, results), mac)


def _refuse_strangers(parts: Sequence[Part]) -> None:
    first = parts[0]
    places = [part.share.place for part in parts]
    wanted = range(1, first.share.of + 1)
    for part in parts:
        what = f"part {part.share.place} of {part.share.of}"
        if part.share.of != first.share.of:
            raise IncompleteError(f"{what}: the first is one of {first.share.of}; merge the parts of one scan alone")
        if (part.key_id, part.identity) != (first.key_id, first.identity):
            raise IncompleteError(
                f"{what}: was scanned with another key, policy or version than part {first.share.place}; scan it again"
            )
        if [(each.path, each.shards) for each in part.inputs] != [(each.path, each.shards) for each in first.inputs]:
            raise IncompleteError(f"{what}: saw other data than part {first.share.place}; scan them all again")
    if places != list(wanted):
        missing = ", ".join(str(place) for place in wanted if place not in places)
        problem = f"part {missing} of {first.share.of} is missing" if missing else "a part stands twice"
        raise IncompleteError(f"{problem}; nothing was judged")


def _files(parts: Sequence[Part], results: Mapping[int, PartResult]) -> Iterator[Scanned]:
    first = 0
    for place, each in enumerate(parts[0].inputs):
        numbers = range(first, first + each.shards)
        first = numbers.stop
        owner = next(part for part in parts if part.share.has(place))
        known = owner.inputs[place]
        seen = tuple(results[number].content or "" for number in numbers)
        # Whoever took the digest of the file must have seen what was scanned, or it is the digest of something else.
        same = known.contents == seen
        stored = Stored(known.sha256 if same else None, known.bytes or 0)
        yield Scanned(each.path, stored, (results[number].result for number in numbers))
