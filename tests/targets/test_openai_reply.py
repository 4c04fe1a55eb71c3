"""The dialects of servers, read as one shape."""

from math import inf

import pytest

from finetooth.targets.endpointerror import EndpointError
from finetooth.targets.openai_reply import read

LEGACY = {"tokens": ["a", "b"], "token_logprobs": [None, -0.5], "top_logprobs": [None, {"b": -0.5, "c": -2.0}]}
TOP = [{"token": "b", "logprob": -0.5}, {"token": "c", "logprob": -2}]
LISTED = {
    "content": [
        {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []},
        {"token": "b", "logprob": -0.5, "top_logprobs": TOP},
    ]
}


def only(choice, **more):
    return read({"choices": [choice], **more}).choices[0]


@pytest.mark.parametrize("told", [LEGACY, LISTED], ids=["parallel lists", "a list of tokens"])
def test_tokens_are_read_in_either_form(told):
    first, second = only({"text": "ab", "logprobs": told}).places
    assert (first.token, second.token, second.log_probability) == ("a", "b", -0.5)
    assert second.likeliest == {"b": -0.5, "c": -2.0}


def test_log_probabilities_of_a_prompt_stand_with_the_choice_or_with_the_answer():
    told = [None, {"17": {"logprob": -0.5, "rank": 1, "decoded_token": " x"}, "4": {"logprob": -0.1}}]
    for reply in (
        {"choices": [{"text": "", "prompt_logprobs": told}]},
        {"choices": [{"message": {"content": None}}], "prompt_logprobs": told},
    ):
        first, second = read(reply).choices[0].prompt
        assert first.log_probability is None
        assert (second.token, second.log_probability) == ("17", -0.5)


def test_minus_infinity_has_its_own_number():
    for number in (-9999.0, -(10**400)):
        told = only({"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [number]}})
        assert told.places[0].log_probability == -inf


def test_what_the_server_does_not_count_is_counted_here():
    reply = read({"choices": [{"text": "ab", "logprobs": LEGACY}, {"text": "seven.."}]})
    assert (reply.prompt_tokens, reply.generated_tokens) == (None, 5)


@pytest.mark.parametrize("number", [-1, 10**30, True, "5", None])
def test_a_number_of_tokens_that_cannot_be_is_not_believed(number):
    reply = read({"choices": [{"text": "seven"}], "usage": {"prompt_tokens": number, "completion_tokens": number}})
    assert (reply.prompt_tokens, reply.generated_tokens) == (None, 2)


def test_an_answer_that_met_its_limit_is_cut():
    assert only({"text": "a", "finish_reason": "length"}).cut
    assert not only({"text": "a", "finish_reason": "stop"}).cut


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": ["text"]},
        {"choices": [{"message": None}]},
        {"choices": [{"text": 5}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": ["-1"]}}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": ["a", "b"], "token_logprobs": [-1.0]}}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": [1], "token_logprobs": [-1.0]}}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [float("nan")]}}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [inf]}}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [710.0]}}]},
        {"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [10**400]}}]},
        {"choices": [{"text": "a", "prompt_logprobs": [{"1": {}}]}]},
        {"choices": [{"text": "a"}], "usage": 5},
    ],
)
def test_what_is_not_of_that_shape_is_no_answer(answer):
    with pytest.raises(EndpointError):
        read(answer)
