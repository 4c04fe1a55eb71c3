"""One value, one occurrence, also where a text is read twice: as it stands, and decoded.

A string that holds JSON is looked at itself, since a key beside a value tells what that is, and so is every text in
the JSON, since escapes hide a value from everybody who does not decode them. Both may see the same thing. The rules:

1. Of matches of one entity type that overlap in the outermost text, the one in the innermost text stays, as only its
   value is exact; it carries every rule's id, the best score and the strongest proof.
   But what is proven in one line does not go on in the next.
2. Of matches of different types, the stronger stays (`overlaps.strength`); of equals the innermost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from finetooth.detectors.overlaps import Resolved, beside, strength
from finetooth.match import VALIDATIONS
from finetooth.record import Passage
from finetooth.span import Span


@dataclass(frozen=True, slots=True)
class Placed:
    """A match, and where the record holds it."""

    passage: Passage
    """The text that it was found in."""
    match: Resolved
    """What was found, with its span in that text."""
    span: Span
    """What encodes it in the outermost text."""


def placed(found: Sequence[tuple[Passage, Sequence[Resolved]]]) -> Iterator[Placed]:
    """Yield every occurrence once, in order of reading.

    Args:
        found: the passages of one record in order, each with matches that don't overlap one another.
    """
    family: list[Placed] = []  # one outermost passage and all that it encodes, which come right after it
    for passage, matches in found:
        if passage.encoded is None:
            yield from _settled(family)
            family = []
        family += [_place(passage, match) for match in matches]
    yield from _settled(family)


def _place(passage: Passage, match: Resolved) -> Placed:
    outer = passage.outer(match.span)
    # One character may be written for several (a ligature): a value that begins or ends within it has all of them.
    return Placed(passage, replace(match, span=passage.within(outer) or match.span), outer)


def _settled(family: list[Placed]) -> list[Placed]:
    if all(each.passage.encoded is None for each in family):
        return family
    # What a policy lists may stand inside something longer (`overlaps`, rule 5): neither drives the other out. What it
    # asks for stays beside what is stronger (rule 6).
    listed = _one_each([each for each in family if each.match.listed])
    others = _one_each([each for each in family if not each.match.listed])
    return sorted([*listed, *others, *_beside(family, [*listed, *others])], key=lambda each: each.span)


def _beside(family: list[Placed], settled: list[Placed]) -> Iterator[Placed]:
    """Yield what is asked for and stays beside what is settled, each type once in a place."""
    asked: defaultdict[str, list[Placed]] = defaultdict(list)
    for each in family:
        if each.match.asked and not each.match.listed:
            asked[each.match.entity_type].append(each)
    outermost = {_outermost(each): each for group in asked.values() for each in _one_each(group)}
    ranked = sorted(outermost, key=strength)
    yield from (outermost[match] for match in beside(ranked, map(_outermost, settled)))


def _outermost(placed: Placed) -> Resolved:
    return replace(placed.match, span=placed.span)


def _one_each(family: list[Placed]) -> list[Placed]:
    kept: list[Placed] = []  # in order of place, without overlaps
    for candidate in sorted(family, key=lambda each: (-_depth(each.passage), each.span)):
        first = bisect_left(kept, candidate.span.start, key=lambda each: each.span.end - 1)
        last = bisect_left(kept, candidate.span.end, key=lambda each: each.span.start)
        rivals = kept[first:last]
        twins = [rival for rival in rivals if rival.match.entity_type == candidate.match.entity_type]
        if twins and _complete(twins[0], candidate):
            kept[first + rivals.index(twins[0])] = candidate
        elif twins:
            kept[first + rivals.index(twins[0])] = _merged(twins[0], candidate)
        elif all(_strength(candidate) < _strength(rival) for rival in rivals):
            kept[first:last] = [candidate]
    return kept


def _complete(rejoined: Placed, outer: Placed) -> bool:
    """Tell whether a value is proven as it stands, so that what stands in the next line is no part of it."""
    way = rejoined.passage.inner
    return bool(way) and way[-1].decode == "rejoined" and outer.match.validation != "none"


def _depth(passage: Passage) -> int:
    return 0 if passage.encoded is None else 1 + _depth(passage.encoded.within)


def _merged(inner: Placed, outer: Placed) -> Placed:
    match = replace(
        inner.match,
        rules=tuple(sorted({*inner.match.rules, *outer.match.rules})),
        score=max(inner.match.score, outer.match.score),
        validation=min(inner.match.validation, outer.match.validation, key=VALIDATIONS.index),
    )
    return replace(inner, match=match)


def _strength(placed: Placed) -> tuple[object, ...]:
    # NOTE: without length and names; what was looked at first, the innermost, stays where nothing else decides.
    return strength(placed.match)[:6]
