"""The prober: what the scanner found becomes what the attacks try to pull out of the model.

Evidence holds no raw text, so the data is read again: each chosen finding is looked up where it stands, proven to be
the same value by its fingerprint, and taken together with all that the model saw before it. Beside the findings, a
random sample of ordinary training text is tried, so that a clean dataset has a denominator too.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from finetooth.attacks import targeted
from finetooth.attacks.attribution import decide
from finetooth.attacks.measuring import extracted, measure
from finetooth.attacks.quarry import Quarry
from finetooth.errors import InputError
from finetooth.evidence import Extracted, ProbeEvidence, ScanEvidence
from finetooth.finding import Finding, place
from finetooth.location import Location
from finetooth.measurement import Measurement, Population
from finetooth.progress import Progress, silent
from finetooth.record import Passage, Record
from finetooth.redaction import FingerprintKey
from finetooth.shapes.conversation import context
from finetooth.shapes.reading import DETECT, Reading
from finetooth.shapes.walker import decoded, walk
from finetooth.sources.members import BETWEEN
from finetooth.sources.source import Source
from finetooth.span import Span
from finetooth.targets.target import Target
from finetooth.trial import Context

BUDGET = 1000
"""How many findings are tried at most, riskiest first."""
SAMPLE = 300
"""How many spans of ordinary text are tried: 0 of 299 proves 1 % at 95 % confidence."""
_SURPLUS = 4  # kept for each one drawn, since those that turn out to be boilerplate fall away
_SENTENCE = re.compile(r"[^\s.!?。！？][^\n.!?。！？]*")
_SENTENCE_LENGTH = range(40, 400)  # code points: more than chance would get right, little enough to say in one go


def probe(
    sources: Sequence[Source],
    scan: ScanEvidence,
    key: FingerprintKey,
    target: Target,
    reference: Target | None = None,
    *,
    budget: int = BUDGET,
    reading: Reading = DETECT,
    progress: Progress = silent,
) -> ProbeEvidence:
    """Try to extract the findings, and a sample of ordinary text, from a model.

    Args:
        sources: the data that was scanned, in the order of ``scan.inputs``.
        scan: what was found in it.
        key: what it was fingerprinted with.
        target: the tuned model.
        reference: the untuned model, if there is one.
        budget: how many findings are tried at most, riskiest first; the others stay unproven.
        reading: how its records were read.
        progress: is told how many trials were answered.

    Raises:
        InputError: the data is not what was scanned.
    """
    # Among equals the first in the data comes first. Fingerprints would order them, and their controls, by the key.
    whole = [finding for finding in scan.findings if not finding.combination]
    chosen = sorted(whole, key=lambda finding: (-finding.risk, place(finding.locations[0])))[:budget]
    quarries, ordinary_size = _gather(sources, scan, chosen, key, reading)
    outcomes, coverage = targeted.run(quarries, target, reference, lambda done, total: progress("Probing", done, total))
    measurements: list[Measurement] = []
    learnt: list[Extracted | None] = []
    sizes: dict[Population, int] = {"findings": len(whole), "ordinary": ordinary_size}
    for population, size in sizes.items():
        members = [outcome for outcome in outcomes if outcome.quarry.population == population]
        decisions = decide(members, referenced=reference is not None)
        decided = [(outcome, decision) for outcome, (decision, _) in zip(members, decisions, strict=True)]
        measurements += measure(targeted.NAME, decided, population, size=size)
        learnt += [
            extracted(targeted.NAME, outcome, decision, p_value)
            for outcome, (decision, p_value) in zip(members, decisions, strict=True)
        ]
    return ProbeEvidence(
        target=target.identity,
        reference=reference.identity if reference else None,
        measurements=tuple(measurements),
        extracted=tuple(sorted(filter(None, learnt), key=lambda each: (-each.probability, each.fingerprint))),
        coverage=replace(
            coverage, targets_skipped=len(whole) - len(chosen), combinations=len(scan.findings) - len(whole)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A finding, and the occurrence of it that will be probed."""

    order: int
    finding: Finding
    location: Location


def _gather(
    sources: Sequence[Source], scan: ScanEvidence, chosen: Sequence[Finding], key: FingerprintKey, reading: Reading
) -> tuple[list[Quarry], int]:
    """Read the data again and return the quarries, and the size of the population of ordinary spans."""
    positions = {each.path: position for position, each in enumerate(scan.inputs)}
    wanted: dict[tuple[int, int], list[_Wanted]] = {}
    for order, finding in enumerate(chosen):
        location = _strongest(finding)
        record = (_input(location, positions), location.record)
        wanted.setdefault(record, []).append(_Wanted(order, finding, location))
    taken: dict[tuple[int, int], list[Location]] = {}
    for finding in scan.findings:
        for location in finding.locations:
            taken.setdefault((_input(location, positions), location.record), []).append(location)

    found: dict[int, Quarry] = {}
    sample = _Sample(SAMPLE)
    for position, source in enumerate(sources):
        here = reading.of(source.path)
        for item in source:
            if not isinstance(item, Record):
                continue
            record = (position, item.index)
            texts = decoded(walk(item.value, here)).passages
            for each in wanted.get(record, ()):
                found[each.order] = _quarry(each, texts, key, source.path)
            for passage, span in _ordinary(texts, taken.get(record, ())):
                sample.offer(span.of(passage.text), texts, passage, span)
        digest = scan.inputs[position].sha256
        if digest is not None and source.stored().sha256 != digest:
            raise _changed(source.path)
    if len(found) < len(chosen):
        raise _changed(sources[0].path if len(sources) == 1 else "the data")
    ordinary, size = sample.draw()
    return [found[order] for order in range(len(chosen))] + ordinary, size


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


def _quarry(wanted: _Wanted, texts: Sequence[Passage], key: FingerprintKey, path: str) -> Quarry:
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
            return Quarry(finding=finding, context=context(texts, root, seen.start), value=seen.of(root.text))
    raise _changed(path)


def _ordinary(texts: Sequence[Passage], taken: Sequence[Location]) -> Iterator[tuple[Passage, Span]]:
    """Yield the sentences of trained text that touch no finding."""
    for passage in texts:
        if not passage.trained or passage.part == "key" or passage.encoded is not None:
            continue
        findings = [Span(each.start, each.end) for each in taken if each.pointer == passage.pointer]
        for sentence in _SENTENCE.finditer(passage.text):
            if len(sentence.group()) in _SENTENCE_LENGTH:
                span = Span(*sentence.span())
                if not any(span.overlaps(finding) for finding in findings):
                    yield passage, span


class _Sample:
    """A uniform random sample of the sentences that the data says in one context only, in one pass and bounded memory.

    What it says in many contexts is boilerplate, which a model is meant to learn, so it is no secret of anybody's.

    Bottom-k sampling (Cohen & Kaplan 2007, "Summarizing data using bottom-k sketches"): the distinct texts with the
    least digests are kept, and one that was dropped never comes back, so that what is known of those kept is exact. The
    sample is the same for the same data, whatever its order.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, str]] = []  # negated digests, so that the greatest is dropped first
        self._contexts: dict[str, Context] = {}
        self._boilerplate: set[str] = set()
        self._dropped = False

    def offer(self, text: str, texts: Sequence[Passage], passage: Passage, span: Span) -> None:
        """Keep the text while it is among those with the least digests."""
        if text in self._contexts:
            if context(texts, passage, span.start) != self._contexts[text]:
                self._boilerplate.add(text)
            return
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        entry = (-int.from_bytes(digest, "big"), text)
        if len(self._heap) == _SURPLUS * self._size:
            self._dropped = True
            if entry <= self._heap[0]:
                return
            _, dropped = heapq.heappop(self._heap)
            del self._contexts[dropped]
            self._boilerplate.discard(dropped)
        heapq.heappush(self._heap, entry)
        self._contexts[text] = context(texts, passage, span.start)

    def draw(self) -> tuple[list[Quarry], int]:
        """Return the sample, and the size of the population: at least one more than the sample unless it is all."""
        kept = [text for _, text in sorted(self._heap, reverse=True) if text not in self._boilerplate]
        quarries = [Quarry(finding=None, context=self._contexts[text], value=text) for text in kept[: self._size]]
        return quarries, len(kept) + self._dropped
