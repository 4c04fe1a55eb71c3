"""Scanning one shard: raw text goes in, masked sightings come out. Nothing raw leaves this room.

What one shard gives depends on nothing but its bytes and the plan, whoever scans it, where, and however often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from finetooth.decodings.views import REWRITINGS
from finetooth.detectors.allowlist import AllowList
from finetooth.detectors.combinations import combined
from finetooth.detectors.detector import Detection, Detector, Undetected
from finetooth.detectors.encodings import Placed, placed
from finetooth.detectors.overlaps import Resolved, resolve
from finetooth.detectors.repeats import with_repeats
from finetooth.detectors.tiers import tier
from finetooth.evidence import Unread
from finetooth.finding import Sighting
from finetooth.location import Location
from finetooth.match import Validation
from finetooth.multisethash import MultisetHash
from finetooth.policy import Detect
from finetooth.record import Passage, Record
from finetooth.redaction import FingerprintKey, information, preview
from finetooth.shapes.masking import MaskedKeys, Path, path
from finetooth.shapes.pointer import last_key
from finetooth.shapes.reading import DETECT, Reading
from finetooth.shapes.walker import decoded, walk
from finetooth.shardresult import ShardResult
from finetooth.shownpaths import ShownPaths, masked, writable
from finetooth.sources.canonical import canonical
from finetooth.sources.source import Source
from finetooth.span import Span

_BATCH_CHARACTERS = 262_144  # enough to keep an NER model busy, little enough to keep memory flat


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look for, and what to fingerprint with."""

    detectors: tuple[Detector, ...]
    """The engines, ready to run."""
    detect: Detect
    """What the policy says of entity types."""
    key: FingerprintKey
    """What makes values comparable without showing them."""
    reading: Reading = DETECT
    """How records are read."""
    allow: AllowList = field(default_factory=lambda: AllowList(Detect()))
    """Values that are never findings."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records that are scanned together, while they are: where a crash or a stall has happened."""

    first: int
    """Ordinal of the first, in its shard."""
    last: int
    """Ordinal of the last."""
    characters: int
    """Code points in them."""


Watch = Callable[[Stretch | None], None]
"""Is told what is looked at before it is, and None before more is read."""


@dataclass(frozen=True, slots=True)
class Care:
    """What was learnt about a shard that has cost a worker its life."""

    alone: range = range(0)
    """Records that are scanned one at a time, to find the one that is to blame."""
    without: int | None = None
    """The record that is to blame: it is left out, and counts as unread."""


def unwatched(_: Stretch | None) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class _Tally:
    """What has been counted so far."""

    sightings: list[Sighting] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    records: int = 0
    passages: int = 0
    characters: int = 0
    allowed: Counter[str] = field(default_factory=Counter)
    said: MultisetHash = field(default_factory=MultisetHash)
    lasting: bool = True


def scan_shard(source: Source, plan: Plan, watch: Watch = unwatched, care: Care = Care()) -> ShardResult:
    """Scan one shard. Paths in what it gives are relative to the source's own.

    Args:
        source: reads the shard.
        plan: what to look for.
        watch: is told what is looked at.
        care: what an earlier attempt has taught.
    """
    tally = _Tally()
    paths = ShownPaths(source.path, "", plan.detectors, plan.detect)
    for batch in _batches(source, plan.reading.of(source.path), paths, tally, care):
        watch(Stretch(batch[0][0].index, batch[-1][0].index, sum(len(p.text) for _, texts, _ in batch for p in texts)))
        _scan_batch(batch, plan, paths, tally)
        watch(None)
    stored = source.stored()
    return ShardResult(
        sightings=tuple(tally.sightings),
        unread=tuple(tally.unread),
        formats=tally.formats,
        records=tally.records,
        passages=tally.passages,
        characters=tally.characters,
        allowed=tally.allowed,
        detectors=tuple((detector.name, detector.version) for detector in plan.detectors),
        extent=stored.extent,
        said=b"" if tally.unread else tally.said.sealed(plan.key.mac),
        sha256=stored.sha256,
        bytes=stored.bytes,
        whole=stored.sha256 is not None,
        lasting=tally.lasting,
    )


_Batch = list[tuple[Record, list[Passage], tuple[str, ...]]]


def _batches(source: Source, reading: Reading, paths: ShownPaths, tally: _Tally, care: Care) -> Iterator[_Batch]:
    """Yield records with their passages, some at a time; count what is unread on the way."""
    batch: _Batch = []
    characters = 0
    for item in _read(source):
        if isinstance(item, Unread):
            shown = paths.of(item.path)
            tally.unread.append(Unread(path=shown, line=item.line, record=item.record, reason=item.reason))
            # A bad record is bad for ever; a file that breaks off may be whole again tomorrow.
            tally.lasting &= item.record is not None
            continue
        if item.index == care.without:
            reason = "scanning it has stopped the worker twice; look at this record, mend it or leave it out"
            tally.unread.append(Unread(path=paths.of(item.path), line=item.line, record=item.index, reason=reason))
            tally.lasting = False
            continue
        if batch and item.index in care.alone:
            yield batch
            batch, characters = [], 0
        tally.said.add(canonical(item.value))
        walked = decoded(walk(item.value, reading))
        texts = walked.passages
        tally.formats[walked.shape] += 1
        batch.append((item, texts, walked.unread))
        characters += sum(len(passage.text) for passage in texts)
        if characters >= _BATCH_CHARACTERS or item.index in care.alone:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _read(source: Source) -> Iterator[Record | Unread]:
    """Read on, and turn what no adapter foresaw into an unread rest: a crash must not look like an end of file."""
    try:
        yield from source
    except Exception as error:  # noqa: BLE001 - adapters over strangers' libraries may raise anything
        # NOTE: the message of a foreign exception may quote the data; its type does not.
        yield Unread(path=source.path, reason=f"reading stopped here ({type(error).__name__}); the rest is unread")


def _scan_batch(batch: _Batch, plan: Plan, paths: ShownPaths, tally: _Tally) -> None:
    # System prompts and column values repeat: what is the same under the same key is looked at once.
    places = [(passage.text, _key(passage)) for _, record_passages, _ in batch for passage in record_passages]
    distinct = dict.fromkeys(places)
    answers = [_detected(detector, distinct, places) for detector in plan.detectors]
    position = 0
    for record, record_passages, unread in batch:
        rows = [
            (passage, [answer[position + offset] for answer in answers])
            for offset, passage in enumerate(record_passages)
        ]
        position += len(record_passages)
        tally.passages += len(record_passages)
        tally.characters += sum(len(passage.text) for passage in record_passages)
        reasons = {d.reason for _, detections in rows for d in detections if isinstance(d, Undetected)}
        tally.lasting &= not reasons  # a pattern's time limit is as much the machine's as the text's
        reasons.update(unread)
        if reasons:
            reason = "; ".join(sorted(reasons))
            tally.unread.append(
                Unread(path=paths.of(record.path), line=record.line, record=record.index, reason=reason)
            )
        else:
            tally.records += 1
        tally.sightings.extend(_sightings(record, rows, plan, paths.of(record.path), tally.allowed))


def _detected(
    detector: Detector, distinct: Iterable[tuple[str, str | None]], places: Sequence[tuple[str, str | None]]
) -> list[Detection]:
    texts, keys = zip(*distinct, strict=True) if places else ((), ())
    found = dict(zip(zip(texts, keys, strict=True), detector.detect(texts, keys), strict=True))
    return [found[place] for place in places]


def _sightings(
    record: Record,
    rows: Sequence[tuple[Passage, Sequence[Detection]]],
    plan: Plan,
    shown_path: str,
    allowed: Counter[str],
) -> Iterator[Sighting]:
    resolved = [(passage.text, _resolved(passage, detections, plan.detect)) for passage, detections in rows]
    found = list(zip((passage for passage, _ in rows), with_repeats(resolved), strict=True))
    keys = MaskedKeys()
    for key, matches in _keys(found):
        keys.add(key, masked(key.text, matches, plan.detect))
    occurrences: list[Placed] = []
    for each in placed(found):
        match, value = each.match, each.match.span.of(each.passage.text)
        if not match.listed and plan.allow.allows(match.entity_type, value):
            allowed[match.entity_type] += 1
            continue
        occurrences.append(each)
        kind = plan.detect.entity_type(match.entity_type).kind
        yield _sighting(
            plan,
            match.entity_type,
            fingerprint=plan.key.fingerprint(match.entity_type, value, kind),
            preview=preview(match.entity_type, value, kind),
            bits=information(match.entity_type, value, kind),
            rules=match.rules,
            score=match.score,
            validation=match.validation,
            location=_location(record, each.passage, each.span, keys, shown_path),
        )
    for made in combined(occurrences):
        name = made.rule.entity_type
        if name not in plan.detect.off():
            yield _sighting(
                plan,
                name,
                fingerprint=plan.key.fingerprint(name, made.value),
                preview=made.preview,
                bits=information(name, made.value),
                rules=(made.rule.id,),
                score=made.score,
                validation=made.validation,
                location=_location(record, made.passage, made.span, keys, shown_path),
            )


def _sighting(
    plan: Plan,
    name: str,
    *,
    fingerprint: str,
    preview: str,
    bits: float,
    rules: tuple[str, ...],
    score: float,
    validation: Validation,
    location: Location,
) -> Sighting:
    known, override = plan.detect.entity_type(name), plan.detect.entities.get(name)
    return Sighting(
        fingerprint=fingerprint,
        entity_type=name,
        category=known.category,
        severity=known.severity,
        tier=tier(name, validation, override),
        preview=preview,
        rules=rules,
        score=round(score, 4),
        validation=validation,
        bits=bits,
        location=location,
    )


def _location(record: Record, passage: Passage, span: Span, keys: MaskedKeys, shown_path: str) -> Location:
    pointer, *steps = keys.masked(passage)
    return Location(
        path=shown_path,
        line=record.line,
        record=record.index,
        pointer=writable(pointer),
        part=passage.part,
        inner=_inner(passage, steps),
        role=passage.role,
        turn=passage.turn,
        trained=passage.trained,
        start=span.start,
        end=span.end,
    )


def _keys(found: Iterable[tuple[Passage, Sequence[Resolved]]]) -> Iterator[tuple[Passage, list[Resolved]]]:
    """Yield each key with all that was found in it, also where only another way to read it shows that."""
    held: dict[Path, tuple[Passage, list[Resolved]]] = {}
    for passage, matches in found:
        if passage.part == "key" and matches:
            key, spans = passage, [match.span for match in matches]
            while key.encoded is not None and key.inner[-1].decode != "json":
                spans = [key.encoded.offsets.outer(span) for span in spans]
                key = key.encoded.within
            _, here = held.setdefault(path(key), (key, []))
            here += [replace(match, span=span) for match, span in zip(matches, spans, strict=True)]
    for key, matches in held.values():
        joined: list[Resolved] = []
        for match in sorted(matches, key=lambda match: match.span):
            if joined and match.span.start < joined[-1].span.end:
                reach = Span(joined[-1].span.start, max(joined[-1].span.end, match.span.end))
                joined[-1] = replace(joined[-1], span=reach)
            else:
                joined.append(match)
        yield key, joined


def _resolved(passage: Passage, detections: Sequence[Detection], detect: Detect) -> list[Resolved]:
    matches = [match for detection in detections if not isinstance(detection, Undetected) for match in detection]
    off = detect.off()
    return [
        match
        for match in resolve(matches, detect.entity_type, detect.asks_for)
        if match.entity_type not in off
        and not (match.validation == "none" and _is_field_name(passage))
        and _counts(passage, match)
    ]


def _counts(passage: Passage, match: Resolved) -> bool:
    """Tell whether a match in a text that is another text rewritten says more than that one does.

    What nothing proves is a guess: made again on what the rewriting left as it is, it is noise. And what stands on two
    lines is one value only where its own form proves it.
    """
    if not passage.inner or passage.inner[-1].decode not in REWRITINGS:
        return True
    if passage.inner[-1].decode == "rejoined":
        return match.validation in {"checksum", "structure", "provider"} and not passage.verbatim(match.span)
    return match.validation != "none" or not passage.verbatim(match.span)


def _key(passage: Passage) -> str | None:
    """Return the key that a text stands under, the innermost where it is decoded; a key itself stands under none."""
    if passage.part == "key":
        return None
    inner = (last_key(step.pointer) for step in reversed(passage.inner) if step.decode == "json")
    return next(filter(None, inner), None) or last_key(passage.pointer)


def _is_field_name(passage: Passage) -> bool:
    """Tell whether a passage is a key of one word: without a sentence around it, "lang" looks like a person's name."""
    return passage.part == "key" and len(passage.text.split()) <= 1


def _inner(passage: Passage, pointers: Sequence[str]) -> tuple[dict[str, str], ...] | None:
    steps = zip(passage.inner, pointers, strict=True)
    return tuple({"decode": step.decode, "pointer": writable(pointer)} for step, pointer in steps) or None
