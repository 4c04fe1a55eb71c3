import doctest
import random
import string

import pytest

from finetooth.detectors import randomness
from finetooth.detectors.randomness import changes, core, mixed, unbroken

WORDS = [
    "CustomerRegistrationService",
    "customer_registration_service2",
    "well-known-words-2024",
    "iphone-11-pro-max",
    "version2",
    "telecommunications",
]


def test_examples_in_docstrings():
    assert doctest.testmod(randomness).failed == 0


@pytest.mark.parametrize("alphabet", [string.ascii_letters + string.digits, string.ascii_lowercase + string.digits])
def test_random_values_look_random(alphabet):
    draw = random.Random(7)
    values = ["".join(draw.choices(alphabet, k=32)) for _ in range(500)]
    assert sum(mixed(v) and changes(v) >= 0.2 and core(v) == v for v in values) >= 475


@pytest.mark.parametrize("word", WORDS)
def test_words_do_not(word):
    assert len(core(word)) < 16 or changes(core(word)) < 0.2
    assert not unbroken(word)
