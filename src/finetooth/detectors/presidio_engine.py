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
from pathlib import Path
from typing import Any, Final

import presidio_analyzer
import spacy
import tldextract
import yaml
from phonenumbers import PhoneNumberMatcher
from presidio_analyzer import AnalysisExplanation, AnalyzerEngine, Pattern, RecognizerRegistry, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    PhoneRecognizer,
    SpacyRecognizer,
    UrlRecognizer,
)

_COUNTRIES: Final = {"GB": "uk"}
"""Presidio calls countries by ISO 3166-1 in lower case, but for one."""

_ALWAYS: Final = frozenset({"us", "uk"})
"""Countries whose default recognizers for English Presidio loads whatever the region; so do we."""

_CONTEXT: Final[dict[str, list[str]]] = {
    # Presidio's own lists hold words that stand before any number, or anywhere.
    "PhoneRecognizer": ["phone", "telephone", "tel", "cell", "cellphone", "mobile", "call", "fax", "dial", "sms", "whatsapp"],
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

_NOT_A_NAME: Final = [
    "CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY", "WORK_OF_ART",
]  # fmt: skip
"""Labels of OntoNotes that are not about persons; Presidio ignores the same."""


class OfflineEmailRecognizer(EmailRecognizer):
    """Presidio's e-mail recognizer, with the public-suffix list that tldextract ships instead of a download."""

    # RFC 5321 section 4.5.3.1.1 limits the local part to 64 octets. Presidio's pattern does not, and takes quadratic
    # time on a long run of letters and dots, until its time limit makes it lose the text. It also takes / ? = & { | }
    # for part of the address: legal, but in text they are what stands around one (?mail=bob@…, {bob@…}).
    PATTERNS = [  # noqa: RUF012 - as the port has it
        Pattern(
            "Email (Medium)",
            r"\b(?:[!#$%'*+\-^_`~\w](?:[!#$%'*+\-^_`~\.\w]{0,62}[!#$%'*+\-^_`~\w])?"
            r"[@]\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+)\b",
            0.5,
        )
    ]

    def __init__(self, supported_language: str) -> None:
        super().__init__(supported_language=supported_language, name="EmailRecognizer")
        self._extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    def validate_result(self, pattern_text: str) -> bool:
        """Tell whether the domain ends in a public suffix."""
        return self._extract(pattern_text.rpartition("@")[2]).fqdn != ""


class LinearUrlRecognizer(UrlRecognizer):
    """Presidio's URL recognizer, begun only where a host name can begin.

    Its pattern starts anew at every letter of a run such as ``a.a.a.a``, which is quadratic. A match that begins inside
    a run would also have been found from the run's beginning, so nothing is lost.
    """

    def __init__(self, supported_language: str) -> None:
        host = r"(?<![a-z0-9.\-])" + UrlRecognizer.BASE_URL_REGEX
        super().__init__(
            patterns=[
                Pattern("Standard Url", "(?i)(?:https?://)" + UrlRecognizer.BASE_URL_REGEX, 0.6),
                Pattern("Non schema URL", "(?i)" + host, 0.5),
            ],
            supported_language=supported_language,
            name="UrlRecognizer",
        )


class IssuedCardRecognizer(CreditCardRecognizer):
    """Presidio's card recognizer, for every length of ISO/IEC 7812 and only for prefixes that are issued."""

    PATTERNS = [  # noqa: RUF012 - as the port has it
        *CreditCardRecognizer.PATTERNS,
        Pattern("Card of 12 to 19 digits", r"\b[2-6]\d{3}[- ]?\d{4}[- ]?\d{4}(?:[- ]?\d{1,4}(?:[- ]?\d{1,3})?)?\b", 0.3),
    ]
    _ISSUED = re.compile(
        r"4\d{11,18}|5[0-8]\d{10,17}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11,16}"
        r"|(?:2131|1800)\d{11}|35\d{14,17}|6\d{11,18}"
    )

    def __init__(self, supported_language: str, context: list[str] | None = None) -> None:
        super().__init__(
            patterns=self.PATTERNS, context=context, supported_language=supported_language, name="CreditCardRecognizer"
        )

    def validate_result(self, pattern_text: str) -> bool:
        """Tell whether an issuer has this prefix, and the Luhn digit holds."""
        digits = re.sub(r"\D", "", pattern_text)
        # All digits alike pass Luhn for 0 and are no card.
        return (
            len(set(digits)) > 1
            and self._ISSUED.fullmatch(digits) is not None
            and bool(super().validate_result(pattern_text))
        )


class PlannedPhoneRecognizer(PhoneRecognizer):
    """Presidio's phone recognizer, which also says how the number was written."""

    def __init__(self, supported_language: str, regions: Sequence[str]) -> None:
        """Look for numbers of the plans of ``regions``, and of Presidio's own regions as weaker evidence."""
        others = [region for region in PhoneRecognizer.DEFAULT_SUPPORTED_REGIONS if region not in regions]
        super().__init__(
            supported_language=supported_language, supported_regions=[*regions, *others], name="PhoneRecognizer"
        )
        self._expected = frozenset(regions)

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return numbers that are valid in a plan; the explanation's pattern is ``grouped``, ``foreign`` or ``bare``.

        A bare run of digits is as well an order number or a time stamp; a grouped one of a plan that nobody asked for is
        as well a date or a price. Only a number written in groups, or with a plus, is evidence by itself.
        """
        if sum(map(str.isdigit, text)) < 6:  # noqa: PLR2004 - no plan has shorter numbers
            return []
        found: dict[tuple[int, int], str] = {}
        for region in self.supported_regions:
            for match in PhoneNumberMatcher(text, region, leniency=self.leniency):
                number = text[match.start : match.end]
                written = "bare" if re.fullmatch(r"\d+", number) else "grouped"
                if written == "grouped" and region not in self._expected and not number.lstrip("(").startswith("+"):
                    written = "foreign"
                found.setdefault((match.start, match.end), written)
        return [self._result(start, end, written) for (start, end), written in found.items()]

    def _result(self, start: int, end: int, written: str) -> RecognizerResult:
        return RecognizerResult(
            entity_type=self.supported_entities[0],
            start=start,
            end=end,
            score=self.SCORE,
            analysis_explanation=AnalysisExplanation(
                recognizer=self.name, original_score=self.SCORE, pattern_name=written
            ),
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
            },
        )


class WordContext(ContextAwareEnhancer):
    """Presidio's context rule, by whole words and in linear time.

    Presidio's own compares by substring, so that "pub*lic*" supports a driver's *lic*ence, never matches a phrase, walks
    all tokens for each match, and its error message holds the value. The factors are its own.
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
                result.score = min(max(result.score + self.context_similarity_factor, self.min_score_with_context_similarity), 1.0)
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
            words |= parts | ({token.lemma_.lower()} if index != at and token.lemma_ else set())
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
    pipelines: dict[str, Any], model_language: str | None, regions: Sequence[str], *, organizations: bool
) -> AnalyzerEngine:
    """Return a Presidio analyzer over loaded spaCy pipelines.

    Args:
        pipelines: A spaCy pipeline for each language.
        model_language: The language whose pipeline names entities; None where none does.
        regions: ISO 3166-1 alpha-2 codes.
        organizations: Whether organisations are named. Presidio leaves them out, for their many false positives.
    """
    ignored = _NOT_A_NAME if organizations else [*_NOT_A_NAME, "ORGANIZATION"]
    mapping = {
        "PER": "PERSON", "PERSON": "PERSON", "NORP": "NRP", "FAC": "LOCATION", "LOC": "LOCATION", "GPE": "LOCATION",
        "LOCATION": "LOCATION", "ORG": "ORGANIZATION", "ORGANIZATION": "ORGANIZATION", "DATE": "DATE_TIME", "TIME": "DATE_TIME",
        "persName": "PERSON", "placeName": "LOCATION", "geogName": "LOCATION", "orgName": "ORGANIZATION", "date": "DATE_TIME",
        "time": "DATE_TIME",
    }  # fmt: skip
    engine = SpacyNlpEngine(
        models=[{"lang_code": language, "model_name": "loaded"} for language in pipelines],
        ner_model_configuration=NerModelConfiguration(
            labels_to_ignore=[*ignored, "MISC"], model_to_presidio_entity_mapping=mapping
        ),
    )
    # NOTE: the engine's own load() would download a model that is missing, and ask torch for a GPU.
    engine.nlp = pipelines
    recognizers = list(_recognizers(list(pipelines), regions))
    if model_language is not None:
        recognizers.append(SpacyRecognizer(supported_language=model_language))
    for recognizer in recognizers:
        recognizer.context = _CONTEXT.get(recognizer.name, recognizer.context)
        if recognizer.name in _BOUNDED:
            recognizer.patterns = [_BOUNDED[recognizer.name]]
    languages = list(pipelines)
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=recognizers, supported_languages=languages),
        nlp_engine=engine,
        supported_languages=languages,
        context_aware_enhancer=WordContext(),
    )


def pipeline(package: str | None, language: str) -> Any:
    """Return an installed spaCy pipeline, or a blank one that only cuts words.

    Raises:
        OSError: The package is not installed, or is no pipeline.
    """
    return spacy.load(package) if package is not None else spacy.blank(language)


def _recognizers(languages: list[str], regions: Sequence[str]) -> Iterable[Any]:
    """Yield Presidio's default recognizers for the languages, and all that it has for the regions.

    A region's recognizers run on every language: a German tax number in an English chat is still one.
    """
    wanted = {_COUNTRIES.get(region.upper(), region.lower()) for region in regions}
    own: dict[str, Any] = {
        "EmailRecognizer": lambda language, _: OfflineEmailRecognizer(language),
        "UrlRecognizer": lambda language, _: LinearUrlRecognizer(language),
        "PhoneRecognizer": lambda language, _: PlannedPhoneRecognizer(language, [region.upper() for region in regions]),
        "CreditCardRecognizer": IssuedCardRecognizer,
    }
    for entry in _default_recognizers():
        enabled, country = entry.get("enabled", True), entry.get("country_code")
        contexts = {
            item["language"]: item.get("context")
            for item in entry.get("supported_languages") or []
            if isinstance(item, dict)
        }
        spoken = [item["language"] if isinstance(item, dict) else item for item in entry.get("supported_languages") or languages]
        if country in wanted:
            chosen = languages
        elif enabled and (country is None or country in _ALWAYS or country in languages):
            chosen = languages if country is None else [language for language in languages if language in spoken]
        else:
            continue
        make = own.get(entry["name"])
        kind = getattr(presidio_analyzer.predefined_recognizers, entry["name"])
        for language in chosen:
            if make is not None:
                yield make(language, contexts.get(language))
            else:
                yield kind(supported_language=language)


def _default_recognizers() -> list[dict[str, Any]]:
    conf = Path(presidio_analyzer.__file__).parent / "conf" / "default_recognizers.yaml"
    entries: list[dict[str, Any]] = yaml.safe_load(conf.read_text(encoding="utf-8"))["recognizers"]
    # These call a service or a model of their own.
    return [entry for entry in entries if entry["name"] not in {"HuggingFaceNerRecognizer", "BasicLangExtractRecognizer"}]
