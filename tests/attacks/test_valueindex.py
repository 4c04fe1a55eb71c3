"""Values in answers, as their fingerprints compare them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.attacks.valueindex import ValueIndex, standing
from finetooth.redaction import normalise


def held(entity, value, text):
    return ValueIndex([text]).holders(entity, value) == {0}


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        ("PHONE_NUMBER", "415-555-0134", "Call (415) 555 0134."),
        ("CREDIT_CARD", "4111 1111 1111 1111", "it is 4111111111111111, thanks"),
        ("ACCOUNT_NUMBER", "ACC-0077", "account acc0077"),
        ("PERSON", "Dr. Ada Lovelace", "i am ADA\n LOVELACE's sister"),
        ("EMAIL_ADDRESS", "Ada@Corp.example", "write to ada@corp.example."),
        ("PASSWORD", "Tr0ub4dor&3", "the password is 'Tr0ub4dor&3'"),
        ("PERSON", "王小明", "我叫王小明。"),
    ],
)
def test_a_value_is_found_in_any_way_of_writing_it(entity, value, text):
    assert held(entity, value, text)
    place = standing(entity, value, text)
    assert normalise(entity, place.of(text)) == normalise(entity, value)


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        ("ID", "12", "4128"),
        ("PHONE_NUMBER", "415-555-0134", "4155550134777"),
        ("PHONE_NUMBER", "415-555-0134", "415, and then 5550134"),
        ("PHONE_NUMBER", "415-555-0134", "415\n555\n0134"),
        ("PERSON", "Ada Lovelace", "Ada Lovelaces"),
        ("PASSWORD", "Tr0ub4dor&3", "TR0UB4DOR&3"),
    ],
)
def test_another_value_is_not(entity, value, text):
    assert not held(entity, value, text)


def test_each_answer_that_holds_it_is_told_and_none_over_its_end():
    index = ValueIndex(["no", "my number is 12", "34", "1234"])
    assert index.holders("ID", "1234") == {3}


texts = st.text(alphabet="aB1 -.\n", max_size=25)


@given(st.lists(texts, max_size=4), st.text(alphabet="aB1-", min_size=1, max_size=6))
def test_secrets_are_found_exactly_where_they_stand_by_themselves(answers, value):
    def alone(text, at):
        before, after = text[at - 1 : at], text[at + len(value) : at + len(value) + 1]
        return not (before.isalnum() and value[0].isalnum()) and not (after.isalnum() and value[-1].isalnum())

    naive = {
        number
        for number, text in enumerate(answers)
        if any(text.startswith(value, at) and alone(text, at) for at in range(len(text)))
    }
    assert ValueIndex(answers).holders("PASSWORD", value) == naive


def test_guesses_are_the_different_values_that_begin_as_the_issuer_does():
    answers = ["acc 123456789 or 123-456-780", "123456789 again, and 987654321", "123"]
    assert ValueIndex(answers).guesses("ACCOUNT_NUMBER", "123999999") == 2
    assert ValueIndex(answers).guesses("ACCOUNT_NUMBER", "555999999") == 0


def test_an_index_of_nothing_holds_nothing():
    assert ValueIndex([]).holders("PASSWORD", "Tr0ub4dor&3") == set()
