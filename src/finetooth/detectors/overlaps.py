"""One value, one match: what several rules and detectors say of the same place, settled.

The rules, in order:

1. Matches of the same span and entity type are one: it carries every rule's id, the best score and the strongest proof.
2. Where two spans overlap, the stronger stays and the other goes, so that no character belongs to two findings:
   a proven credential before anything else, and a UUID, whose form says nothing of what it is, after it; then the
   better proof (checksum, structure, provider, context, none); of two check digits that of the longer span; then the
   graver type; then the longer span, so that a connection string keeps its password and an e-mail its name; then
   score, and for what is still equal the place and the names, so that the order of the input never matters.
3. Street addresses that overlap are one, over all that they cover: each rule knows some of an address's parts.
4. A credential that lies wholly inside a proven credential of another type goes, whatever its own proof: a token in a
   connection string is the connection string.
5. What a policy lists (``detect.deny``) always stays, and takes what it covers, but for a proven credential. Where it
   is a part of something longer, a code name in an e-mail address, both are true and both stay, since either alone
   could open a gate that the other closes.
6. What a policy asks for (``Detect.asks_for``) stays beside what is stronger: ten digits may be a telephone or a tax
   number, and whoever asks for tax numbers is told of it. It goes where the other, which is as long, has a better check
   digit or is a provider's, and where it is only a part of something better formed or of a proven credential.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from finetooth.detectors.denylist import RULE as LISTED
from finetooth.entities import SEVERITIES, EntityType, entity_type
from finetooth.match import VALIDATIONS, Match, Validation
from finetooth.span import Span


@dataclass(frozen=True, slots=True)
class Resolved:
    """What all rules together say of one place."""

    rules: tuple[str, ...]
    """Ids of the rules that saw it, sorted."""
    entity_type: str
    """UPPER_SNAKE name of what it is."""
    span: Span
    """Where, in code points of the passage. Spans of one passage don't overlap, but for what a policy lists or asks
    for."""
    score: float
    """The best of the rules' confidences, 0 to 1."""
    validation: Validation
    """The strongest of their proofs."""
    asked: bool = False
    """Whether the policy asks for the entity type."""

    @property
    def listed(self) -> bool:
        """Whether the policy lists the value."""
        return any(rule.startswith(LISTED) for rule in self.rules)


def resolve(
    matches: Iterable[Match],
    known: Callable[[str], EntityType] = entity_type,
    asked: Callable[[str], bool] = lambda _: False,
) -> list[Resolved]:
    """Return matches that don't overlap, but for those of rules 5 and 6, in order of their place.

    Args:
        matches: What all detectors said of *one* passage, in any order.
        known: what is known of an entity type, which a policy may say of its own.
        asked: whether the policy asks for an entity type.
    """
    ranked = sorted(_joined(_merged(matches, asked)), key=lambda resolved: strength(resolved, known))
    listed = _apart(resolved for resolved in ranked if resolved.listed)
    others = [
        each
        for each in ranked
        if not each.listed and (_credential(each, known) or not any(_covers(place.span, each.span) for place in listed))
    ]
    settled = [*listed, *_apart(others)]
    return sorted(
        [*settled, *beside(others, settled, known)], key=lambda resolved: (resolved.span, resolved.entity_type)
    )


def beside(
    ranked: Iterable[Resolved], settled: Iterable[Resolved], known: Callable[[str], EntityType] = entity_type
) -> list[Resolved]:
    """Return, of matches in order of strength, those that are asked for and stay beside what is settled (rule 6)."""
    kept = set(settled)
    lost = [each for each in ranked if each.asked and each not in kept]
    if not lost:
        return []
    near: defaultdict[int, list[Resolved]] = defaultdict(list)  # by stretch of the text: one may hold thousands
    for each in kept:
        for stretch in _stretches(each.span):
            near[stretch].append(each)
    added: list[Resolved] = []
    for each in lost:
        rivals = (other for stretch in _stretches(each.span) for other in near[stretch])
        if not any(other.span.overlaps(each.span) and _outdoes(other, each, known) for other in rivals):
            added.append(each)
            for stretch in _stretches(each.span):
                near[stretch].append(each)
    return added


def _stretches(span: Span) -> range:
    return range(span.start // 64, span.end // 64 + 1)


def _outdoes(other: Resolved, asked: Resolved, known: Callable[[str], EntityType]) -> bool:
    better = _FORMS.get(other.validation, len(_FORMS)) < _FORMS.get(asked.validation, len(_FORMS))
    inside = _covers(other.span, asked.span)
    part = inside and other.span != asked.span
    return (
        other.entity_type == asked.entity_type
        or (inside and better and (part or other.validation in {"checksum", "provider"}))
        or (part and _credential(other, known))
    )


_FORMS: Final = {"checksum": 0, "structure": 1, "provider": 2}
"""Proofs that lie in a value's own form, best first."""


def _covers(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _apart(ranked: Iterable[Resolved]) -> list[Resolved]:
    """Keep, of matches in order of strength, those that overlap none before them; in order of their place."""
    kept: list[Resolved] = []
    places: list[Span] = []
    for candidate in ranked:
        at = bisect.bisect_left(places, candidate.span)
        neighbours = places[max(0, at - 1) : at + 1]
        if not any(candidate.span.overlaps(place) for place in neighbours):
            places.insert(at, candidate.span)
            kept.append(candidate)
    return sorted(kept, key=lambda resolved: resolved.span)


def _merged(matches: Iterable[Match], asked: Callable[[str], bool]) -> list[Resolved]:
    groups: dict[tuple[Span, str], list[Match]] = {}
    for match in matches:
        groups.setdefault((match.span, match.entity_type), []).append(match)
    return [
        Resolved(
            rules=tuple(sorted({match.rule for match in group})),
            entity_type=name,
            span=span,
            score=max(match.score for match in group),
            validation=min((match.validation for match in group), key=VALIDATIONS.index),
            asked=asked(name),
        )
        for (span, name), group in groups.items()
    ]


def _joined(found: Iterable[Resolved]) -> list[Resolved]:
    addresses: list[Resolved] = []
    others: list[Resolved] = []
    for resolved in sorted(found, key=lambda each: (each.span, each.entity_type)):
        if resolved.entity_type != "STREET_ADDRESS" or resolved.listed:
            others.append(resolved)
        elif addresses and addresses[-1].span.overlaps(resolved.span):
            before = addresses[-1]
            addresses[-1] = replace(
                before,
                rules=tuple(sorted({*before.rules, *resolved.rules})),
                span=Span(before.span.start, max(before.span.end, resolved.span.end)),
                score=max(before.score, resolved.score),
                validation=min(before.validation, resolved.validation, key=VALIDATIONS.index),
            )
        else:
            addresses.append(resolved)
    return [*others, *addresses]


def _credential(resolved: Resolved, known: Callable[[str], EntityType]) -> bool:
    return known(resolved.entity_type).category == "credential" and resolved.validation != "none"


def strength(resolved: Resolved, known: Callable[[str], EntityType] = entity_type) -> tuple[object, ...]:
    """Return a sort key, strongest first; no two different matches have the same."""
    credential = _credential(resolved, known)
    # Rule 4: what can hold other credentials comes before what it may hold.
    holds = resolved.entity_type in {"CONNECTION_STRING", "PRIVATE_KEY"}
    return (
        not credential,
        not (credential and holds),
        resolved.entity_type == "UUID",
        VALIDATIONS.index(resolved.validation),
        # Part of a number may pass another's check by chance: sixteen digits of an IBAN are a card's, now and then.
        -len(resolved.span) if resolved.validation == "checksum" else 0,
        SEVERITIES.index(known(resolved.entity_type).severity),
        -len(resolved.span),
        -resolved.score,
        resolved.rules,
        resolved.span,
        resolved.entity_type,
    )
