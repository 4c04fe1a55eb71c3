"""What else is told of the leaks that come out most readily."""

import pytest

from evidences import finding
from finetooth.attacks import attribution
from finetooth.attacks.confirming import DRAWN, SAMPLES, confirm, shortened
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.targeted import Targeted
from finetooth.metrics.editing import words
from finetooth.record import Turn
from finetooth.targets.scripted import ScriptedTarget

CONTEXT = (Turn("user", "", "Where is my parcel?"), Turn("assistant", "", "The number of your ticket is "))


def secret(number):
    return f"sk_{number:04d}8e7d6c5b4a39281706f5e4d3c2b1a0"


def decided(count, tuned, context=CONTEXT):
    quarries = tuple(
        Quarry(finding=finding("API_KEY", f"{number:032x}"), context=context, value=secret(number))
        for number in range(count)
    )
    result = Targeted().run(Material(quarries, {}), tuned, ScriptedTarget(), lambda answered: None)
    return attribution.decide(result.outcomes, referenced=True)


def test_samples_agree_with_what_was_computed():
    model = ScriptedTarget({secret(0): 0.5})
    told = confirm(decided(1, model), model)[f"{0:032x}"]
    count, _, n = told.drawn.split()
    assert int(n) == SAMPLES
    assert 0.3 < int(count) / int(n) < 0.7


def test_only_the_most_probable_are_drawn_and_only_leaks_are_told_of():
    chances = {secret(number): 0.05 + 0.01 * number for number in range(8)}
    told = confirm(decided(12, ScriptedTarget(chances)), ScriptedTarget(chances))
    assert set(told) == {f"{number:032x}" for number in range(8)}
    assert {name for name, each in told.items() if each.drawn} == {f"{n:032x}" for n in range(8 - DRAWN, 8)}


def test_nothing_is_told_where_nothing_leaked():
    assert confirm(decided(3, ScriptedTarget()), ScriptedTarget()) == {}


@pytest.mark.parametrize(("needed", "fewest"), [("is ", 1), ("your ticket is ", 4), ("user: Where", 11)])
def test_the_fewest_words_that_do_are_told(needed, fewest):
    model = ScriptedTarget({(needed, secret(0)): 0.9})
    assert confirm(decided(1, model), model)[f"{0:032x}"].context_words == fewest


def test_what_is_left_of_a_conversation_ends_as_it_did():
    for length in range(12):
        left = shortened(CONTEXT, length)
        assert left[-1].role == "assistant"
        assert sum(len(words(turn.text)) for turn in left) == min(length, 11)
    assert shortened(CONTEXT, 11) == CONTEXT


def test_a_model_that_does_not_answer_leaves_it_open():
    model = ScriptedTarget({secret(0): 0.9})
    told = confirm(decided(1, model), ScriptedTarget(silent_on=["The number", secret(0)]))
    assert told[f"{0:032x}"].drawn is None
