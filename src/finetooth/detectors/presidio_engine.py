"""Presidio, assembled: its recognizers, a spaCy pipeline and a context rule, without network and without surprises.

NOTE: this module imports presidio and spaCy when it is imported, because it subclasses their ports. Nothing imports it
but :class:`finetooth.detectors.presidio.PresidioDetector`, from its constructor.
"""
# mypy: disable-error-code="misc"
# Presidio's classes are untyped to mypy (see pyproject.toml), and the ports can only be met by subclassing them.

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import presidio_analyzer
import spacy
import yaml
from presidio_analyzer import AnalyzerEngine, Pattern, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer
from spacy.language import Language

from finetooth.detectors.entity_network import FastRecognizer, UnsupportedNetworkError
from finetooth.detectors.necessary import necessary
from finetooth.detectors.ner_labels import NOT_ABOUT_PERSONS, entity_type_of
from finetooth.detectors.presidio_recognizers import (
    IssuedCardRecognizer,
    LinearUrlRecognizer,
    OfflineEmailRecognizer,
    PlannedPhoneRecognizer,
    WrittenIbanRecognizer,
)

_COUNTRIES: Final = {"GB": "uk"}
"""Presidio calls countries by ISO 3166-1 in lower case, but for one."""

_ALWAYS: Final = frozenset({"us", "uk"})
"""Countries whose default recognizers for English Presidio loads whatever the region; so do we."""

_CONTEXT: Final[dict[str, list[str]]] = {
    # Presidio's own lists hold words that stand before any number, or anywhere.
    "PhoneRecognizer": [
        "phone",
        "telephone",
        "tel",
        "cell",
        "cellphone",
        "mobile",
        "call",
        "fax",
        "dial",
        "sms",
        "whatsapp",
    ],
    "UsBankRecognizer": ["account", "acct", "bank", "debit", "routing", "checking", "savings"],  # not "check", "save"
    "UsPassportRecognizer": ["passport"],  # not "us", "united", "states", "document"
    "UsItinRecognizer": ["taxpayer", "itin", "taxid", "tin"],  # not "individual", "tax", "payer"
    "UsLicenseRecognizer": ["driver", "drivers", "license", "licence", "lic", "driving", "dl"],  # not "identification"
}

_BOUNDED: Final = {
    # Presidio's lookaheads run to the end of "1-1-1-…" from each of its places; its own limit of 20 is put first.
    "UsHealthInsuranceMemberIdRecognizer": Pattern(
        "Health insurance member ID (weak)",
        r"\b(?=[A-Z0-9-]{6,20}\b)(?=[A-Z0-9-]{0,19}[A-Z])(?=[A-Z0-9-]{0,19}\d)[A-Z]{1,5}-?[A-Z0-9]{5,14}\b",
        0.1,
    ),
}
"""Patterns that take quadratic time, and the same bounded."""

_SPACY_LABELS: Final = (
    *("PER", "PERSON", "persName", "LOC", "LOCATION", "GPE", "FAC", "placeName", "geogName", "NORP", "ADDRESS"),
    *("ORG", "ORGANIZATION", "orgName", "DATE", "TIME", "date", "time"),
)
"""What spaCy's models call the entities: OntoNotes, WikiNER, the Polish NKJP, and our own."""


class WordContext(ContextAwareEnhancer):
    """Presidio's context rule, by whole words and in linear time.

    Presidio's own compares by substring, so that "pub*lic*" supports a driver's *lic*ence, never matches a phrase,
    walks all tokens for each match, and its error message holds the value. The factors are its own.
    """

    _WORDS = 5
    """How many words before the match are read; stop words don't count."""
    _TOKENS = 14
    """How many tokens at most."""

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0.35,
            min_score_with_context_similarity=0.4,
            context_prefix_count=self._WORDS,
            context_suffix_count=0,
        )

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: Any,
        recognizers: Iterable[Any],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """Raise the score of each match that one of its recognizer's context words stands before."""
        lists = {recognizer.id: recognizer.context for recognizer in recognizers}
        for result in raw_results:
            words = lists.get(result.recognition_metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY])
            if not words:
                continue
            before = self._before(result.start, nlp_artifacts)
            support = next((word for word in words if _supported(word, before)), None)
            if support is not None:
                result.score = min(
                    max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity), 1.0
                )
                result.analysis_explanation.set_supportive_context_word(support)
        return raw_results

    def _before(self, start: int, nlp_artifacts: Any) -> set[str]:
        tokens, counted = nlp_artifacts.tokens, 0
        words: set[str] = set()
        at = bisect.bisect_right(nlp_artifacts.tokens_indices, start) - 1
        for index in range(at, max(-1, at - self._TOKENS), -1):
            token = tokens[index]
            # The match's own token counts for what it holds before the match, as in "SSN:078-05-1120".
            piece = token.text if index != at else token.text[: start - token.idx]
            parts = {part.lower() for part in re.findall(r"[^\W\d_]+", piece)}
            words |= parts | {part.removesuffix("s") for part in parts}
            counted += bool(parts) and not token.is_stop
            if counted >= self._WORDS:
                break
        return words


def _supported(context: str, words: set[str]) -> bool:
    """Tell whether a context word, or each word of a phrase, stands among the words: whole, or a compound's end.

    "card" is in "creditcard" and "phone" in "cellphone"; words of fewer than four letters would be found anywhere.
    """
    return all(
        part in words or (len(part) >= 4 and any(w.endswith(part) or w.startswith(part) for w in words))  # noqa: PLR2004
        for part in re.findall(r"[^\W\d_]+", context.lower())
    )


def analyzer(
    pipelines: dict[str, Any],
    naming: Sequence[str],
    regions: Sequence[str],
    *,
    named: frozenset[str] = frozenset(),
    organizations: bool,
    own: Sequence[Any] = (),
) -> AnalyzerEngine:
    """Return a Presidio analyzer over loaded spaCy pipelines.

    Args:
        pipelines: A spaCy pipeline for each language.
        naming: The languages whose pipelines name entities.
        regions: ISO 3166-1 alpha-2 codes.
        named: Entity types that are looked for whatever the regions.
        organizations: Whether organisations are named, which Presidio does not by itself.
        own: Recognizers of the user's own.
    """
    ignored = NOT_ABOUT_PERSONS if organizations else (*NOT_ABOUT_PERSONS, "ORGANIZATION")
    engine = SpacyNlpEngine(
        models=[{"lang_code": language, "model_name": "loaded"} for language in pipelines],
        ner_model_configuration=NerModelConfiguration(
            labels_to_ignore=list(ignored),
            model_to_presidio_entity_mapping={label: entity_type_of(label) for label in _SPACY_LABELS},
        ),
    )
    # NOTE: the engine's own load() would download a model that is missing, and ask torch for a GPU.
    engine.nlp = pipelines
    recognizers = list(_recognizers(list(pipelines), regions, named))
    entities = [*SpacyRecognizer.ENTITIES, "STREET_ADDRESS"]
    recognizers += [SpacyRecognizer(supported_language=language, supported_entities=entities) for language in naming]
    for recognizer in recognizers:
        recognizer.context = _CONTEXT.get(recognizer.name, recognizer.context)
        if recognizer.name in _BOUNDED:
            recognizer.patterns = [_BOUNDED[recognizer.name]]
        needed = necessary(pattern.regex for pattern in getattr(recognizer, "patterns", None) or ())
        if needed:
            recognizer.analyze = _Passed(recognizer, needed)
    languages = list(pipelines)
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=[*recognizers, *own], supported_languages=languages),
        nlp_engine=engine,
        supported_languages=languages,
        context_aware_enhancer=WordContext(),
    )


def national(engine: AnalyzerEngine, regions: Iterable[str] | None = None) -> frozenset[str]:
    """Return the names of recognizers of the countries of ``regions``; of any country where None are given."""
    countries = {recognizer.name: recognizer.country_code() for recognizer in engine.registry.recognizers}
    wanted = {*countries.values()} - {None} if regions is None else _countries(regions)
    return frozenset(name for name, country in countries.items() if country in wanted)


def _countries(regions: Iterable[str]) -> set[str]:
    return {_COUNTRIES.get(region.upper(), region.lower()) for region in regions}


def pipeline(package: str | None, language: str) -> Any:
    """Return an installed spaCy pipeline, or a blank one that only cuts words.

    Raises:
        OSError: The package is not installed, or is no pipeline.
    """
    if package is None:
        return spacy.blank(language)
    # Entities come from the parser's sentences and the entity model. What only makes lemmas and parts of speech is a
    # third of the time and changes no entity; WordContext compares words without it.
    nlp = spacy.load(package, exclude=["tagger", "morphologizer", "attribute_ruler", "lemmatizer", "senter"])
    if "ner" in nlp.pipe_names:
        try:
            nlp.add_pipe(_QUICK, after="ner")
        except UnsupportedNetworkError:
            return nlp  # spaCy computes it
        nlp.disable_pipe("ner")
    return nlp


_QUICK: Final = "finetooth_entities"


@Language.factory(_QUICK)  # type: ignore[untyped-decorator]
def _quick(nlp: Language, name: str) -> FastRecognizer:
    return FastRecognizer(nlp.get_pipe("ner"))


def _recognizers(languages: list[str], regions: Sequence[str], named: frozenset[str]) -> Iterable[Any]:
    """Yield Presidio's default recognizers for the languages, and all that it has for the regions and the named types.

    A region's recognizers run on every language: a German tax number in an English chat is still one.
    """
    wanted = _countries(regions)
    own: dict[str, Any] = {
        "EmailRecognizer": lambda language, _: OfflineEmailRecognizer(language),
        "UrlRecognizer": lambda language, _: LinearUrlRecognizer(language),
        "PhoneRecognizer": lambda language, _: PlannedPhoneRecognizer(language, [region.upper() for region in regions]),
        "CreditCardRecognizer": IssuedCardRecognizer,
        "IbanRecognizer": lambda language, _: WrittenIbanRecognizer(language),
    }
    for entry in _default_recognizers():
        enabled, country = entry.get("enabled", True), entry.get("country_code")
        contexts = {
            item["language"]: item.get("context")
            for item in entry.get("supported_languages") or []
            if isinstance(item, dict)
        }
        spoken = [
            item["language"] if isinstance(item, dict) else item
            for item in entry.get("supported_languages") or languages
        ]
        kind = getattr(presidio_analyzer.predefined_recognizers, entry["name"])
        if country in wanted or (named and country and named.intersection(kind().supported_entities)):
            chosen = languages
        elif enabled and (country is None or country in _ALWAYS or country in languages):
            chosen = languages if country is None else [language for language in languages if language in spoken]
        else:
            continue
        make = own.get(entry["name"])
        for language in chosen:
            if make is not None:
                yield make(language, contexts.get(language))
            else:
                yield kind(supported_language=language)


def _default_recognizers() -> list[dict[str, Any]]:
    conf = Path(presidio_analyzer.__file__).parent / "conf" / "default_recognizers.yaml"
    entries: list[dict[str, Any]] = yaml.safe_load(conf.read_text(encoding="utf-8"))["recognizers"]
    # These call a service or a model of their own.
    return [
        entry for entry in entries if entry["name"] not in {"HuggingFaceNerRecognizer", "BasicLangExtractRecognizer"}
    ]


class _Passed:
    """Passes a text over where none of a recognizer's patterns can match."""

    def __init__(self, recognizer: Any, needed: frozenset[str]) -> None:
        self._analyze = recognizer.analyze
        self._needed = needed

    def __call__(self, text: str, *arguments: Any, **named: Any) -> list[RecognizerResult]:
        if self._needed.isdisjoint(_characters(text)):
            return []
        results: list[RecognizerResult] = self._analyze(text, *arguments, **named)
        return results


@lru_cache(maxsize=1)
def _characters(text: str) -> frozenset[str]:
    """Return the characters of a text, and the ASCII digits where it has one of any script."""
    held = frozenset(text)
    return held if text.isascii() or not any(c.isdecimal() for c in held) else held | frozenset("0123456789")
