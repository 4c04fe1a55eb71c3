"""Presidio's analysis of a text without its frame: the same recognizers, asked only where they can find something.

What `AnalyzerEngine.analyze` does beside asking its recognizers (copies, traces, an artifact of every token) takes
longer than they do. Here a recognizer of patterns is passed over where a text lacks the characters that all its matches
hold (:mod:`finetooth.detectors.necessary`), or where none of its patterns matches; entities come from the reader.

NOTE: this module imports presidio when it is imported; see :mod:`finetooth.detectors.presidio_engine`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import regex
from presidio_analyzer import (
    AnalysisExplanation,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerResult,
    pattern_recognizer,
)
from presidio_analyzer.predefined_recognizers import IbanRecognizer, PhoneRecognizer, SpacyRecognizer, UrlRecognizer

from finetooth.detectors.compiledpatterns import with_regex
from finetooth.detectors.necessary import Characters, digits, necessary
from finetooth.detectors.readtext import ReadText
from finetooth.detectors.stretches import Around, around

Results = list[RecognizerResult]
Words = Mapping[str, Sequence[str]]
"""By the id of a recognizer, its context words."""

_BY_PATTERNS: Final = (PatternRecognizer.analyze, IbanRecognizer.analyze)
"""What finds nothing where no pattern of the recognizer matches."""

_HOST: Final = re.compile(r"\.[^\W\d_]")
"""What every URL of Presidio's holds: a point, and after it the first letter of one of its top-level domains."""

_HOST_BEFORE: Final = r"((www\d{0,3}[.])?[a-z0-9.\-]{1,253}"
"""How Presidio's pattern of URLs begins, up to the last point of a host."""

_DIGITS: Final = frozenset("0123456789")
_NAME: Final = RecognizerResult.RECOGNIZER_NAME_KEY
_ID: Final = RecognizerResult.RECOGNIZER_IDENTIFIER_KEY
_ENHANCED: Final = RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY


class Context(Protocol):
    """A rule by which words around a match raise its score."""

    def prepare(self, found: Sequence[tuple[ReadText, Results]], words: Words) -> None:
        """Look at many texts and what was found in them at once, for what is cheaper so."""

    def enhance(self, read: ReadText, results: Results, words: Words) -> None:
        """Raise the scores of matches in one text, in place."""


class Analysis:
    """The recognizers of one language.

    Args:
        recognizers: Presidio's, in its order.
        names: what Presidio calls what a model calls so; None where it is left out.
        context: the context rule.
        artifacts: makes of spaCy's tokens what Presidio makes of them, for users' recognizers that want that.
    """

    def __init__(
        self,
        recognizers: Iterable[EntityRecognizer],
        names: Callable[[str], str | None],
        context: Context,
        artifacts: Callable[[Any], Any],
    ) -> None:
        self.recognizers = tuple(recognizers)
        self._names, self._context = names, context
        self._of_tokens = artifacts
        self._entities = sorted({entity for each in self.recognizers for entity in each.supported_entities})
        self._words = {each.id: each.context for each in self.recognizers if each.context}
        self._thresholds = {each.id: each.score_thresholds for each in self.recognizers if each.score_thresholds}
        self._enhancing = [
            each
            for each in self.recognizers
            if type(each).enhance_using_context is not EntityRecognizer.enhance_using_context
        ]
        groups: dict[Characters | None, list[tuple[int, Callable[[ReadText, Characters], Results]]]] = {}
        for place, each in enumerate(self.recognizers):
            if not each.is_loaded:
                each.load()
            needed, ask = self._asked(each)
            groups.setdefault(needed, []).append((place, ask))
        self._groups = list(groups.items())

    def found(self, read: ReadText) -> Results:
        """Return what the recognizers find in a text, in their order."""
        characters = _characters(read.text)
        possible = [
            each
            for needed, group in self._groups
            if needed is None or not needed.isdisjoint(characters)
            for each in group
        ]
        possible.sort(key=lambda each: each[0])
        return [result for _, ask in possible for result in ask(read, characters)]

    def prepare(self, found: Sequence[tuple[ReadText, Results]]) -> None:
        """Let the context rule look at many texts, and what was found in each, at once."""
        self._context.prepare(found, self._words)

    def settled(self, read: ReadText, results: Results) -> Results:
        """Return what `AnalyzerEngine.analyze` makes of what its recognizers found: in context, each once.

        Scores are raised in place.
        """
        if not results:
            return []
        for each in self._enhancing:
            mine = [result for result in results if result.recognition_metadata[_ID] == each.id]
            others = [result for result in results if result.recognition_metadata[_ID] != each.id]
            results = [*others, *each.enhance_using_context(read.text, mine, others, self._artifacts(read))]
        self._context.enhance(read, [r for r in results if not r.recognition_metadata.get(_ENHANCED)], self._words)
        if self._thresholds:
            results = [result for result in results if result.score >= self._threshold(result)]
        unique: Results = EntityRecognizer.remove_duplicates(results)
        return unique

    def _threshold(self, result: RecognizerResult) -> float:
        told = self._thresholds.get(result.recognition_metadata[_ID], {})
        return float(told.get(result.entity_type, told.get("default", 0.0)))

    def _asked(
        self, recognizer: EntityRecognizer
    ) -> tuple[Characters | None, Callable[[ReadText, Characters], Results]]:
        """Return what a text needs for a recognizer to find anything, and how it is asked."""
        if isinstance(recognizer, SpacyRecognizer):
            return None, self._named(recognizer)
        patterns = getattr(recognizer, "patterns", None) or ()
        needed = necessary(pattern.regex for pattern in patterns) if patterns else None
        if isinstance(recognizer, PatternRecognizer) and type(recognizer).analyze in _BY_PATTERNS:
            return needed, _Searched(recognizer, self._entities)
        if isinstance(recognizer, PatternRecognizer | PhoneRecognizer):
            return needed, lambda read, _: recognizer.analyze(read.text, self._entities) or []
        return None, lambda read, _: self._by_users(recognizer, read)

    def _by_users(self, recognizer: EntityRecognizer, read: ReadText) -> Results:
        results = recognizer.analyze(read.text, self._entities, self._artifacts(read)) or []
        for result in results:
            result.recognition_metadata = {_ID: recognizer.id, _NAME: recognizer.name} | (
                result.recognition_metadata or {}
            )
        return list(results)

    def _artifacts(self, read: ReadText) -> Any:
        doc = read.doc
        if read.entities and not doc.ents:
            doc.set_ents([doc.char_span(each.start, each.end, label=each.label) for each in read.entities])
        return self._of_tokens(doc)

    def _named(self, recognizer: SpacyRecognizer) -> Callable[[ReadText, Characters], Results]:
        supported = frozenset(recognizer.supported_entities)
        known: dict[str, str | None] = {}
        metadata = {_NAME: recognizer.name, _ID: recognizer.id}

        def named(read: ReadText, _: Characters) -> Results:
            results = []
            for label, start, end in read.entities:
                if label not in known:
                    name = self._names(label)
                    known[label] = name if name in supported else None
                if (entity := known[label]) is not None:
                    score = recognizer.ner_strength
                    told = AnalysisExplanation(recognizer=recognizer.name, original_score=score)
                    results.append(RecognizerResult(entity, start, end, score, told, metadata))
            return results

        return named


class _Searched:
    """Asks a recognizer of patterns only where one of them matches."""

    def __init__(self, recognizer: PatternRecognizer, entities: list[str]) -> None:
        self._recognizer, self._entities = recognizer, entities
        self._telling = _url_telling() if isinstance(recognizer, UrlRecognizer) else ()
        self._patterns = [
            (necessary([each.regex]), digits(each.regex), around(each.regex), each) for each in recognizer.patterns
        ]

    def __call__(self, read: ReadText, characters: Characters) -> Results:
        if not all(telling.search(read.text) for telling in self._telling):
            return []
        if not any(
            read.digits >= fewest
            and (needed is None or not needed.isdisjoint(characters))
            and self._matches(pattern, place, read)
            for needed, fewest, place, pattern in self._patterns
        ):
            return []
        results: Results = self._recognizer.analyze(read.text, self._entities)
        return results

    def _matches(self, pattern: Pattern, place: Around | None, read: ReadText) -> bool:
        flags = self._recognizer.global_regex_flags
        if not pattern.compiled_regex or pattern.compiled_with_flags != flags:
            pattern.compiled_regex, pattern.compiled_with_flags = regex.compile(pattern.regex, flags=flags), flags
        search, text, seconds = pattern.compiled_regex.search, read.text, pattern_recognizer.REGEX_TIMEOUT_SECONDS
        try:
            if place is None or len(text) <= 2 * place.reach:
                return search(text, timeout=seconds) is not None
            return any(
                search(text, each.start, each.end, timeout=seconds) is not None
                for each in read.stretches.of(place)
                if each.characters >= place.fewest
            )
        except TimeoutError:
            return True  # the recognizer itself runs into its limit and tells so


def _url_telling() -> tuple[Any, ...]:
    """Return patterns that match wherever a URL of Presidio's does, the quickest first.

    Its own tries each place of a text as the beginning of a host; that a domain ends there is seen at its last point.
    """
    host, point, rest = UrlRecognizer.BASE_URL_REGEX.partition("[.](?:")
    suffixes, end, _ = rest.partition("(?:/")
    if host != _HOST_BEFORE or not (point and end):
        return (_HOST,)
    return _HOST, with_regex(rf"(?i)(?<=[a-z0-9.\-])[.](?:{suffixes}")


def _characters(text: str) -> Characters:
    """Return the characters of a text, and the ASCII digits where it has one of any script."""
    held = frozenset(text)
    return held if text.isascii() or not any(c.isdecimal() for c in held) else held | _DIGITS
