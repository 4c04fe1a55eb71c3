"""Presidio as it comes, assembled for `ExactPresidioDetector`: its configuration, recognizers and context rule.

NOTE: this module imports presidio and spaCy when it is imported; see :mod:`finetooth.detectors.presidio_engine`.
"""
# mypy: disable-error-code="misc"
# Presidio's classes are untyped to mypy (see pyproject.toml), and the ports can only be met by subclassing them.

from __future__ import annotations

from pathlib import Path
from typing import Any

import presidio_analyzer
import spacy
import tldextract
from presidio_analyzer import AnalysisExplanation, AnalyzerEngine, EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import EmailRecognizer, PhoneRecognizer, SpacyRecognizer

from finetooth.detectors.lemma_context import LemmaContext, QuickLemmaContext
from finetooth.detectors.phone_matching import phone_numbers
from finetooth.detectors.presidio_analysis import Analysis
from finetooth.detectors.presidio_engine import Reading
from finetooth.detectors.rulefiles import shipped
from finetooth.detectors.spacy_reader import Reader
from finetooth.detectors.token_vectors import UnsupportedNetworkError


def reading(package: str) -> Reading:
    """Return what reads an English text, and Presidio's default recognizers.

    Args:
        package: a spaCy pipeline.

    Raises:
        OSError: it is not installed, or is no pipeline.
    """
    nlp = spacy.load(package)
    configuration = _ner_configuration()
    engine = SpacyNlpEngine([{"lang_code": "en", "model_name": package}], configuration)
    # NOTE: the engine's own load() would download a model that is missing, and ask torch for a GPU.
    engine.nlp = {"en": nlp}
    recognizers = [_ours(each) for each in AnalyzerEngine(nlp_engine=engine).registry.recognizers]
    ignored = frozenset(configuration.labels_to_ignore)

    def name(label: str) -> str | None:
        known: str = configuration.model_to_presidio_entity_mapping.get(label, label)
        return None if label in ignored or known in ignored else known

    supported = {
        entity for each in recognizers if isinstance(each, SpacyRecognizer) for entity in each.supported_entities
    }
    labels = nlp.get_pipe("ner").labels if "ner" in nlp.pipe_names else ()
    reader = Reader(nlp, telling={label for label in labels if name(label) in supported})
    context: LemmaContext
    try:
        context = QuickLemmaContext(reader)
    except UnsupportedNetworkError as error:
        # The reader has taken the parser over, and what is left of the pipeline cannot be called.
        reader = Reader(spacy.load(package), plainly=str(error))
        engine.nlp = {"en": reader.nlp}
        context = LemmaContext(reader.nlp)
    return Reading(reader, Analysis(recognizers, name, context, lambda doc: engine._doc_to_nlp_artifact(doc, "en")))


def _ner_configuration() -> NerModelConfiguration:
    conf = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    told: dict[str, Any] = shipped(conf)["ner_model_configuration"]
    told["low_score_entity_names"] = [name for name in told.get("low_score_entity_names") or () if name]
    return NerModelConfiguration(**told)


def _ours(recognizer: EntityRecognizer) -> EntityRecognizer:
    if type(recognizer) is EmailRecognizer:
        extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        recognizer.validate_result = lambda address: extract(address).fqdn != ""
    if type(recognizer) is PhoneRecognizer:
        return _QuickPhoneRecognizer(
            context=recognizer.context,
            supported_language=recognizer.supported_language,
            supported_regions=recognizer.supported_regions,
            leniency=recognizer.leniency,
            name=recognizer.name,
        )
    return recognizer


class _QuickPhoneRecognizer(PhoneRecognizer):
    """Presidio's phone recognizer, which asks nothing twice."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Return the numbers of a text that are valid in one of the plans."""
        numbers = phone_numbers(text, self.supported_regions, self.leniency)
        places = dict.fromkeys((number.start, number.end) for _, number in numbers)
        results = [
            RecognizerResult(
                self.supported_entities[0],
                start,
                end,
                self.SCORE,
                AnalysisExplanation(recognizer=self.name, original_score=self.SCORE),
                {
                    RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                    RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                },
            )
            for start, end in places
        ]
        unique: list[RecognizerResult] = EntityRecognizer.remove_duplicates(results)
        return unique
