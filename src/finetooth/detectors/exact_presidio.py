"""Presidio to the letter, only sooner: what `AnalyzerEngine.analyze` finds, found in a fraction of the time.

Its default recognizers with their scores, its context rule with its faults, its model with the sentences and lemmas of
spaCy's parser and tagger; each computed as :mod:`finetooth.detectors.spacy_reader` and its neighbours do, and only
where it can change a finding. `tests/detectors/test_exact_presidio.py` compares it with Presidio itself.

Two things differ on purpose. Nothing goes to the network: the list of public suffixes is the one that tldextract ships.
And a text that Presidio gives up (a pattern that runs into its time limit, an error) is ``Undetected``, not clean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from finetooth.detectors import presidio_frame as frame
from finetooth.detectors.detector import Detection, Undetected
from finetooth.detectors.ner_models import ner_models
from finetooth.detectors.presidio import rule_id, validation_of
from finetooth.errors import PolicyError
from finetooth.match import Match
from finetooth.policy import Detect
from finetooth.span import Span

_CHARACTERS: Final = 262_144
"""In code points: so much is read at once. A longer text is read alone, whole, as Presidio reads it."""


class ExactPresidioDetector:
    """Finds what Presidio finds. Build one per process."""

    name = "presidio"

    def __init__(self, detect: Detect) -> None:
        """Load spaCy's pipeline and Presidio's recognizers.

        Raises:
            PolicyError: the policy asks for what Presidio by itself does not have, or names no installed model.
            IncompleteError: Presidio could not be loaded.
        """
        if [language.lower() for language in detect.languages] != ["en"]:
            raise PolicyError("detect.presidio: exact is Presidio for English; set detect.languages to [en], or tamed")
        if detect.rules or detect.recognizers:
            raise PolicyError("detect.presidio: exact runs no rules or recognizers beside Presidio's; set it to tamed")
        models = ner_models(detect)
        if len(models) != 1 or models[0].scheme != "spacy":
            raise PolicyError("detect.presidio: exact has one spaCy model; name one in detect.ner, or none")
        package = frame.package_of(models[0])
        frame.engine()  # the first import of Presidio is in there, with its time limit
        try:
            with frame.loading():
                from finetooth.detectors import exact_engine  # noqa: PLC0415 - heavy

                self._reader, self._analysis = exact_engine.reading(package)
        except OSError as error:
            raise frame.missing(package) from error
        self._off = {name for name, override in detect.entities.items() if not override.enabled}
        self.version = f"{frame.versions([self._reader.nlp])}, exact, {self._reader.how}"

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the findings of Presidio in each text, in order of their place."""
        answers: list[Detection] = []
        with frame.Hush() as hush:
            for batch in _batches([frame.safe(text) for text in texts]):
                with frame.remembered_words(self._reader.nlp):
                    found = frame.analysed(batch, self._reader, self._analysis, hush)
                    answers += [each if isinstance(each, Undetected) else self._matches(each) for each in found]
        return answers

    def _matches(self, results: Sequence[Any]) -> tuple[Match, ...]:
        matches = (_match(result) for result in results if result.entity_type not in self._off)
        return tuple(sorted(matches, key=lambda m: (m.span, m.rule, -m.score)))


def _match(result: Any) -> Match:
    explanation = result.analysis_explanation
    recognizer, entity_type = explanation.recognizer, result.entity_type
    named = recognizer == "SpacyRecognizer"
    proof = "none" if named else validation_of(recognizer, explanation)
    return Match(rule_id(recognizer, entity_type), entity_type, Span(result.start, result.end), result.score, proof)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and characters + len(text) > _CHARACTERS:
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
