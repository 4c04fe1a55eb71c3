"""Presidio, assembled: its recognizers, a spaCy pipeline and a context rule, without network and without surprises.

spaCy is loaded for a model, or for tokens that a user's recognizer asks for, and not otherwise.

NOTE: this module imports presidio when it is imported, as it makes its parts. Nothing imports it
but :class:`finetooth.detectors.presidio.PresidioDetector`, from its constructor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import presidio_analyzer
from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from finetooth.detectors.ner_labels import NOT_ABOUT_PERSONS, entity_type_of
from finetooth.detectors.presidio_analysis import Analysis
from finetooth.detectors.presidio_frame import loading
from finetooth.detectors.presidio_recognizers import (
    IssuedCardRecognizer,
    LinearUrlRecognizer,
    OfflineEmailRecognizer,
    PlannedPhoneRecognizer,
    WrittenIbanRecognizer,
)
from finetooth.detectors.readtext import ReadText
from finetooth.detectors.rulefiles import shipped
from finetooth.detectors.stop_words import stop_words
from finetooth.detectors.word_context import WordContext

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


class Reading(NamedTuple):
    """How texts of one language are read, and what looks at them."""

    reader: Any
    """Cuts texts into words, and names entities: `finetooth.detectors.spacy_reader.Reader`, or a `Blank`."""
    analysis: Analysis
    """The recognizers."""


def readings(
    languages: Sequence[str],
    models: Mapping[str, Any],
    regions: Sequence[str],
    *,
    named: frozenset[str] = frozenset(),
    organizations: bool,
    own: Sequence[Any] = (),
) -> dict[str, Reading]:
    """Return for each language what reads a text and what looks at it.

    Args:
        languages: The languages that are detected.
        models: spaCy pipelines that name entities, by their language.
        regions: ISO 3166-1 alpha-2 codes.
        named: Entity types that are looked for whatever the regions.
        organizations: Whether organisations are named, which Presidio does not by itself.
        own: Recognizers of the user's own.

    Raises:
        ImportError: spaCy has no such language.
    """
    readers = {language: _reader(language, models.get(language)) for language in languages}
    ignored = NOT_ABOUT_PERSONS if organizations else (*NOT_ABOUT_PERSONS, "ORGANIZATION")
    names = {label: entity_type_of(label) for label in _SPACY_LABELS}

    def name(label: str) -> str | None:
        known = names.get(label, label)
        return None if label in ignored or known in ignored else known

    @cache
    def engine() -> Any:
        with loading():
            from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine  # noqa: PLC0415 - heavy

        made = SpacyNlpEngine(
            models=[{"lang_code": language, "model_name": "loaded"} for language in readers],
            ner_model_configuration=NerModelConfiguration(
                labels_to_ignore=list(ignored), model_to_presidio_entity_mapping=names
            ),
        )
        # NOTE: the engine's own load() would download a model that is missing, and ask torch for a GPU.
        made.nlp = {language: models.get(language) or reader.load() for language, reader in readers.items()}
        return made

    def artifacts(language: str, doc: Any) -> Any:
        return engine()._doc_to_nlp_artifact(doc, language)

    recognizers = list(_recognizers(list(readers), regions, named))
    entities = [*SpacyRecognizer.ENTITIES, "STREET_ADDRESS"]
    recognizers += [SpacyRecognizer(supported_language=language, supported_entities=entities) for language in models]
    for recognizer in recognizers:
        recognizer.context = _CONTEXT.get(recognizer.name, recognizer.context)
        if recognizer.name in _BOUNDED:
            recognizer.patterns = [_BOUNDED[recognizer.name]]
    return {
        language: Reading(
            reader,
            Analysis(
                (each for each in (*recognizers, *own) if each.supported_language == language),
                name,
                WordContext(_stop_words(language, reader)),
                partial(artifacts, language),
            ),
        )
        for language, reader in readers.items()
    }


class Blank:
    """Reads texts of a language without a model: no entities, and tokens where somebody asks for them."""

    how = "no entities"

    def __init__(self, language: str) -> None:
        """Take the language.

        Raises:
            ImportError: spaCy has no such language.
        """
        self._language = language
        self.nlp: Any | None = None
        """A spaCy pipeline that only cuts words; None until somebody asked."""
        if stop_words(language) is None:
            self.load()  # a language under another name, or none

    def load(self) -> Any:
        """Return the pipeline."""
        if self.nlp is None:
            with loading():
                import spacy  # noqa: PLC0415 - heavy

                self.nlp = spacy.blank(self._language)
        return self.nlp

    def make_doc(self, text: str) -> Any:
        """Return the tokens of a text."""
        return self.load().make_doc(text)

    def read(self, texts: Sequence[str]) -> list[ReadText]:
        """Return each text, unread so far."""
        return [ReadText(text, self) for text in texts]


def _reader(language: str, model: Any | None) -> Any:
    if model is None:
        return Blank(language)
    from finetooth.detectors.spacy_reader import Reader  # noqa: PLC0415 - computes networks

    return Reader(model)


def _stop_words(language: str, reader: Any) -> Collection[str]:
    told = stop_words(language)
    return reader.nlp.Defaults.stop_words if told is None else told


def national(read: Mapping[str, Reading], regions: Iterable[str] | None = None) -> frozenset[str]:
    """Return the names of recognizers of the countries of ``regions``; of any country where None are given."""
    recognizers = (recognizer for reading in read.values() for recognizer in reading.analysis.recognizers)
    countries = {recognizer.name: recognizer.country_code() for recognizer in recognizers}
    wanted = {*countries.values()} - {None} if regions is None else _countries(regions)
    return frozenset(name for name, country in countries.items() if country in wanted)


def _countries(regions: Iterable[str]) -> set[str]:
    return {_COUNTRIES.get(region.upper(), region.lower()) for region in regions}


def pipeline(package: str) -> Any:
    """Return an installed spaCy pipeline.

    Raises:
        OSError: The package is not installed, or is no pipeline.
    """
    with loading():
        import spacy  # noqa: PLC0415 - heavy

        # Entities come from the parser's sentences and the entity model. What only makes lemmas and parts of speech is
        # a third of the time and changes no entity; WordContext compares words without it.
        return spacy.load(package, exclude=["tagger", "morphologizer", "attribute_ruler", "lemmatizer", "senter"])


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
    entries: list[dict[str, Any]] = shipped(conf)["recognizers"]
    # These call a service or a model of their own.
    return [
        entry for entry in entries if entry["name"] not in {"HuggingFaceNerRecognizer", "BasicLangExtractRecognizer"}
    ]
