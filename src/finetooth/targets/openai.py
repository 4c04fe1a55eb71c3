"""A model behind an OpenAI-compatible API: vLLM, llama.cpp, Ollama, TGI, ``transformers serve``, a hosted fine-tune.

What can be asked of it is found out beforehand (`targets/openai_discovery.py`), and this is asked from several threads.
Whatever has no answer is unanswered, with the reason: an endpoint that fell silent, a budget that is spent, a turn that
the API does not go on from. The rest of a probe goes on, and its evidence says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import takewhile
from math import inf
from threading import Lock
from typing import TypeVar

from finetooth.evidence import ModelIdentity, Spent
from finetooth.targets.budget import BudgetSpent
from finetooth.targets.endpointerror import EndpointError, Refused
from finetooth.targets.httpclient import Client
from finetooth.targets.openai_api import AT_ONCE, Ask, CannotAsk, Chat, Completions, Door, draw
from finetooth.targets.openai_reply import Place
from finetooth.targets.openai_scoring import stepped, summed, walked
from finetooth.targets.openai_template import REPLACED, Cutting, Rendering
from finetooth.targets.receipts import Number, Receipts
from finetooth.targets.target import Answer, Capabilities, Generation, Likelihood, Progress, Unanswered
from finetooth.trial import Context, Prompt, Trial, length

_WAYS = 2  # in which a walk may begin
_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSize:
    """How many tokens texts have, roughly."""

    characters: float = 3.0
    """Characters in a token, on average."""
    around: float = 8.0
    """Tokens that a chat template, or what begins a text, puts around it."""

    def tokens(self, context: Context, continuation: str = "") -> float:
        """Return about how many tokens a prompt has."""
        return (length(context) + len(continuation)) / self.characters + self.around


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a model behind an endpoint can be asked, as far as it was tested."""

    completions: Completions | None
    """The door for texts."""
    chat: Chat | None
    """The door for conversations, which is used where there is no ``rendering``."""
    rendering: Rendering | None
    """Turns conversations into texts."""
    cutting: Cutting | None
    """Cuts texts into tokens."""
    by_text: bool
    """Whether the tokens that the completions API tells join to their text."""
    size: TokenSize
    """How many tokens texts have, for estimates."""
    limits: tuple[str, ...]
    """What cannot be asked, or is not to be trusted, and why."""


class OpenAITarget:
    """One model behind one endpoint; ``openai_discovery.connect`` is the usual way in."""

    def __init__(self, client: Client, access: Access, receipts: Receipts | None = None) -> None:
        """Wrap what was found out.

        Args:
            client: asks the endpoint.
            access: how it can be asked.
            receipts: where answers are kept, if they are.
        """
        self.identity = ModelIdentity(kind="openai", name=str(client.endpoint), digest="")
        self.capabilities = _capabilities(access)
        self.limits = access.limits
        """What cannot be asked of it, or is not to be trusted, and why: sentences for the evidence."""
        self._client = client
        self._access = access
        self._receipts = receipts
        self._lock = Lock()

    @property
    def spent(self) -> Spent:
        """What asking it has taken so far, the self-test included."""
        return self._client.spent + Spent(receipts=self._receipts.used if self._receipts else 0)

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Score continuations: those of one context one after the other, contexts side by side."""
        groups: dict[Context, list[int]] = {}
        for position, trial in enumerate(trials):
            groups.setdefault(trial.context, []).append(position)
        answers: list[Answer] = [Unanswered("not run")] * len(trials)
        tasks = [(context, [trials[position] for position in places]) for context, places in groups.items()]
        positions = list(groups.values())

        def done(task: int, given: list[Answer]) -> None:
            for position, answer in zip(positions[task], given, strict=True):
                answers[position] = answer
            if progress:
                progress(len(given))

        self._side_by_side(tasks, lambda task: self._scored(*task), done)
        return answers

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Continue each context; draws repeat where the server heeds a seed."""
        said: list[Generation | Unanswered] = [Unanswered("not run")] * len(prompts)

        def done(task: int, given: Generation | Unanswered) -> None:
            said[task] = given
            if progress:
                progress(1)

        self._side_by_side(list(prompts), self._continued, done)
        return said

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        """Return roughly what asking all of it would take, without asking; answers that have receipts are not counted.

        A walk token by token is counted to its end for a value itself; what was never in training is soon left.
        """
        requests, read, said = 0, 0.0, 0
        size = self._access.size
        level = self.capabilities.log_likelihood
        for trial in trials:
            kept = self._receipts and self._receipts.holds(self._question, trial.context, trial.continuation)
            if level == "none" or kept:
                continue
            whole = max(1, round(len(trial.continuation) / size.characters))
            steps = 1 if level == "exact" else _WAYS * whole if trial.arm == "target" else min(_WAYS, whole)
            requests += steps
            said += steps
            read += steps * size.tokens(trial.context, trial.continuation)
        for prompt in prompts:
            draws = 1 if prompt.greedy else prompt.samples
            asked = -(-draws // AT_ONCE) if self._several else draws
            requests += asked
            read += asked * size.tokens(prompt.context)
            said += draws * prompt.max_tokens
        return self._client.allowance.priced(Spent(requests=requests, prompt_tokens=round(read), generated_tokens=said))

    def _side_by_side(self, tasks: Sequence[_A], work: Callable[[_A], _B], done: Callable[[int, _B], None]) -> None:
        pool = ThreadPoolExecutor(self._client.settings.concurrency, thread_name_prefix="finetooth-endpoint")
        try:
            running = {pool.submit(work, task): number for number, task in enumerate(tasks)}
            for future in as_completed(running):
                done(running[future], future.result())
        except BaseException:
            # Whoever breaks a probe off waits for no answer that is under way, and pays for none that is not.
            self._client.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    def _door(self, context: Context) -> tuple[Door, Context]:
        """Return the door for a context, and the context as it takes it."""
        access = self._access
        if isinstance(context, str):
            if access.completions is None:
                raise CannotAsk("the endpoint has no completions API, and its chat API takes no plain text")
            return replace(access.completions, rendered=False), context
        if access.completions is not None and access.rendering is not None:
            return access.completions, access.rendering(context)
        if access.chat is None:
            raise CannotAsk(
                "the endpoint has no chat API, and how conversations read in the model's chat template is not known; "
                "set endpoint.tokenizer to its folder"
            )
        return access.chat, context

    def _scored(self, context: Context, trials: Sequence[Trial]) -> list[Answer]:
        answers: list[Answer | None] = [self._known(trial) for trial in trials]
        if any(answer is None for answer in answers):
            try:
                door, shown = self._door(context)
                scoring = _Scoring(door, shown, self._access)
            except (CannotAsk, EndpointError, BudgetSpent) as error:
                return [answer or Unanswered(_reason(error)) for answer in answers]
            for position, trial in enumerate(trials):
                if answers[position] is None:
                    answers[position] = self._answer(scoring, trial)
        return [answer or Unanswered("not run") for answer in answers]

    def _answer(self, scoring: _Scoring, trial: Trial) -> Answer:
        try:
            answer = scoring.score(trial.continuation)
        except (CannotAsk, EndpointError, BudgetSpent) as error:
            return Unanswered(_reason(error))
        if self._receipts and isinstance(answer, Likelihood):
            low, high = answer.low, answer.high
            numbers = [_finite(answer.log_probability), float(answer.tokens), _finite(low), _finite(high)]
            self._receipts.keep(self._question, trial.context, trial.continuation, numbers)
        return answer

    def _known(self, trial: Trial) -> Likelihood | None:
        numbers = self._receipts.find(self._question, trial.context, trial.continuation) if self._receipts else None
        if numbers is None:
            return None
        probability, tokens, low, high = numbers
        bounds = (_number(low), _number(high))
        exact = bounds == (_number(probability), _number(probability))
        return Likelihood(_number(probability), int(tokens or 0), None if exact else bounds)

    @property
    def _question(self) -> str:
        return f"likelihood {self.capabilities.log_likelihood}"

    @property
    def _several(self) -> bool:
        doors = (self._access.completions if self._access.rendering else None, self._access.chat)
        return all(door.dialect.several for door in doors if door)

    def _continued(self, prompt: Prompt) -> Generation | Unanswered:
        wanted = 1 if prompt.greedy else prompt.samples
        texts: list[str] = []
        tokens = 0
        try:
            door, shown = self._door(prompt.context)
            for reply in draw(door, shown, "", Ask(max_tokens=prompt.max_tokens, n=wanted, greedy=prompt.greedy)):
                texts += [choice.text for choice in reply.choices]
                tokens += reply.generated_tokens
        except (CannotAsk, EndpointError, BudgetSpent) as error:
            return Unanswered(_reason(error))
        return Generation(texts=tuple(texts[:wanted]), tokens=tokens)


class _Scoring:
    """Scores the continuations of one context, and asks for what they share once."""

    def __init__(self, door: Door, context: Context, access: Access) -> None:
        self._door = door
        self._context = context
        self._by_text = access.by_text and door.dialect.weighing in ("echo", "echo and one more")
        self._cutting = access.cutting
        self._before: Sequence[Place] | None = None
        self._walks: dict[str, dict[str, float]] = {}

    def score(self, continuation: str) -> Answer:
        """Score one continuation."""
        if not continuation:
            return Unanswered("the continuation has no token of its own")
        dialect = self._door.dialect
        if dialect.weighing != "none":
            places = self._door.weigh(self._context, continuation)
            return summed(places, continuation, self._alone, by_text=self._by_text)
        if not dialect.likeliest:
            return Unanswered("the endpoint tells no log-probabilities that can be trusted")
        if self._cutting and (tokens := self._tokens(self._cutting, continuation)):
            begun, own = tokens
            return stepped(lambda said: self._likeliest(begun, said), own)
        as_it_is = walked(lambda said: self._likeliest(self._context, said), continuation)
        shown, blanks = _split(self._context)
        if not blanks or isinstance(as_it_is, Unanswered):
            return as_it_is
        # Most tokenizers put the blank before a word into the word's token, and some servers drop it: then only the
        # context without it leads to the value. Which of the two it is nobody tells, and whoever attacks may try both.
        return _better(as_it_is, walked(lambda said: self._likeliest(shown, said), blanks + continuation))

    def _tokens(self, cutting: Cutting, continuation: str) -> tuple[Context, list[str]] | None:
        """Return the context up to the first token that holds a part of the continuation, and the tokens from there.

        None where tokens do not join to the text, as where a character has several of them.
        """
        text = _last(self._context)
        whole, before = cutting(text + continuation), cutting(text) if text else []
        first = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(whole, before, strict=False)))
        if "".join(whole) != text + continuation or any(REPLACED in token for token in whole[first:]):
            return None
        if first == 0 and text:
            return None  # nothing predicts the first token of all
        return _ending(self._context, "".join(whole[:first])), whole[first:]

    def _alone(self) -> Sequence[Place]:
        if self._before is None:
            self._before = self._door.weigh(self._context, "")
        return self._before

    def _likeliest(self, shown: Context, said: str) -> dict[str, float]:
        text = _last(shown) + said
        if text not in self._walks:
            ask = Ask(max_tokens=1, likeliest=self._door.dialect.likeliest)
            places = self._door.say(shown, said, ask).choices[0].places
            self._walks[text] = dict(places[0].likeliest) if places else {}
        return self._walks[text]


def _capabilities(access: Access) -> Capabilities:
    door: Door | None = access.completions if access.rendering else access.chat
    door = door or access.completions
    if door is None:
        raise ValueError("an endpoint that cannot be asked at all is no target")
    exact = door.dialect.weighing != "none"
    return Capabilities(
        log_likelihood="exact" if exact else "bounds" if door.dialect.likeliest else "none",
        generate=True,
        any_turn=door.dialect.any_turn and (access.rendering is not None or door is access.chat),
        raw_text=access.completions is not None,
    )


def _better(one: Likelihood, other: Answer) -> Likelihood:
    """Return the better of two ways to a value, with what both leave possible."""
    if isinstance(other, Unanswered):
        return one
    bounds = max(one.low, other.low), max(one.high, other.high)
    best = max(one.log_probability, other.log_probability)
    return Likelihood(log_probability=best, tokens=one.tokens + other.tokens, bounds=bounds)


def _split(context: Context) -> tuple[Context, str]:
    """Return the context without the blanks at its end, and these."""
    text = _last(context)
    kept = text.rstrip()
    return _ending(context, kept), text[len(kept) :]


def _last(context: Context) -> str:
    """Return the text that is gone on from."""
    return context if isinstance(context, str) else context[-1].text


def _ending(context: Context, text: str) -> Context:
    """Return the context with another text to go on from."""
    return text if isinstance(context, str) else (*context[:-1], replace(context[-1], text=text))


def _reason(error: Exception) -> str:
    if isinstance(error, Refused) and error.status in (400, 413, 422):
        return f"{error} (a context that is too long, or a text that it does not take)"
    return str(error)


def _finite(number: float) -> Number:
    return None if number == -inf else number


def _number(number: Number) -> float:
    return -inf if number is None else number
