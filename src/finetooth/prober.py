"""The prober: what the scanner found becomes what the attacks try to pull out of the model.

Evidence holds no raw text, so the data is read again: each chosen finding is looked up where it stands, proven to be
the same value by its fingerprint, and taken together with all that the model saw before it. Beside the findings, a
random sample of ordinary training text is tried, so that a clean dataset has a denominator too.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from finetooth.attacks import targeted
from finetooth.attacks.quarry import Quarry
from finetooth.errors import InputError
from finetooth.evidence import Extracted, ProbeEvidence, ScanEvidence
from finetooth.finding import Finding
from finetooth.location import Location
from finetooth.measurement import Measurement, Population
from finetooth.progress import Progress, silent
from finetooth.record import Passage, Record
from finetooth.redaction import FingerprintKey
from finetooth.shapes.conversation import context
from finetooth.shapes.walker import passages
from finetooth.sources.source import Source
from finetooth.span import Span
from finetooth.targets.target import Context, Target

BUDGET = 1000
"""How many findings are tried at most, riskiest first."""
SAMPLE = 300
"""How many spans of ordinary text are tried: 0 of 299 proves 1 % at 95 % confidence."""
_SPAN = 50  # code points of an ordinary span: about a dozen tokens, more than chance would ever get right
_WORD = re.compile(r"\S+\s*")


def probe(
    sources: Sequence[Source],
    scan: ScanEvidence,
    key: FingerprintKey,
    target: Target,
    reference: Target | None = None,
    *,
    budget: int = BUDGET,
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
        progress: is told how many trials were answered.

    Raises:
        InputError: the data is not what was scanned.
    """
    chosen = sorted(scan.findings, key=lambda finding: (-finding.risk, finding.fingerprint))[:budget]
    quarries, ordinary_size = _gather(sources, scan, chosen, key)
    outcomes, coverage = targeted.run(quarries, target, reference, lambda done, total: progress("Probing", done, total))
    measurements: list[Measurement] = []
    extracted: list[Extracted] = []
    sizes: dict[Population, int] = {"findings": len(scan.findings), "ordinary": ordinary_size}
    for population, size in sizes.items():
        members = [outcome for outcome in outcomes if outcome.quarry.population == population]
        decisions = targeted.decide(members, referenced=reference is not None)
        decided = [(outcome, decision) for outcome, (decision, _) in zip(members, decisions, strict=True)]
        measurements += targeted.measure(decided, population, size=size)
        for outcome, (decision, p_value) in zip(members, decisions, strict=True):
            learnt = targeted.extracted(outcome, decision, p_value)
            if learnt:
                extracted.append(learnt)
    return ProbeEvidence(
        target=target.identity,
        reference=reference.identity if reference else None,
        measurements=tuple(measurements),
        extracted=tuple(sorted(extracted, key=lambda each: (-each.probability, each.fingerprint))),
        coverage=replace(coverage, targets_skipped=len(scan.findings) - len(chosen)),
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A finding, and the occurrence of it that will be probed."""

    order: int
    finding: Finding
    location: Location


def _gather(
    sources: Sequence[Source], scan: ScanEvidence, chosen: Sequence[Finding], key: FingerprintKey
) -> tuple[list[Quarry], int]:
    """Read the data again and return the quarries, and the size of the population of ordinary spans."""
    positions = {each.path: position for position, each in enumerate(scan.inputs)}
    wanted: dict[tuple[int, int], list[_Wanted]] = {}
    for order, finding in enumerate(chosen):
        location = _strongest(finding)
        place = (positions[location.path], location.record)
        wanted.setdefault(place, []).append(_Wanted(order, finding, location))
    taken: dict[tuple[int, int], list[Location]] = {}
    for finding in scan.findings:
        for location in finding.locations:
            taken.setdefault((positions[location.path], location.record), []).append(location)

    found: dict[int, Quarry] = {}
    sample = _Sample(SAMPLE)
    for position, source in enumerate(sources):
        for item in source:
            if not isinstance(item, Record):
                continue
            place = (position, item.index)
            _, texts = passages(item.value)
            for each in wanted.get(place, ()):
                found[each.order] = _quarry(each, texts, key, source.path)
            for passage, span in _ordinary(texts, taken.get(place, ())):
                sample.offer(span.of(passage.text), texts, passage, span)
        digest = scan.inputs[position].sha256
        if digest is not None and source.stored().sha256 != digest:
            raise _changed(source.path)
    if len(found) < len(chosen):
        raise _changed(sources[0].path if len(sources) == 1 else "the data")
    quarries = [found[order] for order in range(len(chosen))]
    return quarries + sample.quarries(), sample.population


def _changed(path: str) -> InputError:
    return InputError(f"{path}: is not what was scanned (it changed since); scan it again")


def _strongest(finding: Finding) -> Location:
    """Return the occurrence to probe: the first one that is trained on, else the first."""
    return next((location for location in finding.locations if location.trained), finding.locations[0])


def _quarry(wanted: _Wanted, texts: Sequence[Passage], key: FingerprintKey, path: str) -> Quarry:
    """Look a finding up in its record. Its pointer may be masked, so the fingerprint proves the place."""
    place, finding = wanted.location, wanted.finding
    span = Span(place.start, place.end)
    for passage in sorted(texts, key=lambda passage: passage.pointer != place.pointer):
        value = span.of(passage.text)
        if passage.part == place.part and value and key.fingerprint(finding.entity_type, value) == finding.fingerprint:
            return Quarry(finding=finding, context=context(texts, passage, span.start), value=value)
    raise _changed(path)


def _ordinary(texts: Sequence[Passage], taken: Sequence[Location]) -> Iterator[tuple[Passage, Span]]:
    """Yield the spans of trained text that touch no finding, side by side, cut at white space."""
    for passage in texts:
        if not passage.trained or passage.part == "key":
            continue
        findings = [Span(place.start, place.end) for place in taken if place.pointer == passage.pointer]
        start = None
        for word in _WORD.finditer(passage.text):
            start = word.start() if start is None else start
            if word.end() - start < _SPAN:
                continue
            span = Span(start, start + len(passage.text[start : word.end()].rstrip()))
            if not any(span.overlaps(finding) for finding in findings):
                yield passage, span
            start = None


class _Sample:
    """A uniform random sample of distinct texts in one pass and bounded memory: those with the least digests.

    Bottom-k sampling (Cohen & Kaplan 2007, "Summarizing data using bottom-k sketches"): the same for the same data,
    whatever its order.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[tuple[int, str, Context]] = []  # greatest digest first, hence negated
        self._texts: set[str] = set()
        self._overflowed = 0

    def offer(self, text: str, texts: Sequence[Passage], passage: Passage, span: Span) -> None:
        """Take the text in if it belongs to the sample so far."""
        if text in self._texts:
            return
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        priority = -int.from_bytes(digest, "big")
        if len(self._heap) == self._size:
            self._overflowed = 1
            if priority <= self._heap[0][0]:
                return
            _, evicted, _ = heapq.heappop(self._heap)
            self._texts.discard(evicted)
        self._texts.add(text)
        before: Context = context(texts, passage, span.start)
        heapq.heappush(self._heap, (priority, text, before))

    @property
    def population(self) -> int:
        """How many distinct texts were offered, or one more than the sample where there were more."""
        return len(self._heap) + self._overflowed

    def quarries(self) -> list[Quarry]:
        """Return the sample in the order of its digests."""
        return [Quarry(finding=None, context=before, value=text) for _, text, before in sorted(self._heap)]
