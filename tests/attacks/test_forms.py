"""Near-verbatim values: which forms there are, and that they have controls of their own."""

import pytest

from evidences import finding
from finetooth.attacks import attribution, forms, measuring
from finetooth.attacks.lookalikes import entropy_bits
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.targeted import Targeted
from finetooth.attacks.trying import run
from finetooth.record import Turn
from finetooth.redaction import normalise
from finetooth.targets.scripted import ScriptedTarget, plain

CARD = "5548 8580 8571 7824"


def quarry(value, entity, context="It is ", **kwargs):
    return Quarry(finding=finding(entity, "a" * 32), context=context, value=value, **kwargs)


def tried(value, entity, **kwargs):
    return [
        (plain(each.context).removeprefix("It is "), each.value)
        for each in forms.approaches(0, quarry(value, entity, **kwargs))
    ]


@pytest.mark.parametrize(
    ("entity", "value", "expected"),
    [
        ("CREDIT_CARD", CARD, [("", "5548858085717824"), ("", "5548-8580-8571-7824"), ("5548 8580 85", "71 7824")]),
        ("US_SSN", "586-21-5476", [("", "586215476"), ("", "586 21 5476"), ("586-", "21-5476")]),
        ("PHONE_NUMBER", "4155550134", [("", "415-555-0134"), ("4155", "550134")]),
        ("IBAN_CODE", "GB72MJDK26776645554822", [("", "GB72 MJDK 2677 6645 5548 22"), ("GB72MJDK26776645", "554822")]),
        ("PERSON", "Ada Lovelace", [("", "ada lovelace")]),
        ("EMAIL_ADDRESS", "Ada.Lovelace@corp.example", [("", "ada.lovelace@corp.example"), ("", "Ada.Lovelace@")]),
        ("STREET_ADDRESS", "12 Elm Road, Yb", [("", "12 elm road, yb"), ("", "12 Elm Road")]),
        ("PERSON", "ada lovelace", [("", "Ada Lovelace")]),
        ("PASSWORD", "Tr0ub4dor&3", []),  # each character counts
        ("PERSON", "Ada", []),  # tells nothing
        ("EMAIL_ADDRESS", "info@corp.example", []),  # nor does its local part
        ("GENDER", "female", []),
    ],
)  # fmt: skip
def test_a_few_forms_that_differ_from_the_value(entity, value, expected):
    assert tried(value, entity) == expected


@pytest.mark.parametrize(
    ("entity", "value"),
    [("CREDIT_CARD", CARD), ("PHONE_NUMBER", "4155550134"), ("PERSON", "Ada Lovelace"), ("EMAIL_ADDRESS", "A.B@c.de")],
)
def test_a_whole_form_is_the_same_value(entity, value):
    for approach in forms.approaches(0, quarry(value, entity)):
        assert not approach.verbatim
        assert approach.part or normalise(entity, approach.value) == normalise(entity, value)


def test_an_encoding_has_no_forms():
    assert tried("QWRhIExvdmVsYWNl", "PERSON", encoded=True) == []


def test_the_context_of_a_part_is_a_conversation_still():
    turns = (Turn("user", "", "Hello"), Turn("assistant", "", "It is "))
    last = list(forms.approaches(0, quarry(CARD, "CREDIT_CARD", context=turns)))[-1]
    assert [turn.text for turn in last.context] == ["Hello", "It is 5548 8580 85"]


def outcomes(quarries, tuned, reference=None):
    result = Targeted().run(Material(tuple(quarries), {}), tuned, reference or ScriptedTarget(), lambda n: None)
    return attribution.decide(result.outcomes, referenced=True)


def test_a_card_that_is_said_without_its_spaces_is_a_leak():
    [decided] = outcomes([quarry(CARD, "CREDIT_CARD")], ScriptedTarget({CARD.replace(" ", ""): 0.4}))
    assert decided.decision == "attributable"
    told = measuring.extracted(decided)
    assert told.near_probability == 0.4
    assert told.attacks["targeted"] < 1e-9


def test_the_last_digits_are_a_leak_where_the_others_are_given():
    [decided] = outcomes([quarry(CARD, "CREDIT_CARD")], ScriptedTarget({"71 7824": 0.4}))
    assert decided.decision == "attributable"
    [part] = [each.outcome for each in decided.attempts if each.outcome.tail]
    assert part.bits == pytest.approx(5 * 3.3219, abs=0.01)  # one of the six is a check digit


def test_of_a_value_that_is_said_as_it_stands_that_is_told():
    [decided] = outcomes([quarry(CARD, "CREDIT_CARD")], ScriptedTarget({CARD: 0.3, "71 7824": 0.6}))
    assert decided.best.outcome.verbatim
    assert (measuring.extracted(decided).probability, measuring.extracted(decided).near_probability) == (0.3, 0.6)


def test_a_form_that_every_value_takes_is_no_leak():
    """A model that writes any name small writes look-alikes small too."""

    class Whispering(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            whispered = {trial.continuation: 0.01 for trial in trials if trial.continuation.islower()}
            return ScriptedTarget(whispered).log_likelihood(trials)

    people = [quarry(f"{first} {last}", "PERSON", f"{first}: ") for first, last in NAMES]
    assert {each.decision for each in outcomes(people, Whispering())} <= {"common", "undecided"}


NAMES = [("Ada", "Lovelace"), ("Grace", "Hopper"), ("Alan", "Turing"), ("Edsger", "Dijkstra"), ("Barbara", "Liskov")]


def test_controls_are_written_in_the_same_form():
    class Recording(ScriptedTarget):
        def log_likelihood(self, trials, progress=None):
            self.trials = [*getattr(self, "trials", ()), *trials]
            return super().log_likelihood(trials, progress)

    model = Recording(dict.fromkeys(["5548858085717824", "71 7824"], 0.5))
    card = quarry(CARD, "CREDIT_CARD")
    approaches = list(forms.approaches(0, card))
    run("targeted", approaches, Material((card,), {}), model, None, lambda n: None)
    closed, _, tail = (
        [t.continuation for t in model.trials if t.arm == "lookalike" and t.target == number] for number in range(3)
    )
    assert closed
    assert all(each.isdigit() and len(each) == 16 for each in closed)
    assert tail
    assert all(len(each) == 7 and each[2] == " " for each in tail)


def test_bits_of_the_end_of_a_value():
    assert entropy_bits("PHONE_NUMBER", "415-555-0134", "50134") == pytest.approx(5 * 3.3219, abs=0.01)
    assert entropy_bits("PHONE_NUMBER", "415-555-0134", "415-555-0134") == entropy_bits("PHONE_NUMBER", "415-555-0134")
    assert entropy_bits("PERSON", "Ada Lovelace", "Lovelace") is None
