"""The two ways of asking that the OpenAI API has: completions of a text, and chat completions of a conversation.

Each is a *door*: the same questions, asked through it. What a server takes of the parameters differs, so each door has
a dialect that is found out by asking (`targets/openai_discovery.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from finetooth.record import Turn
from finetooth.targets.endpointerror import EndpointError, Refused
from finetooth.targets.httpclient import Client
from finetooth.targets.openai_reply import Place, Reply, read
from finetooth.trial import Context

Manner = Literal["settings", "generation_config", "plain"]
"""How a server is told to draw from the whole distribution, which many cut or bend by default."""

WHOLE: Mapping[Manner, Mapping[str, Any]] = {
    # vLLM cuts by the model's own ``generation_config``, llama.cpp by 40 tokens and 5 %.
    "settings": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "repeat_penalty": 1.0},
    # ``transformers serve`` refuses all that it does not know, and does not draw at all unless told so.
    "generation_config": {"generation_config": '{"do_sample": true, "top_k": 0}'},
    "plain": {},
}

Weighing = Literal["echo", "echo and one more", "prompt_logprobs", "none"]
"""How log-probabilities of a given text are asked for. Servers that must generate something are given ``one more``."""

Prefill = Literal["continue_final_message", "trailing message", "none"]
"""How a chat API is asked to go on from what the assistant has begun to say."""


class CannotAsk(Exception):  # noqa: N818 - says what is so
    """Something that this door has no way of asking; the message says why, and quotes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Which of the parameters a server takes."""

    whole: Manner = "settings"
    """Which part of `WHOLE` it takes."""
    seed: bool = True
    """Whether it takes ``seed``."""
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What it calls the limit of tokens."""
    several: bool = True
    """Whether it gives several answers to one request (``n``)."""
    likeliest: int = 0
    """How many of the likeliest tokens it tells of each place; 0 where it gives no log-probabilities."""
    weighing: Weighing = "none"
    """How it is asked for the log-probabilities of a given text."""
    prefill: Prefill = "none"
    """How it goes on from what the assistant has begun to say; of a text, every server does."""
    any_turn: bool = False
    """Whether it goes on from a turn of the user, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How to go on."""

    max_tokens: int
    """Tokens after which it is stopped."""
    n: int = 1
    """How many answers are wanted; a server may give fewer."""
    greedy: bool = False
    """Take the most probable token each time."""
    seed: int = 0
    """Makes draws repeat, where the server heeds it."""
    likeliest: int = 0
    """How many of the likeliest tokens are wanted with their log-probabilities."""


class Door(Protocol):
    """One way of asking."""

    dialect: Dialect
    """Which parameters it uses."""
    client: Client
    """Whom it asks."""

    def say(self, context: Context, said: str, ask: Ask) -> Reply:
        """Go on from a context and what has been said after it.

        Raises:
            CannotAsk: this door has no way of asking it.
            EndpointError: there is no usable answer.
        """

    def weigh(self, context: Context, said: str) -> tuple[Place, ...]:
        """Return the tokens of the prompt, all of them, with the log-probability of each; errors as ``say``."""


@dataclass(slots=True)
class Completions:
    """The door for texts: plain ones, and conversations that were rendered beforehand."""

    client: Client
    dialect: Dialect = field(default_factory=lambda: Dialect(prefill="continue_final_message", any_turn=True))
    rendered: bool = False
    """Whether texts come from a chat template, which has set the special tokens at their beginning."""

    def say(self, context: Context, said: str, ask: Ask) -> Reply:
        """Complete the text."""
        return self._ask(context, said, _parameters(ask, self.dialect) | _logprobs(ask))

    def weigh(self, context: Context, said: str) -> tuple[Place, ...]:
        """Ask for an echo, or for the log-probabilities of the prompt."""
        more = 0 if self.dialect.weighing == "echo" else 1
        parameters = _parameters(Ask(max_tokens=more, greedy=True), self.dialect)
        if self.dialect.weighing == "prompt_logprobs":
            return _prompt(self._ask(context, said, parameters | {"prompt_logprobs": 0}))
        reply = self._ask(context, said, parameters | {"echo": True, "logprobs": 1})
        places = reply.choices[0].places
        if places is None:
            raise EndpointError(f"{self.client.endpoint.url} echoes without log-probabilities")
        if not more:
            return places
        return places[: reply.prompt_tokens or len(places) - 1]

    def _ask(self, context: Context, said: str, parameters: Mapping[str, Any]) -> Reply:
        if not isinstance(context, str):
            raise CannotAsk("the completions API takes texts, not conversations")
        endpoint = self.client.endpoint
        body = {"model": endpoint.model, "prompt": _clean(context + said), **parameters}
        if self.rendered and self.dialect.whole == "settings":
            body["add_special_tokens"] = False
        return read(self.client.post(f"{endpoint.url}/completions", body))


@dataclass(slots=True)
class Chat:
    """The door for conversations; the server renders them."""

    client: Client
    dialect: Dialect = field(default_factory=Dialect)

    def say(self, context: Context, said: str, ask: Ask) -> Reply:
        """Go on with the last turn, or begin the assistant's."""
        parameters = _parameters(ask, self.dialect)
        if ask.likeliest:
            parameters |= {"logprobs": True, "top_logprobs": ask.likeliest}
        return self._ask(context, said, parameters)

    def weigh(self, context: Context, said: str) -> tuple[Place, ...]:
        """Ask for the log-probabilities of the prompt."""
        parameters = _parameters(Ask(max_tokens=1, greedy=True), self.dialect)
        return _prompt(self._ask(context, said, parameters | {"prompt_logprobs": 0}))

    def _ask(self, context: Context, said: str, parameters: Mapping[str, Any]) -> Reply:
        if isinstance(context, str):
            raise CannotAsk("the chat API takes conversations, not plain text, and there is no completions API")
        endpoint = self.client.endpoint
        messages = [{"role": turn.role, "content": _clean(turn.text)} for turn in context]
        begun = context[-1].text + said
        if not begun and context[-1].role == "assistant":
            return read(self._post({"messages": messages[:-1], **parameters}))
        self._check(context[-1])
        messages[-1]["content"] = _clean(begun)
        going_on: dict[str, Any] = {}
        if self.dialect.prefill == "continue_final_message":
            going_on = {"continue_final_message": True, "add_generation_prompt": False}
        body = {"model": endpoint.model, "messages": messages, **parameters, **going_on}
        return read(self._post(body))

    def _check(self, last: Turn) -> None:
        if last.role != "assistant" and not self.dialect.any_turn:
            raise CannotAsk(f"the chat API does not go on from a turn of the {last.role}")
        if self.dialect.prefill == "none":
            raise CannotAsk("the chat API does not go on from what the assistant has begun to say")

    def _post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        endpoint = self.client.endpoint
        return self.client.post(f"{endpoint.url}/chat/completions", {"model": endpoint.model, **body})


AT_ONCE = 32
"""How many answers to one request are asked for at most."""


def draw(door: Door, context: Context, said: str, ask: Ask) -> Iterator[Reply]:
    """Yield replies until they hold as many answers as are wanted, or a few more.

    Each request has another seed, and the same ones in each run. A server that gives fewer answers to a request than
    are wanted, or refuses to give several, is asked again.

    Raises:
        CannotAsk: the door has no way of asking it.
        EndpointError: there is no usable answer.
    """
    left, seed = ask.n, ask.seed
    while left > 0:
        seed += 1
        n = min(AT_ONCE, left) if door.dialect.several else 1
        try:
            reply = door.say(context, said, replace(ask, n=n, seed=seed))
        except Refused:
            if n == 1:
                raise
            door.dialect = replace(door.dialect, several=False)
            continue
        left -= len(reply.choices)
        yield reply


def turns(*pairs: tuple[Literal["user", "assistant"], str]) -> tuple[Turn, ...]:
    """Return a conversation of our own making."""
    return tuple(Turn(role, f"/{position}", text) for position, (role, text) in enumerate(pairs))


def _parameters(ask: Ask, dialect: Dialect) -> dict[str, Any]:
    parameters: dict[str, Any] = {dialect.limit: ask.max_tokens, "temperature": 0.0 if ask.greedy else 1.0}
    if not ask.greedy:
        parameters["top_p"] = 1.0
    parameters |= WHOLE[dialect.whole]
    if dialect.seed:
        parameters["seed"] = ask.seed
    if ask.n > 1:
        parameters["n"] = ask.n
    return parameters


def _logprobs(ask: Ask) -> dict[str, Any]:
    return {"logprobs": ask.likeliest} if ask.likeliest else {}


def _prompt(reply: Reply) -> tuple[Place, ...]:
    places = reply.choices[0].prompt
    if not places:
        raise EndpointError("the endpoint tells no log-probabilities of the prompt")
    return places


def _clean(text: str) -> str:
    """Return the text, which JSON can carry.

    Raises:
        CannotAsk: it holds half a character.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise CannotAsk("the text holds a lone surrogate, which no tokenizer takes") from None
    return text


def texts_of(places: Sequence[Place]) -> str:
    """Return the text that tokens join to."""
    return "".join(place.token for place in places)
