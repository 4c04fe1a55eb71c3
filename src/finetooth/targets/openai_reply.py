"""What OpenAI-compatible servers answer, in its several dialects, as one shape.

Log-probabilities come as parallel lists (the legacy completions API, vLLM), as a list of tokens (the chat API,
llama.cpp for both), or, of a prompt, as one object a token (vLLM's ``prompt_logprobs``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from finetooth.targets.endpointerror import EndpointError

MINUS_INFINITY = -9999.0
"""What servers write for minus infinity, which JSON has not."""

_GREATEST = 100.0  # what is above 0 the self-test finds; beyond this, the chance that it stands for is no number
_MOST_TOKENS = 1 << 32  # of one answer


@dataclass(frozen=True, slots=True)
class Place:
    """One token where it stands, and what might have stood there."""

    token: str = field(repr=False)
    """Its text, or its number where the text is not told."""
    log_probability: float | None
    """Of the token, after all before it; None of the first of all, which nothing predicts."""
    likeliest: Mapping[str, float] = field(repr=False)
    """The likeliest tokens at this place with their log-probabilities, as many as the server tells."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    text: str = field(repr=False)
    """What was said, with the prompt before it where an echo was asked for."""
    cut: bool
    """Whether it was stopped by the limit of tokens."""
    places: tuple[Place, ...] | None = field(repr=False)
    """Its tokens, where log-probabilities were asked for and are told."""
    prompt: tuple[Place, ...] | None = field(repr=False)
    """The prompt's tokens, where their log-probabilities were asked for and are told apart from the answer's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """All answers to one request."""

    choices: tuple[Choice, ...]
    """As many as the server gave, which may be fewer than were asked for."""
    prompt_tokens: int | None
    """Tokens of the prompt, where the server counts."""
    generated_tokens: int
    """Tokens of all answers; where the server does not count, one for each place or each three characters."""


def read(answer: Mapping[str, Any]) -> Reply:
    """Return what a server answered to a request for completions, or for chat completions.

    Raises:
        EndpointError: it is not of that shape.
    """
    try:
        listed = answer["choices"]
        choices = tuple(_choice(each, answer) for each in listed)
        counted = answer.get("usage") or {}
        read_tokens, said = tokens(counted.get("prompt_tokens")), tokens(counted.get("completion_tokens"))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EndpointError("the endpoint's answer has not the shape of the OpenAI API") from None
    if not choices:
        raise EndpointError("the endpoint's answer holds no choice")
    if said is None:
        said = sum(len(each.places) if each.places else -(-len(each.text) // 3) for each in choices)
    return Reply(choices, read_tokens, said)


def tokens(told: object) -> int | None:
    """Return a number of tokens as a server tells it, or None where it is none that could be."""
    return told if type(told) is int and 0 <= told < _MOST_TOKENS else None


def _choice(choice: Mapping[str, Any], answer: Mapping[str, Any]) -> Choice:
    text = choice["text"] if "text" in choice else (choice["message"].get("content") or "")
    if not isinstance(text, str):
        raise TypeError("no text")
    told = choice.get("logprobs")
    prompt = choice.get("prompt_logprobs") or answer.get("prompt_logprobs")
    return Choice(
        text=text,
        cut=choice.get("finish_reason") == "length",
        places=_places(told) if isinstance(told, Mapping) else None,
        prompt=tuple(_prompt_place(each) for each in prompt) if isinstance(prompt, Sequence) else None,
    )


def _places(told: Mapping[str, Any]) -> tuple[Place, ...] | None:
    content = told.get("content")
    if isinstance(content, Sequence):
        return tuple(
            Place(
                _text(each["token"]),
                _number(each["logprob"]),
                _likeliest((one["token"], one["logprob"]) for one in each.get("top_logprobs") or ()),
            )
            for each in content
        )
    tokens, numbers = told.get("tokens"), told.get("token_logprobs")
    if not isinstance(tokens, Sequence) or not isinstance(numbers, Sequence):
        return None
    tops = told.get("top_logprobs") or [None] * len(tokens)
    return tuple(
        Place(_text(token), None if number is None else _number(number), _likeliest((top or {}).items()))
        for token, number, top in zip(tokens, numbers, tops, strict=True)
    )


def _prompt_place(told: Mapping[str, Any] | None) -> Place:
    """Read vLLM's ``{token number: {logprob, rank, decoded_token}}``, in which the prompt's own token comes first.

    The number stands for the token: decoded alone, a token may lose a blank or a part of a character.
    """
    if not told:
        return Place("", None, {})
    number, own = next(iter(told.items()))
    return Place(str(number), _number(own["logprob"]), {})


def _likeliest(pairs: Any) -> dict[str, float]:
    """Collect tokens; two that read alike (parts of characters) are one with the chance of both at most."""
    found: dict[str, float] = {}
    for token, number in pairs:
        found[_text(token)] = max(_number(number), found.get(token, -inf))
    return found


def _text(token: Any) -> str:
    if not isinstance(token, str):
        raise TypeError("no token")
    return token


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value <= _GREATEST:  # nor is NaN
        raise TypeError("no log-probability")
    return -inf if value <= MINUS_INFINITY else float(value)
