"""Detectors that find what they are told to, for tests of what is built on them."""

import re

from finetooth.detectors.detector import Undetected
from finetooth.match import Match
from finetooth.span import Span


class PatternDetector:
    """Finds one entity type by one pattern, and fails on texts that hold ``poison``."""

    name = "pattern"
    version = "1"

    def __init__(self, pattern=r"\bACC-\d{4,}\b", entity_type="ACCOUNT_NUMBER", validation="context"):
        self._pattern = re.compile(pattern)
        self._entity_type = entity_type
        self._validation = validation

    def detect(self, texts, keys=None):
        return [self._detect(text) for text in texts]

    def _detect(self, text):
        if "poison" in text:
            return Undetected("the detector ran out of time; shorten the text")
        return tuple(
            Match(f"fake.{self._entity_type.lower()}", self._entity_type, Span(*found.span()), 0.9, self._validation)
            for found in self._pattern.finditer(text)
        )
