"""Values drawn from the patterns and checks of Presidio's recognizers: what one finds alone is found by name."""

import re._constants as op
import re._parser as parser
from collections import defaultdict
from random import Random

import pytest

from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.detectors.overlaps import resolve
from finetooth.detectors.presidio import PresidioDetector
from finetooth.policy import Detect, EntityOverride

TEXTS = ("{}", "({}).", "my number is {}, thanks", "see\n{}\nbelow", "x={}", '"{}" is valid until next year')
TRIES = 20_000
CLASSES = {op.CATEGORY_DIGIT: "0123456789", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "aKxZ059"}


def drawn(items, random):
    """Return a text that the items of a parsed pattern match, lookarounds aside."""
    return "".join(_one(code, argument, random) for code, argument in items)


def _one(code, argument, random):
    if code is op.LITERAL:
        return chr(argument)
    if code is op.IN:
        return random.choice(_members(argument))
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, inner = argument
        return "".join(drawn(inner, random) for _ in range(random.randint(least, min(most, least + 8))))
    if code is op.SUBPATTERN:
        return drawn(argument[-1], random)
    if code is op.BRANCH:
        return drawn(random.choice(argument[1]), random)
    return ""


def _members(items):
    members = ""
    for code, argument in items:
        if code is op.LITERAL:
            members += chr(argument)
        elif code is op.RANGE:
            members += "".join(map(chr, range(argument[0], argument[1] + 1)))
        elif code is op.CATEGORY:
            members += CLASSES[argument]
    return members


def recognizers():
    """Return Presidio's recognizers by country that are made of patterns, those for hosts and mail aside."""
    from presidio_analyzer import PatternRecognizer
    from presidio_analyzer.predefined_recognizers import EmailRecognizer, UrlRecognizer

    from finetooth.detectors.presidio_engine import _default_recognizers, presidio_analyzer

    by_country = defaultdict(list)
    for entry in _default_recognizers():
        recognizer = getattr(presidio_analyzer.predefined_recognizers, entry["name"])(supported_language="en")
        if isinstance(recognizer, PatternRecognizer) and not isinstance(recognizer, EmailRecognizer | UrlRecognizer):
            by_country[recognizer.country_code() or "us"].append(recognizer)
    return by_country


def values(recognizer, random):
    """Yield up to three values of each pattern that the recognizer finds whole."""
    for pattern in recognizer.patterns:
        try:
            items = parser.parse(pattern.regex)
        except parser.error:  # syntax of the regex package
            continue
        found = 0
        for _ in range(TRIES):
            value = drawn(items, random)
            if found == 3:
                break
            if value == value.strip() and [(0, len(value))] == spans(recognizer, value):
                found += 1
                yield value


def spans(recognizer, text):
    found = recognizer.analyze(text, recognizer.supported_entities, None)
    return sorted({(each.start, each.end) for each in found if each.score > 0})


@pytest.mark.slow
def test_what_a_recognizer_finds_alone_is_found_where_its_type_is_asked_for_by_name():
    random, tried = Random(5), set()
    lost = set()
    for country, family in recognizers().items():
        region = {"uk": "GB"}.get(country, country.upper())
        names = {name for recognizer in family for name in recognizer.supported_entities}
        detect = Detect(regions=(region,), ner=None, entities={name: EntityOverride(enabled=True) for name in names})
        detectors = PresidioDetector(detect), IdentifierDetector(detect)
        for recognizer in family:
            texts = [text.format(value) for value in values(recognizer, random) for text in TEXTS]
            for text, *answers in zip(texts, *(detector.detect(texts) for detector in detectors), strict=True):
                settled = resolve([m for each in answers for m in each], detect.entity_type, detect.asks_for)
                told = [each.span for each in settled if each.entity_type in recognizer.supported_entities]
                places = spans(recognizer, text)
                tried |= {recognizer.name for _ in places}
                if not all(any(span.start < end and start < span.end for span in told) for start, end in places):
                    lost.add((recognizer.name, text))
    assert lost == set()
    assert len(tried) > 60
