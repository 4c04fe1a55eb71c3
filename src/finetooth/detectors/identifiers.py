"""The detector of identifier rules, ours and users': addresses, birth dates, ages, numbers that words or keys name.

Most of these values have no form of their own. What makes "4073898061" an order number is the word before it, or the
column that it stands in; so a rule here is a pattern *and* a context, without which most patterns say nothing.

Where several rules claim overlapping places, the one whose label stands nearest has it: in "order for customer 4471147"
the number is the customer's.
"""

from __future__ import annotations

import bisect
import hashlib
import re
import re._parser as parser  # type: ignore[import-not-found]  # the standard library's own, without stubs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from finetooth.detectors.detector import Detection, Undetected
from finetooth.detectors.fillers import is_filler
from finetooth.detectors.identifier_rules import FILES, WORD, IdentifierRule, OnDemand, load, load_own
from finetooth.detectors.labels import words_of
from finetooth.detectors.placeholders import doubtful
from finetooth.detectors.timed import Found
from finetooth.digests import digest_of
from finetooth.errors import PolicyError
from finetooth.match import Match, Validation
from finetooth.policy import Detect
from finetooth.span import Span

_DIGIT: Final = re.compile(r"[0-9]")

_RUN: Final = 6
"""So many digits in counting order are nobody's; fewer are now and then."""

_UNPROVEN: Final = 0.4
"""At most so sure is a match that nothing proves."""

_SENTENCE: Final = 200
"""Code points before a match that may belong to its sentence."""

_KEYS: Final = 4_096
"""Keys whose rules are remembered."""

_LONG: Final = 1_000
"""Code points. In a shorter text, looking for the places where a pattern can match gains nothing."""

_AROUND: Final = 200
"""Code points beside a match, at most, that a pattern looks at; and as many as the longest word."""

_UNBOUNDED: Final = 10_000

_SENTENCE_ENDS: Final = re.compile(r"[.!?;]\s|\n")


@dataclass(frozen=True, slots=True)
class _Claim:
    """A match, and how near the label stands that it rests on."""

    match: Match
    distance: int


class IdentifierDetector:
    """Finds what the rules of `rules/*.yaml` tell, those for secrets aside, and those of ``detect.rules``.

    Rules of a country run where the policy names it.
    """

    name = "finetooth"

    def __init__(self, detect: Detect) -> None:
        """Load the rules.

        Raises:
            IncompleteError: A rule is not well formed.
            PolicyError: A rule of the user's is not.
        """
        off, named = detect.off(), detect.named()
        regions = frozenset(region.upper() for region in detect.regions)
        ours = (rule for file in FILES for rule in load(file, regions, named))
        self._rules = tuple(rule for rule in (*ours, *own_rules(detect)) if rule.text.entity_type not in off)
        self._without_digits = tuple(rule for rule in self._rules if not rule.text.digits)
        self._named = lru_cache(_KEYS)(self._named_by)
        self._longest = max((rule.text.longest for rule in self._rules), default=0)
        rules = b"".join(file.read_bytes() for file in FILES)
        self.version = f"identifier rules 1, {hashlib.sha256(rules).hexdigest()[:12]}"
        if detect.rules:
            self.version += f", own rules {digest_of(('', Path(name)) for name in detect.rules)[:12]}"

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the identifiers of each text, in order of their place."""
        above = keys if keys is not None else [None] * len(texts)
        return [self._detect_one(text, key) for text, key in zip(texts, above, strict=True)]

    def _detect_one(self, text: str, key: str | None) -> Detection:
        words = words_of(key) if key else ()
        try:
            claims = [*self._under_a_key(text, words), *self._in_a_text(text)]
        except TimeoutError:
            return Undetected("a pattern of detect.rules ran into its time limit; bound its repetitions")
        return tuple(sorted(_nearest(claims), key=lambda match: (match.span, match.rule)))

    def _under_a_key(self, text: str, words: tuple[str, ...]) -> Iterator[_Claim]:
        if not words or len(text) > self._longest:
            return
        start = len(text) - len(text.lstrip())
        value = text.strip()
        for rule in self._named(words):
            if len(text) > rule.text.longest:
                continue
            if rule.key_pattern.fullmatch(value) and (match := _match(rule, text, Span(start, start + len(value)))):
                yield _Claim(match, 0)

    def _named_by(self, words: tuple[str, ...]) -> tuple[IdentifierRule, ...]:
        """Return the rules one of whose keys a key ends in; a column's rows all ask for the same."""
        return tuple(rule for rule in self._rules if _named(words, rule.keys))

    def _in_a_text(self, text: str) -> Iterator[_Claim]:
        lowered = text.lower()
        words = _Words(text, lowered)
        for rule in self._rules if _DIGIT.search(text) else self._without_digits:
            unnamed_is_nothing = _wants_a_label(rule) and rule.alone is None
            if unnamed_is_nothing and not (rule.labels and rule.labels.may_stand_in(lowered)):
                continue
            if rule.needs and rule.needs.isdisjoint(words.spoken):
                continue
            if rule.text.contains and not any(sign in text for sign in rule.text.contains):
                continue
            for found in words.finditer(rule):
                span = _value(found, rule.pattern.groupindex)
                if span is None:
                    continue
                distance = rule.labels.distance(text, span.start, span.end) if rule.labels else 0
                alone = rule.alone is not None and rule.alone.fullmatch(span.of(text)) is not None
                if distance is None and not alone and _wants_a_label(rule):
                    continue
                if rule.unless and any(rule.unless.finditer(_sentence(text, found.span()[0], span.end))):
                    continue
                if match := _match(rule, text, span, named=alone or distance is not None):
                    yield _Claim(match, distance if distance is not None else len(text))


class _Words:
    """The words of a text, and where a rule that needs one of them can match at all."""

    def __init__(self, text: str, lowered: str) -> None:
        self._text, self._lowered = text, lowered
        self.spoken = frozenset(WORD.findall(lowered))
        self._places: dict[str, list[int]] | None = None

    def finditer(self, rule: IdentifierRule) -> Iterator[Found]:
        """Yield the places that a rule's pattern matches, in order."""
        # Letters that are several in lower case ("İ") would shift the places.
        telling = rule.needs and len(self._text) >= _LONG and len(self._text) == len(self._lowered)
        pattern = rule.pattern
        reach = _reach(pattern) if telling and isinstance(pattern, OnDemand) else None
        if reach is None or not isinstance(pattern, OnDemand):
            yield from pattern.finditer(self._text)
            return
        if self._places is None:
            self._places = {}
            for word in WORD.finditer(self._lowered):
                self._places.setdefault(word.group(), []).append(word.start())
        places = sorted(place for word in rule.needs & self.spoken for place in self._places[word])
        following = 0
        for at, place in enumerate(places):
            if at + 1 == len(places) or places[at + 1] - place > 2 * reach:
                first = places[following]
                yield from pattern.finditer(self._text, max(0, first - reach), place + reach)
                following = at + 1


@lru_cache(1024)
def _reach(pattern: OnDemand) -> int | None:
    """Return how far from a word within it a match can end, what it looks at around itself included; None if anyhow."""
    _, most = parser.parse(pattern.pattern, pattern.flags).getwidth()
    return int(most) + _AROUND if most < _UNBOUNDED else None


def own_rules(detect: Detect) -> tuple[IdentifierRule, ...]:
    """Return the rules of the policy's own files, in their order.

    Raises:
        PolicyError: A file cannot be read, a rule is not well formed, or an id stands in two files.
    """
    rules: dict[str, IdentifierRule] = {}
    for name in detect.rules:
        for rule in load_own(Path(name), detect.entities):
            if rule.text.id in rules:
                raise PolicyError(f"{name}: rule {rule.text.id}: the id is taken by a rule of an earlier file")
            rules[rule.text.id] = rule
    return tuple(rules.values())


def _value(found: Found, groups: Iterable[str]) -> Span | None:
    """Return where the value stands; None where a lookaround matched alone."""
    places = [place for name in groups if (place := found.span(name))[0] >= 0] or [found.span()]
    start, end = places[0]
    return Span(start, end) if start < end else None


def _sentence(text: str, start: int, end: int) -> str:
    """Return the text from the beginning of the sentence of ``start`` to ``end``."""
    first = max(0, start - _SENTENCE)
    ends = [found.end() for found in _SENTENCE_ENDS.finditer(text, first, start)]
    return text[ends[-1] if ends else first : end]


def _wants_a_label(rule: IdentifierRule) -> bool:
    return rule.text.context is not None and rule.text.context.required


def _named(words: tuple[str, ...], keys: frozenset[tuple[str, ...]]) -> bool:
    """Tell whether a key ends in one of the rule's: ``billing_address`` is an ``address``, ``address_id`` is none."""
    singular = (*words[:-1], words[-1].removesuffix("s"))  # the key of a list
    return any(form[-length:] in keys for form in (words, singular) for length in range(1, len(words) + 1))


def _match(rule: IdentifierRule, text: str, span: Span, *, named: bool = True) -> Match | None:
    told, value = rule.text, span.of(text)
    if is_filler(told.entity_type, value):
        return None
    if rule.holds is not None and not rule.holds(value):
        return None
    validation: Validation = told.validation
    if not named or _stands_for_any(value):
        validation = "none"
    score = told.score if validation != "none" else min(told.score, _UNPROVEN)
    return Match(told.id, told.entity_type, span, score, validation)


def _stands_for_any(value: str) -> bool:
    """Tell whether a number is one that people write where any would do: 123456, 123456789."""
    digits = re.sub(r"[^0-9]", "", value)
    return (len(digits) >= _RUN and digits in "12345678901234567890") or doubtful(value) == "counts up"


def _nearest(claims: Sequence[_Claim]) -> list[Match]:
    """Keep, of claims on overlapping places, the one whose label is nearest; of equals the longest.

    What several rules say of the same place and entity type stays, so that a finding names them all.
    """
    ranked = sorted(claims, key=lambda claim: (claim.distance, -len(claim.match.span), claim.match.rule))
    kept: list[Match] = []
    places: list[tuple[Span, str]] = []  # in order of place, and none overlaps another
    for match in (claim.match for claim in ranked):
        place = (match.span, match.entity_type)
        at = bisect.bisect_left(places, place)
        neighbours = places[max(0, at - 1) : at + 1]
        if place in neighbours:
            kept.append(match)
        elif not any(match.span.overlaps(span) for span, _ in neighbours):
            places.insert(at, place)
            kept.append(match)
    return kept
