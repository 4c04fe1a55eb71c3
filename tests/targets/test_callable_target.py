"""Whatever can be called can be probed."""

from math import log

import pytest

from finetooth.record import Turn
from finetooth.targets.callable import CallableTarget
from finetooth.targets.resolve import resolve
from finetooth.targets.target import Generation, Likelihood, Unanswered
from finetooth.trial import Prompt, Trial

USER = Turn("user", "/0", "My number?")
BEGINS = (USER, Turn("assistant", "/1", ""))
BEGUN = (USER, Turn("assistant", "/1", "It is "))


def says(text):
    asked = []

    def speak(given):
        asked.append(given)
        return text

    return speak, asked


def test_a_function_is_given_the_conversation_and_says_what_comes_next():
    speak, asked = says("4711")
    [said] = CallableTarget(speak).generate([Prompt(BEGINS, max_tokens=4, samples=3)])
    assert said.texts == ("4711",) * 3
    assert asked == [[{"role": "user", "content": "My number?"}]] * 3


def test_a_function_that_prefills_is_given_what_was_begun():
    speak, asked = says("4711")
    CallableTarget(speak, prefills=True).generate([Prompt(BEGUN, max_tokens=4)])
    assert asked[0][-1] == {"role": "assistant", "content": "It is "}


def test_a_function_of_text_is_given_text():
    speak, asked = says("4711")
    target = CallableTarget(speak, takes="text")
    said, refused = target.generate([Prompt("It is ", max_tokens=4), Prompt(BEGINS, max_tokens=4)])
    assert isinstance(said, Generation)
    assert isinstance(refused, Unanswered)
    assert asked == ["It is "]


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(BEGUN, max_tokens=4),
        Prompt((USER,), max_tokens=4),
        Prompt("text", max_tokens=4),
        Prompt(BEGINS, max_tokens=4, greedy=True),
    ],
    ids=["begun", "user", "text", "greedy"],
)
def test_what_it_cannot_be_asked_is_unanswered(prompt):
    speak, asked = says("4711")
    [said] = CallableTarget(speak).generate([prompt])
    assert isinstance(said, Unanswered)
    assert asked == []


def fails(_):
    raise RuntimeError("my secret")


@pytest.mark.parametrize("speak", [fails, lambda _: None, lambda _: b"bytes"])
def test_a_function_that_fails_is_unanswered_without_its_message(speak):
    [said] = CallableTarget(speak).generate([Prompt(BEGINS, max_tokens=4)])
    assert isinstance(said, Unanswered)
    assert "secret" not in said.reason


def test_a_second_function_tells_log_probabilities():
    target = CallableTarget(lambda _: "", lambda asked, text: log(0.5) * len(text) * len(asked))
    assert target.capabilities.log_likelihood == "exact"
    [answer] = target.log_likelihood([Trial(0, "target", BEGINS, "47")])
    assert answer.log_probability == pytest.approx(2 * log(0.5))


@pytest.mark.parametrize("number", [0.5, float("nan"), "much"])
def test_what_is_no_log_probability_is_unanswered(number):
    [answer] = CallableTarget(lambda _: "", lambda *_: number).log_likelihood([Trial(0, "target", BEGINS, "47")])
    assert isinstance(answer, Unanswered)


def test_without_a_second_function_nothing_is_scored():
    [answer] = CallableTarget(lambda _: "").log_likelihood([Trial(0, "target", BEGINS, "47")])
    assert isinstance(answer, Unanswered)


def test_what_it_takes_is_counted_and_estimated():
    target = CallableTarget(says("4711")[0])
    prompts = [Prompt(BEGINS, max_tokens=4, samples=3)]
    estimate = target.estimate([], prompts)
    target.generate(prompts)
    assert estimate.requests == target.spent.requests == 3


def test_a_function_is_resolved_as_a_model_whose_probabilities_are_counted():
    def support_bot(_):
        return "4711"

    target, reference = resolve(support_bot)
    [answer] = target.log_likelihood([Trial(0, "target", BEGINS, "4711")])
    assert isinstance(answer, Likelihood)
    assert answer.log_probability == 0.0
    assert "support_bot" in target.identity.name
    assert reference is None
    tuned, base = resolve(CallableTarget(support_bot, lambda *_: -1.0), support_bot)
    assert tuned.capabilities.log_likelihood == "exact"
    assert base.capabilities.log_likelihood == "none"
