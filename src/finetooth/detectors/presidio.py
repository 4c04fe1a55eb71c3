"""The identifier detector: Presidio's recognizers over a spaCy pipeline.

Presidio is a fine collection of recognizers inside a loose frame: it fetches lists from the network, logs the values it
finds, and skips a text that takes too long, calling it clean. This adapter keeps the collection and closes the frame:
nothing is fetched or logged, and a text that was not finished is ``Undetected``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from finetooth.detectors import presidio_frame as frame
from finetooth.detectors import proofs
from finetooth.detectors.detector import Detection, Undetected
from finetooth.detectors.fillers import is_filler, is_stand_in
from finetooth.detectors.ner_models import ner_models
from finetooth.detectors.ner_spans import tidy
from finetooth.detectors.windows import Window, windows
from finetooth.errors import PolicyError
from finetooth.match import Match, Validation
from finetooth.policy import Detect
from finetooth.span import Span

_WINDOW: Final = 20_000
_OVERLAP: Final = 1_000
"""In code points. spaCy refuses texts over a million, its memory grows with the longest, and Presidio compares
each match of a text with each other."""

_BATCH: Final = 64
"""Texts that spaCy reads at once; more gains nothing and holds more documents in memory."""

_WEAK: Final = 0.3
"""A pattern that Presidio scores no higher is a shape such as "8 to 17 digits": no evidence by itself."""


class PresidioDetector:
    """Finds identifiers of persons. Build one per process: a pipeline takes a second and 200 MB."""

    name = "presidio"

    def __init__(self, detect: Detect) -> None:
        """Load the spaCy pipeline and Presidio's recognizers.

        Raises:
            PolicyError: ``detect.ner`` names no installed model, one of a language that is not detected, or two of one;
                or one of ``detect.recognizers`` cannot be loaded.
            IncompleteError: Presidio could not be loaded.
        """
        packages = [frame.package_of(model) for model in ner_models(detect) if model.scheme != "transformers"]
        engine = frame.engine()
        languages = _languages(detect)
        models: dict[str, Any] = {}
        for package in packages:
            try:
                model = engine.pipeline(package)
            except OSError as error:
                raise frame.missing(package) from error
            if model.lang not in languages:
                raise PolicyError(
                    f"detect.ner: {package} is a model for '{model.lang}', which is not among detect.languages "
                    f"({', '.join(languages)}); add it there, or name another model, or null"
                )
            if models.setdefault(model.lang, model) is not model:
                raise PolicyError(
                    f"detect.ner: {package} is a second spaCy model for '{model.lang}'; name one of the two"
                )
        own = own_recognizers(detect)
        try:
            self._readings: dict[str, Any] = engine.readings(
                languages,
                models,
                detect.regions,
                named=detect.named(),
                organizations="ORGANIZATION" not in detect.off(),
                own=own,
            )
        except ImportError as error:
            raise PolicyError(f"detect.languages: spaCy has no language among {', '.join(languages)}") from error
        self._off = detect.off()
        self._asked = Asked(
            types=detect.named(),
            chosen=engine.national(self._readings, detect.chosen_regions()),
            others=engine.national(self._readings) - engine.national(self._readings, detect.regions),
        )
        # Where there is no model, nothing tells how it was computed.
        how = dict.fromkeys(self._readings[language].reader.how for language in models)
        self.version = ", ".join([frame.versions(tuple(models.values())), *how, *(each.version for each in own[:1])])

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the identifiers of each text, in order of their place."""
        safe = [frame.safe(text) for text in texts]
        found: list[set[Match] | Undetected] = [set() for _ in safe]
        pieces = [(index, window) for index, text in enumerate(safe) for window in windows(text, _WINDOW, _OVERLAP)]
        with frame.Hush() as hush:
            for first in range(0, len(pieces), _BATCH):
                self._detect_batch(safe, pieces[first : first + _BATCH], found, hush)
        return [
            matches
            if isinstance(matches, Undetected)
            else tuple(sorted(_joined(matches), key=lambda m: (m.span, m.rule, -m.score)))
            for matches in found
        ]

    def _detect_batch(
        self, texts: list[str], pieces: list[tuple[int, Window]], found: list[set[Match] | Undetected], hush: frame.Hush
    ) -> None:
        for reader, analysis in self._readings.values():
            with frame.remembered_words(reader.nlp):
                cut = [texts[index][window.start : window.end] for index, window in pieces]
                answers = frame.analysed(cut, reader, analysis, hush)
                for (index, window), text, answer in zip(pieces, cut, answers, strict=True):
                    so_far = found[index]
                    if isinstance(so_far, Undetected):
                        continue
                    if isinstance(answer, Undetected):
                        found[index] = answer
                        continue
                    matches = (_match(text, result, self._asked) for result in answer)
                    shifted = (_shifted(match, window) for match in matches if match)
                    so_far.update(m for m in shifted if m.entity_type not in self._off and window.keeps(m.span.start))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a policy asks Presidio for: the more plainly, the less a value has to say for itself."""

    types: frozenset[str]
    """Entity types that it names."""
    chosen: frozenset[str]
    """Recognizers of countries that somebody chose."""
    others: frozenset[str]
    """Recognizers of countries that are not among its regions, and run all the same."""


def own_recognizers(detect: Detect) -> list[Any]:
    """Return the Presidio recognizers of the policy's own.

    Raises:
        PolicyError: One cannot be loaded.
        IncompleteError: Presidio could not be loaded.
    """
    if not detect.recognizers:
        return []
    frame.engine()  # the first import of Presidio is in there, with its time limit
    from finetooth.detectors import own_recognizers as own  # noqa: PLC0415 - imports presidio

    return own.load(detect, _languages(detect))


def _languages(detect: Detect) -> list[str]:
    return list(dict.fromkeys(language.lower() for language in detect.languages))


def rule_id(recognizer: str, entity_type: str) -> str:
    """Return the stable id of what a recognizer finds: its class name in kebab case, and for NER the type too.

    >>> rule_id("CreditCardRecognizer", "CREDIT_CARD"), rule_id("SpacyRecognizer", "PERSON")
    ('presidio.credit-card', 'presidio.spacy.person')
    """
    kebab = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", recognizer.removesuffix("Recognizer")).lower()
    return f"presidio.{kebab}.{entity_type.lower().replace('_', '-')}" if kebab == "spacy" else f"presidio.{kebab}"


def _match(text: str, result: Any, asked: Asked) -> Match | None:
    explanation = result.analysis_explanation
    recognizer = explanation.recognizer
    entity_type, span = result.entity_type, Span(result.start, result.end)
    if recognizer == "SpacyRecognizer":
        tidied = tidy(entity_type, text, span)
        if tidied is None:
            return None
        entity_type, span = tidied
        return Match(rule_id(recognizer, entity_type), entity_type, span, result.score, "none")
    trimmed = _without_space(text, span)
    if trimmed is not None and recognizer.startswith("own."):
        return _own_match(recognizer, result, trimmed)
    if trimmed is None or _inside_a_run(text, trimmed):
        return None
    value = trimmed.of(text)
    nobodys = is_filler(entity_type, value) or (
        recognizer == "CreditCardRecognizer" and _no_card(text[trimmed.start - 1 : trimmed.start], value, explanation)
    )
    proven = not nobodys and not is_stand_in(entity_type, value)
    validation: Validation = validation_of(recognizer, explanation) if proven else "none"
    if entity_type not in asked.types and (
        nobodys or (validation == "none" and not _worth_a_look(text, value, explanation, asked))
    ):
        return None
    return Match(rule_id(recognizer, entity_type), entity_type, trimmed, result.score, validation)


def _no_card(before: str, value: str, explanation: Any) -> bool:
    """Tell whether a number that passes Luhn is no card: no issuer has its prefix, or it is dialled, after a plus.

    Airlines' cards (UATP) begin with 1 and have 15 digits, as many numbers have by which devices are told apart.
    """
    unsaid = value.startswith("1") and not explanation.supportive_context_word
    return explanation.validation_result is None or before == "+" or unsaid


def _own_match(recognizer: str, result: Any, span: Span) -> Match | None:
    """Return what a recognizer of the user's own found. No filter of ours looks at it; a weak shape is still one."""
    explanation = result.analysis_explanation
    supported = bool(explanation.supportive_context_word)
    proof: Validation = "structure" if explanation.validation_result else "context" if supported else "none"
    if proof == "none" and explanation.original_score <= _WEAK:
        return None
    return Match(f"presidio.{recognizer}", result.entity_type, span, result.score, proof)


def _worth_a_look(text: str, value: str, explanation: Any, asked: Asked) -> bool:
    """Tell whether what nothing proves is still for a person to review, or too common a shape for that.

    - A month and a year are.
    - A shape of capitals and digits, or of digits in groups, is, where the policy names its country; small letters make
      words of a sentence, "for a 3", unless they are all that the text says.
    - A bare run of digits is, where somebody chose its country; elsewhere where a check digit holds and it is all that
      the text says, as in a column without a name: in a sentence, words would stand beside it.
    - What says nothing by its shape is, where somebody chose its country and it is all that the text says.
    """
    recognizer, pattern = explanation.recognizer, explanation.pattern_name
    weak_check = recognizer in proofs.WEAK
    if explanation.original_score > _WEAK and not weak_check:
        return True
    if pattern == "mm/yyyy or m/yyyy":
        return re.search(r"/(?:19|20)[0-9]{2}$", value) is not None
    if recognizer in asked.others:
        return False
    chosen, whole = recognizer in asked.chosen, value == text.strip()
    if recognizer in proofs.VAGUE or pattern in proofs.VAGUE:
        return chosen and whole
    if weak_check and (chosen or whole):
        return True
    return (chosen or not value.isdigit()) and (whole or value == value.upper())


def validation_of(recognizer: str, explanation: Any) -> Validation:
    """Return how a match of one of Presidio's recognizers is proven."""
    supported = bool(explanation.supportive_context_word)
    # A recognizer that only *invalidates* reports no result; that it emitted the match means that the check held.
    held = explanation.validation_result is not False
    if explanation.pattern_name == "service":
        return "none"  # no word makes a freephone number a person's
    if recognizer in proofs.STRONG and held:
        return "checksum"
    if recognizer in proofs.WEAK and held and supported:
        return "checksum"
    if recognizer in proofs.STRUCTURE and explanation.pattern_name in proofs.FORMED:
        return "structure"
    return "context" if supported else "none"


def _joined(matches: Iterable[Match]) -> Iterator[Match]:
    """Join what several models call alike in overlapping places: "Madame Hélène" and "Hélène Dupont"."""
    named: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: (m.span, m.rule)):
        if not match.rule.startswith(_NAMED):
            yield match
            continue
        before = named.get(match.rule)
        if before is not None and before.span.overlaps(match.span):
            span = Span(before.span.start, max(before.span.end, match.span.end))
            named[match.rule] = Match(match.rule, match.entity_type, span, max(before.score, match.score), "none")
        else:
            if before is not None:
                yield before
            named[match.rule] = match
    yield from named.values()


_NAMED: Final = "presidio.spacy."


def _without_space(text: str, span: Span) -> Span | None:
    value = span.of(text)
    start = span.start + len(value) - len(value.lstrip())
    end = span.end - (len(value) - len(value.rstrip()))
    return Span(start, end) if start < end else None


def _inside_a_run(text: str, span: Span) -> bool:
    """Tell whether a match was cut out of a longer run of letters and digits, of which it is then not a part."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    return (before.isalnum() and before.isascii() and text[span.start].isalnum()) or (
        after.isalnum() and after.isascii() and text[span.end - 1].isalnum()
    )


def _shifted(match: Match, window: Window) -> Match:
    span = Span(match.span.start + window.start, match.span.end + window.start)
    return Match(match.rule, match.entity_type, span, match.score, match.validation)
