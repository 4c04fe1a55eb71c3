"""Our own identifier rules: what they say of texts, and of values under keys."""

import time

import pytest
from detector_contract import QUICK, UNICODE, DetectorContract
from hypothesis import given
from hypothesis import strategies as st

from finetooth.detectors.identifier_rules import load
from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.detectors.overlaps import resolve
from finetooth.policy import Detect, EntityOverride
from finetooth.span import Span

RULES = load()
EXAMPLES = [(rule.text.id, example) for rule in RULES for example in rule.text.examples]
NEGATIVE = [example for rule in RULES for example in rule.text.negative_examples]


@pytest.fixture(scope="module")
def identifiers():
    return IdentifierDetector(Detect())


class TestContract(DetectorContract):
    before = "my customer number is "
    value = "4471980236"
    entity_type = "CUSTOMER_ID"

    @pytest.fixture
    def detector(self, identifiers):
        return identifiers


class TestAddresses(DetectorContract):
    before = "we live at "
    value = "4417 Maple Hollow, Fernvale, OH 43999"
    entity_type = "STREET_ADDRESS"

    @pytest.fixture
    def detector(self, identifiers):
        return identifiers


def told(identifiers, text, key=None):
    """Return what is found in a text, as {covered text: (entity type, proof)}."""
    (matches,) = identifiers.detect([text], [key])
    return {m.span.of(text): (m.entity_type, m.validation) for m in resolve(matches)}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda v: getattr(v, "text", v)[:40])
def test_a_rule_finds_its_examples(identifiers, rule, example):
    (matches,) = identifiers.detect([example.text], [example.key])
    assert (rule, example.value) in {(match.rule, match.span.of(example.text)) for match in matches}


@pytest.mark.parametrize("example", NEGATIVE, ids=lambda example: example.text[:40])
def test_no_rule_finds_a_negative_example(identifiers, example):
    assert identifiers.detect([example.text], [example.key]) == [()]


@QUICK
@given(example=st.sampled_from([e for _, e in EXAMPLES if e.key is None]), prefix=UNICODE, suffix=UNICODE)
def test_offsets_are_exact_wherever_an_example_stands(identifiers, example, prefix, suffix):
    text = f"{prefix}\n\n{example.text}\n\n{suffix}"
    start = len(prefix) + 2 + example.text.index(example.value)
    (matches,) = identifiers.detect([text])
    assert Span(start, start + len(example.value)) in {match.span for match in matches}


@pytest.mark.parametrize(
    "run", [*"aA1Z9 .,-'/#@_:\n", "1 ", "A ", "Aa ", "1A", "1-", "A1 ", "no ", "St ", "1, ", "May "]
)
def test_hostile_repetitions_take_no_time(identifiers, run):
    text = (run * 20_000)[:20_000] + " my customer number is 4471980236"
    began = time.process_time()
    (matches,) = identifiers.detect([text])
    assert time.process_time() - began < 1.5
    assert "CUSTOMER_ID" in {match.entity_type for match in matches}


@pytest.mark.parametrize("unit", ["order 4471980236, ", "12 Oak Street, ", "born on 3 May 1981, ", "account number: "])
def test_many_values_take_time_in_proportion(identifiers, unit):
    began = time.process_time()
    identifiers.detect([unit * 4_000])
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "key", ["customer_id", "customerId", "Customer ID", "customer-ids", "primary_customer_id", "CUSTOMER_ID"]
)
def test_a_key_names_the_value_however_it_is_written(identifiers, key):
    assert told(identifiers, "0061408066", key) == {"0061408066": ("CUSTOMER_ID", "context")}


@pytest.mark.parametrize("key", [None, "id", "customer", "customer_id_hash", "content", ""])
def test_without_a_key_that_names_it_a_number_is_nothing(identifiers, key):
    assert told(identifiers, "0061408066", key) == {}


def test_a_key_speaks_of_the_whole_value_alone(identifiers):
    assert told(identifiers, "we sold 0061408066 of them to a customer of ours", "customer_id") == {}
    assert told(identifiers, " 0061408066\n", "customer_id") == {"0061408066": ("CUSTOMER_ID", "context")}


def test_the_nearest_label_names_a_number(identifiers):
    assert told(identifiers, "the order number for customer 4471980236") == {"4471980236": ("CUSTOMER_ID", "context")}
    text = "customer number 4471980236, order number 5582091347"
    assert told(identifiers, text) == {
        "4471980236": ("CUSTOMER_ID", "context"),
        "5582091347": ("ORDER_NUMBER", "context"),
    }


def test_a_number_that_counts_up_is_for_review(identifiers):
    assert told(identifiers, "account number 123456789") == {"123456789": ("ACCOUNT_NUMBER", "none")}
    assert told(identifiers, "account number 000000000") == {}


@pytest.mark.parametrize("label", ["My address is", "we live at", "Please ship it to:"])
def test_a_street_is_proven_by_words_of_dwelling(identifiers, label):
    assert told(identifiers, f"{label} 12 Oak Street.") == {"12 Oak Street": ("STREET_ADDRESS", "context")}
    assert told(identifiers, "a walk to 12 Oak Street.") == {"12 Oak Street": ("STREET_ADDRESS", "none")}


def test_an_entity_type_that_is_asked_for_by_name_is_looked_for_whatever_the_regions():
    text = "CPF 529.982.247-25"
    assert IdentifierDetector(Detect()).detect([text]) == [()]
    [[match]] = IdentifierDetector(Detect(entities={"BR_CPF": EntityOverride(enabled=True)})).detect([text])
    assert (match.entity_type, match.validation) == ("BR_CPF", "checksum")


def test_an_entity_type_can_be_switched_off():
    detector = IdentifierDetector(Detect(entities={"CUSTOMER_ID": EntityOverride(enabled=False)}))
    assert detector.detect(["customer number 4471980236"]) == [()]


def test_a_long_text_is_read_around_the_words_that_a_rule_needs():
    said = "My daughter was diagnosed with diabetes in spring."
    filler = "The weather was fine, and nobody said anything about it. " * 40
    detector = IdentifierDetector(Detect())
    [short] = detector.detect([said])
    assert short
    for text in (filler + said, said + filler, filler + said + filler + said, "İ" + filler + said):
        [found] = detector.detect([text])
        assert {match.span.of(text) for match in found} == {match.span.of(said) for match in short}
        assert len(found) == len(short) * text.count(said)
