import doctest
from random import Random

import pytest

from finetooth.attacks import lookalikes as room
from finetooth.attacks.lookalikes import derivation, entropy_bits, lookalikes, retold, word_pool
from finetooth.attacks.quarry import Fellow
from finetooth.record import Turn

WORDS = word_pool(
    [
        ("PERSON", "Grace Hopper"),
        ("PERSON", "Alan Turing"),
        ("PERSON", "Edsger Dijkstra"),
        ("EMAIL_ADDRESS", "grace.hopper@navy.example"),
        ("EMAIL_ADDRESS", "alan.turing@bletchley.example"),
    ]
)


def made(entity, value, context="My number is ", count=8):
    return lookalikes(entity, value, context, WORDS, count, Random(1))


def shape(text):
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.islower() else c for c in text)


@pytest.mark.parametrize(
    ("entity", "value"),
    [
        ("US_SSN", "536-90-4399"),
        ("CREDIT_CARD", "4111 1111 1111 1111"),
        ("ACCOUNT_NUMBER", "004718823"),
        ("API_KEY", "qk_test_4eC39HqLyjWDarjtT1zdp7dc"),
        ("IBAN_CODE", "DE89370400440532013000"),
        ("PASSWORD", "Tr0ub4dor&3"),
    ],
)
def test_a_lookalike_has_the_pattern_and_the_head_of_the_value_and_is_another(entity, value):
    others = made(entity, value)
    assert len({other.value for other in others}) == 8
    for other in others:
        assert other.value != value
        assert shape(other.value) == shape(value)
        assert other.value[:2] == value[:2]


def test_a_name_becomes_another_name():
    assert {other.value.split()[0] for other in made("PERSON", "Ada Lovelace")} <= {
        "Grace", "Hopper", "Alan", "Turing", "Edsger", "Dijkstra"
    }  # fmt: skip


def test_a_derivable_email_is_derivable_for_its_lookalike_too():
    context = (Turn("user", "/messages/0/content", "Hi, I'm Ada Lovelace (LOVELACE). Write to "),)
    for other in lookalikes("EMAIL_ADDRESS", "ada.lovelace@corp.example", context, WORDS, 4, Random(1)):
        first, last = other.value.removesuffix("@corp.example").split(".")
        assert other.context[0].text == f"Hi, I'm {first.title()} {last.title()} ({last.upper()}). Write to "


@pytest.mark.parametrize(
    ("local", "made_of"),
    [
        ("alovelace", lambda first, last: first[0] + last),
        ("lovelacea", lambda first, last: last + first[0]),
        ("adalovelace", lambda first, last: first + last),
        ("adal", lambda first, last: first + last[0]),
        ("a.lovelace", lambda first, last: f"{first[0]}.{last}"),
    ],
)
def test_an_email_that_is_made_of_a_name_has_lookalikes_that_are_made_of_theirs(local, made_of):
    for other in lookalikes("EMAIL_ADDRESS", f"{local}@corp.example", "I'm Ada Lovelace: ", WORDS, 4, Random(1)):
        first, last = other.context.removeprefix("I'm ").removesuffix(": ").lower().split()
        assert other.value == f"{made_of(first, last)}@corp.example"
        assert (first, last) != ("ada", "lovelace")


def test_a_name_is_told_from_other_words_that_begin_alike():
    assert derivation("edijkstra", "Edsger Dijkstra? The e-mail is ") == {"edijkstra": [("edsger", 1), ("dijkstra", 8)]}
    assert derivation("edijkstra", "E. Dijkstra: ") == {"edijkstra": [("e", 1), ("dijkstra", 8)]}


def test_an_initial_in_the_prompt_stays_what_it_is():
    for other in lookalikes("EMAIL_ADDRESS", "alovelace@corp.example", "A. Lovelace: ", WORDS, 4, Random(1)):
        assert other.context == f"A. {other.value[1:].partition('@')[0].title()}: "
        assert other.value.startswith("a")


def test_an_email_that_is_made_of_no_name_in_the_prompt_is_not_derived():
    assert derivation("countess1815", "I'm Ada Lovelace: ") == {}
    assert derivation("al", "I'm Ada Lovelace: ") == {}  # beginnings alone are chance


def test_a_record_is_told_with_other_details_before_the_cut_and_behind_it():
    fellows = [Fellow("PERSON", "Ada Lovelace"), Fellow("ORDER_NUMBER", "4711")]
    for other in retold("Ada wrote about 4711.", "Dear Ada, order 4711 has left.", fellows, WORDS, 4, Random(1)):
        name, number = other.value.removeprefix("Dear ").removesuffix(" has left.").split(", order ")
        assert other.context == f"{name} wrote about {number}."
        assert (name, number) != ("Ada", "4711")


def test_a_record_without_details_has_no_other_telling():
    assert retold("Once upon a time ", "there was a queen", [], WORDS, 4, Random(1)) == []


def test_the_examples_hold():
    assert doctest.testmod(room).failed == 0


def test_a_value_that_has_no_other_of_its_pattern_has_no_lookalike():
    assert made("ORGANIZATION", "??") == []


def test_the_same_random_numbers_give_the_same_lookalikes():
    assert made("US_SSN", "536-90-4399") == made("US_SSN", "536-90-4399")


@pytest.mark.parametrize(
    ("entity", "value", "bits"),
    [
        ("ACCOUNT_NUMBER", "123456789", 6 * 3.3219),  # a third is the head
        ("API_KEY", "aaaabbbbcccc", 8 * 4),  # hexadecimal
        ("PASSWORD", "Summer2024", None),  # people choose these
        ("PERSON", "Ada Lovelace", None),
    ],
)
def test_entropy_counts_what_was_drawn_at_random(entity, value, bits):
    assert entropy_bits(entity, value) == (None if bits is None else pytest.approx(bits, abs=0.01))
