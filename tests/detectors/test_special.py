"""Rules for what a sentence says of a person, and for markings: what is a statement, and what only sounds like one."""

import time

import pytest
from detector_contract import DetectorContract

from finetooth.detectors.checks import internal_host
from finetooth.detectors.identifier_rules import CONFIDENTIAL, FILES, SPECIAL, compiled, load
from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.errors import IncompleteError
from finetooth.policy import Detect

RULES = [rule for file in (SPECIAL, CONFIDENTIAL) for rule in load(file)]
EXAMPLES = [(rule.text.id, example) for rule in RULES for example in rule.text.examples]


@pytest.fixture(scope="module")
def identifiers():
    return IdentifierDetector(Detect())


class TestContract(DetectorContract):
    before = "My wife has "
    value = "multiple sclerosis"
    entity_type = "HEALTH_CONDITION"

    @pytest.fixture
    def detector(self, identifiers):
        return identifiers


def types(identifiers, text, key=None):
    return {match.entity_type for match in identifiers.detect([text], [key])[0]}


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda v: getattr(v, "text", v)[:40])
def test_a_rule_finds_its_examples(identifiers, rule, example):
    (matches,) = identifiers.detect([example.text], [example.key])
    assert (rule, example.value) in {(match.rule, match.span.of(example.text)) for match in matches}


@pytest.mark.parametrize(
    ("text", "entity_type"),
    [
        ("My doctor told me that I have Crohn’s disease.", "HEALTH_CONDITION"),
        ("As a diabetic, I watch what I eat.", "HEALTH_CONDITION"),
        ("My therapist diagnosed me with PTSD.", "HEALTH_CONDITION"),
        ("As a Muslim woman, I wear a scarf.", "RELIGION"),
        ("Fatima is a practising Muslim.", "RELIGION"),
        ("I'm a trade union member.", "TRADE_UNION"),
        ("My brother is bisexual and not out yet.", "SEXUAL_ORIENTATION"),
        ("I'm a member of the Labour Party.", "POLITICAL_OPINION"),
        ("As a Black man in Ohio I was stopped.", "ETHNIC_ORIGIN"),
        ("I carry the gene for Huntington's disease.", "GENETIC_DATA"),
    ],
)
def test_a_statement_about_a_person_is_found(identifiers, text, entity_type):
    assert types(identifiers, text) == {entity_type}


@pytest.mark.parametrize(
    "text",
    [
        "You may have depression if you feel sad.",  # advice
        "If you have asthma, stay away from smoke.",
        "Patients with cancer need care.",  # general
        "Write a story about a man who has cancer.",  # fiction
        "The character is gay.",
        "Let's say my wife has lupus.",  # supposed
        "I don't think she has ADHD.",  # denied
        "Does my son have autism?",  # asked
        "It is not known whether she has HIV.",
        "He works in cancer research.",
        "My cat has diabetes.",
        "Muslims pray five times a day.",
        "The union of two sets is commutative.",
        "Our data stays confidential, and the meeting is private.",
        "It is a secret.",
    ],
)
def test_what_is_said_of_nobody_is_nothing(identifiers, text):
    assert types(identifiers, text) == set()


def test_a_question_after_a_statement_leaves_it_one(identifiers):
    assert types(identifiers, "I have epilepsy, may I drive?") == {"HEALTH_CONDITION"}


def test_capitals_alone_are_taken_as_they_stand(identifiers):
    assert types(identifiers, "She has AIDS.") == {"HEALTH_CONDITION"}
    assert types(identifiers, "She has aids for teaching.") == set()


def test_a_long_template_under_its_key_is_found(identifiers):
    assert types(identifiers, "QUJD" * 600, "face_embedding") == {"BIOMETRIC_DATA"}
    assert types(identifiers, "word " * 60, "diagnosis") == set()


@pytest.mark.parametrize("value", ["example.local", "host.docker.internal", "your-host", "metadata.google.internal"])
def test_hosts_of_documentation_and_of_every_laptop_are_none(value):
    assert not internal_host(value)


def test_a_list_that_nobody_wrote_is_refused():
    rule = {
        "id": "finetooth.badge",
        "name": "Badge",
        "entity_type": "CUSTOMER_ID",
        "pattern": "B1",
        "needs": ["badges"],
        "validation": "context",
        "score": 0.8,
        "why": "A test.",
        "reference": "None.",
        "examples": [{"text": "B1", "value": "B1"}],
        "negative_examples": [{"text": "badge"}],
    }
    with pytest.raises(IncompleteError, match="badges is not among the lists"):
        compiled({"rules": [rule]}, "rules.yaml")
    (made,) = compiled({"lists": {"badges": ["Grey badge", "VIP"]}, "rules": [rule]}, "rules.yaml")
    assert made.needs == {"badge", "vip"}


def test_every_rule_that_runs_in_texts_has_a_cheap_test_before_it():
    for file in FILES:
        for rule in load(file):
            labels = rule.text.context is not None and rule.text.context.required
            assert rule.text.digits or rule.needs or rule.text.contains or labels, rule.text.id


@pytest.mark.parametrize(
    "unit",
    [
        "I have ",
        "my older younger elder best ",
        "She is a a a ",
        "Anna Maria Lena ",
        "he has severe chronic acute bad ",
        "I am a member of the ",
        "A 64-year-old man with ",
        "Patient: ",
        "as a proud proud ",
        "STRICTLY CONFIDENTIAL - ",
        "CUI//SP-",
        "SECRET//",
        "http://a.b.c.",
        "a.b.c.",
        "This e-mail is intended ",
        "(",
        "> ",
    ],
)
def test_hostile_repetitions_take_time_in_proportion(identifiers, unit):
    # The words at the end are what every list wants, so that no rule passes the text over.
    wanted = (
        " diabetes cancer alcoholic sertraline chemo muslim islam union gay democrat snp kurdish descent BRCA1 gene"
    )
    text = (unit * 20_000)[:20_000] + wanted + " tlp cui noforn vs attorney confidential intended addressee corp https"
    began = time.process_time()
    identifiers.detect([text])
    assert time.process_time() - began < 3
