"""From evidence back to the data: what the attacks work with.

Evidence holds no raw text, so the data is read again: each chosen finding is looked up where it stands, proven to be
the same value by its fingerprint, and taken together with all that the model saw before it. Beside the findings, a
random sample of ordinary training text is taken, so that a clean dataset has a denominator too.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from finetooth.attacks.quarry import TELLING, Fellow, Material, Place, Quarry, Text
from finetooth.attacks.record import boilerplate, rest
from finetooth.attacks.subjects import subjects
from finetooth.errors import InputError
from finetooth.evidence import ScanEvidence
from finetooth.finding import Finding
from finetooth.location import Location
from finetooth.metrics.frequent import Frequent
from finetooth.record import Passage, Record
from finetooth.redaction import FingerprintKey
from finetooth.shapes.conversation import context
from finetooth.shapes.reading import Reading
from finetooth.shapes.walker import decoded, walk
from finetooth.sources.members import BETWEEN
from finetooth.sources.source import Source
from finetooth.span import Span

SAMPLE = 300
"""How many spans of ordinary text are taken unless a policy needs more: 0 of 299 proves 1 % at 95 % confidence."""
RECORDS = 100
"""How many records are taken to be continued: 0 of 100 proves 3.7 %. Each takes as much as three sentences."""
SYSTEMS = 8
"""How many system prompts are known of at most, the commonest."""
_SYSTEMS_COUNTED = 256  # more than a service has; where each record has its own, none is common
_SURPLUS = 4  # kept for each one drawn, since those that turn out to be boilerplate fall away
_SENTENCE = re.compile(r"[^\s.!?。！？][^\n.!?。！？]*")
_SPAN_LENGTH = range(40, 600)  # code points: more than chance would get right, little enough to say in one go


def gather(
    sources: Sequence[Source],
    scan: ScanEvidence,
    chosen: Sequence[Finding],
    key: FingerprintKey,
    reading: Reading,
    *,
    sample: int = SAMPLE,
    held_out: Collection[str] = (),
) -> Material:
    """Read the data again and return the chosen findings, and a sample of ordinary text, as the model saw them.

    Args:
        sources: the data that was scanned, in the order of ``scan.inputs``.
        scan: what was found in it.
        chosen: the findings to look up; none is a combination.
        key: what they were fingerprinted with.
        reading: how its records are read.
        sample: how many spans of ordinary text to take at most.
        held_out: spans of other data, to be told which of them this data has too.

    Raises:
        InputError: the data is not what was scanned.
    """
    gathering = _Gathering(sources, scan, chosen, key, reading, sample, frozenset(held_out))
    gathering.read()
    return gathering.material()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A finding, and the occurrence of it that will be probed."""

    order: int
    finding: Finding
    location: Location


@dataclass(frozen=True, slots=True)
class _Standing:
    """A finding, and one place where it stands."""

    finding: Finding
    location: Location


class _Gathering:
    """One more reading of the data."""

    def __init__(
        self,
        sources: Sequence[Source],
        scan: ScanEvidence,
        chosen: Sequence[Finding],
        key: FingerprintKey,
        reading: Reading,
        sample: int,
        held_out: frozenset[str],
    ) -> None:
        self._sources, self._scan, self._chosen, self._key, self._reading = sources, scan, chosen, key, reading
        positions = {each.path: position for position, each in enumerate(scan.inputs)}
        self._wanted: dict[tuple[int, int], list[_Wanted]] = {}
        for order, finding in enumerate(chosen):
            location = _strongest(finding)
            record = (_input(location, positions), location.record)
            self._wanted.setdefault(record, []).append(_Wanted(order, finding, location))
        self._standing: dict[tuple[int, int], list[_Standing]] = {}
        for finding in scan.findings:
            for location in finding.locations:
                record = (_input(location, positions), location.record)
                self._standing.setdefault(record, []).append(_Standing(finding, location))
        self._subjects = subjects(scan.findings)
        self._found: dict[int, Quarry] = {}
        self._sentences = _Sample(sample)
        self._rests = _Sample(min(sample, RECORDS))
        self._systems = Frequent[str](_SYSTEMS_COUNTED)
        self._held_out = held_out
        self._shared: set[str] = set()

    def read(self) -> None:
        for position, source in enumerate(self._sources):
            here = self._reading.of(source.path)
            for item in source:
                if isinstance(item, Record):
                    texts = decoded(walk(item.value, here)).passages
                    self._take((position, item.index, item.line), texts, source.path)
            digest = self._scan.inputs[position].sha256
            if digest is not None and source.stored().sha256 != digest:
                raise _changed(source.path)
        if len(self._found) < len(self._chosen):
            raise _changed(self._sources[0].path if len(self._sources) == 1 else "the data")

    def material(self) -> Material:
        ordinary, size = self._sentences.draw()
        records, whole_records = self._rests.draw(boilerplate(self._rests.kept, self._texts))
        findings = [self._found[order] for order in range(len(self._chosen))]
        whole = sum(not finding.combination for finding in self._scan.findings)
        return Material(
            quarries=(*findings, *ordinary, *records),
            sizes={"findings": whole, "ordinary": size, "records": whole_records},
            reread=self._texts,
            systems=tuple(self._systems.most(SYSTEMS)),
            shared=frozenset(self._shared),
        )

    def _take(self, at: tuple[int, int, int | None], texts: Sequence[Passage], path: str) -> None:
        record = at[:2]
        standing = self._standing.get(record, ())
        wanted = self._wanted.get(record, ())
        fellows = _values(standing, texts) if wanted else {}
        for each in wanted:
            others = tuple(fellow for print_, fellow in fellows.items() if print_ != each.finding.fingerprint)
            subject = self._subjects.get(each.finding.fingerprint)
            self._found[each.order] = _quarry(each, texts, self._key, path, others, subject)
        place = Place(self._scan.inputs[at[0]].path, at[1], at[2])

        def as_it_stands(text: str, passage: Passage, span: Span) -> Quarry:
            return Quarry(finding=None, context=context(texts, passage, span.start), value=text)

        def as_the_rest(text: str, passage: Passage, span: Span) -> Quarry:
            fellows = tuple(_values(standing, texts).values())
            return replace(as_it_stands(text, passage, span), fellows=fellows, of="records", place=place)

        for passage, span in _ordinary(texts, [each.location for each in standing]):
            self._offer(self._sentences, passage, span, as_it_stands)
        if (cut := rest(texts)) is not None:
            self._offer(self._rests, *cut, as_the_rest)
        for passage in texts:
            if passage.role == "system" and passage.turn is not None and passage.encoded is None and passage.text:
                self._systems.add(passage.text)

    def _offer(
        self, sample: _Sample, passage: Passage, span: Span, make: Callable[[str, Passage, Span], Quarry]
    ) -> None:
        if (text := span.of(passage.text)) in self._held_out:
            self._shared.add(text)
        sample.offer(passage, span, make)

    def _texts(self) -> Iterator[Text]:
        """Yield every text of the data once more."""
        for position, source in enumerate(self._sources):
            here = self._reading.of(source.path)
            for item in source:
                if isinstance(item, Record):
                    for passage in walk(item.value, here).passages:
                        if passage.part == "value" and passage.encoded is None:
                            path = self._scan.inputs[position].path
                            yield Text(
                                path,
                                item.index,
                                item.line,
                                passage.pointer,
                                passage.role,
                                passage.trained,
                                passage.text,
                            )


def _values(standing: Sequence[_Standing], texts: Sequence[Passage]) -> dict[str, Fellow]:
    """Return what was found in a record and stands there plainly, by fingerprint."""
    plain = {passage.pointer: passage.text for passage in texts if passage.part == "value" and not passage.inner}
    values: dict[str, Fellow] = {}
    for finding, location in ((each.finding, each.location) for each in standing):
        text = plain.get(location.pointer)
        if text is not None and location.part == "value" and not location.inner and not finding.combination:
            value = Span(location.start, location.end).of(text)
            values.setdefault(finding.fingerprint, Fellow(finding.entity_type, value))
    return values


def _input(location: Location, positions: Mapping[str, int]) -> int:
    """Return which input a location is in: its path is the input's, or that of a member of it."""
    path, cut = location.path, BETWEEN
    while path not in positions and cut:
        path, cut, _ = path.rpartition(BETWEEN)
    return positions[path]


def _changed(path: str) -> InputError:
    return InputError(f"{path}: is not what was scanned (it changed since); scan it again")


def _strongest(finding: Finding) -> Location:
    """Return the occurrence to probe: the first one that is trained on, else the first."""
    return next((location for location in finding.locations if location.trained), finding.locations[0])


def _quarry(
    wanted: _Wanted,
    texts: Sequence[Passage],
    key: FingerprintKey,
    path: str,
    fellows: tuple[Fellow, ...],
    subject: str | None,
) -> Quarry:
    """Look a finding up in its record. Its pointer may be masked, so the fingerprint proves the place.

    Where the value stands in an encoding, what the model has seen, and may say, is the encoding.
    """
    location, finding = wanted.location, wanted.finding
    seen = Span(location.start, location.end)
    for passage in sorted(texts, key=lambda passage: passage.pointer != location.pointer):
        if passage.part != location.part or len(passage.inner) != len(location.inner or ()):
            continue
        span = passage.within(seen)
        value = span.of(passage.text) if span else ""
        if value and key.fits(finding.fingerprint, finding.entity_type, value):
            root = passage.root
            return Quarry(
                finding=finding,
                context=context(texts, root, seen.start),
                value=seen.of(root.text),
                fellows=fellows,
                subject=subject,
                encoded=seen.of(root.text) != value,
            )
    raise _changed(path)


def _ordinary(texts: Sequence[Passage], taken: Sequence[Location]) -> Iterator[tuple[Passage, Span]]:
    """Yield spans of trained text that touch no finding: whole sentences, as many as make a telling span, else one."""
    for passage in texts:
        if not passage.trained or passage.part == "key" or passage.encoded is not None:
            continue
        findings = [Span(each.start, each.end) for each in taken if each.pointer == passage.pointer]
        clean: list[Span] = []
        for sentence in _SENTENCE.finditer(passage.text):
            span = Span(*sentence.span())
            if any(span.overlaps(finding) for finding in findings):
                yield from ((passage, each) for each in _alone(clean))
                clean = []
                continue
            clean.append(span)
            if span.end - clean[0].start >= TELLING:
                if span.end - clean[0].start in _SPAN_LENGTH:
                    yield passage, Span(clean[0].start, span.end)
                clean = []
        yield from ((passage, each) for each in _alone(clean))


def _alone(sentences: Sequence[Span]) -> Iterator[Span]:
    """Yield the sentences that are long enough by themselves."""
    return (sentence for sentence in sentences if sentence.end - sentence.start in _SPAN_LENGTH)


class _Sample:
    """A uniform random sample of the texts that the data says in one context only, in one pass and bounded memory.

    What it says in many contexts is boilerplate, which a model is meant to learn, so it is no secret of anybody's.

    Bottom-k sampling (Cohen & Kaplan 2007, "Summarizing data using bottom-k sketches"): the distinct texts with the
    least digests are kept, and one that was dropped never comes back, so that what is known of those kept is exact. The
    sample is the same for the same data, whatever its order.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, str]] = []  # negated digests, so that the greatest is dropped first
        self._quarries: dict[str, Quarry] = {}
        self._boilerplate: set[str] = set()
        self._dropped = False

    def offer(self, passage: Passage, span: Span, make: Callable[[str, Passage, Span], Quarry]) -> None:
        """Keep the text, as it stands here, while it is among those with the least digests."""
        if not self._size:
            return
        text = span.of(passage.text)
        if text in self._quarries:
            if make(text, passage, span).context != self._quarries[text].context:
                self._boilerplate.add(text)
            return
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        entry = (-int.from_bytes(digest, "big"), text)
        if len(self._heap) == _SURPLUS * self._size:
            self._dropped = True
            if entry <= self._heap[0]:
                return
            _, dropped = heapq.heappop(self._heap)
            del self._quarries[dropped]
            self._boilerplate.discard(dropped)
        heapq.heappush(self._heap, entry)
        self._quarries[text] = make(text, passage, span)

    @property
    def kept(self) -> list[str]:
        """The texts that are kept and not known as boilerplate, in random order."""
        return [text for _, text in sorted(self._heap, reverse=True) if text not in self._boilerplate]

    def draw(self, more: Collection[str] = ()) -> tuple[list[Quarry], int]:
        """Return the sample, and the size of the population: at least one more than the sample unless it is all.

        Args:
            more: which of the texts that are kept are known as boilerplate by other means.
        """
        kept = [text for text in self.kept if text not in more]
        return [self._quarries[text] for text in kept[: self._size]], len(kept) + self._dropped
