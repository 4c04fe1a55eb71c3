"""Recovery phrases: found by their checksum, however they are laid out."""

import random

import pytest
from mnemonic import Mnemonic

from finetooth.detectors.mnemonics import find

MADE = Mnemonic("english")


def phrase(bits=128, seed=7):
    return MADE.to_mnemonic(random.Random(seed).randbytes(bits // 8))


@pytest.mark.parametrize("bits", [128, 160, 192, 224, 256])
def test_phrases_of_every_length_are_found(bits):
    said = phrase(bits)
    [match] = find(f"Please restore it: {said}. Thank you!")
    assert match.span.of(f"Please restore it: {said}. Thank you!") == said
    assert (match.entity_type, match.validation) == ("PRIVATE_KEY", "checksum")


def numbered(words):
    return "\n".join(f"{at + 1}) {word}" for at, word in enumerate(words))


def loud(words):
    return " ".join(words).upper()


@pytest.mark.parametrize("layout", ["\n".join, ", ".join, numbered, loud])
def test_phrases_are_found_in_any_layout(layout):
    text = layout(phrase().split())
    assert len(list(find(text))) == 1


def test_two_phrases_are_two():
    assert len(list(find(f"{phrase(seed=1)}\n\n{phrase(seed=2)}"))) == 2


def test_a_broken_phrase_is_none():
    words = phrase().split()
    others = (word for word in MADE.wordlist if not MADE.check(" ".join([*words[:-1], word])))
    assert list(find(" ".join([*words[:-1], next(others)]))) == []
    assert list(find(" ".join(words[:-1]))) == []
    assert list(find("abandon " * 11 + "about")) == []  # the standard's own example


def test_words_that_come_again_are_a_list_of_things():
    things = ["apple", "orange", "cherry", "salad", "bread", "rice"]
    rows = ([*things[at:], *things[:at], *things, *things][:12] for at in range(6))
    shuffled = [random.Random(seed).sample(row, 12) for row in rows for seed in range(40)]
    assert any(MADE.check(" ".join(words)) for words in shuffled)
    assert [words for words in shuffled if list(find(", ".join(words)))] == []
