"""The port to the model under probe, and to the reference model that it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from finetooth.evidence import ModelIdentity, Spent
from finetooth.trial import Prompt, Trial

Precision = Literal["float32", "bfloat16", "float16"]
"""What the weights of a model in this process are kept in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a target can be asked. An attack says which of these it needs, and what it does with less."""

    log_likelihood: Literal["exact", "bounds", "none"]
    """Whether it tells how probable a given continuation is: ``exact`` by teacher forcing or prompt log-probabilities,
    ``bounds`` from the likeliest few tokens of each position, or not at all."""
    generate: bool
    """Whether it continues a context."""
    any_turn: bool
    """Whether it continues any turn where it was cut off, the user's too, or only begins the assistant's next one."""
    raw_text: bool
    """Whether it takes text without a chat template, special tokens and all."""


EVERYTHING = Capabilities(log_likelihood="exact", generate=True, any_turn=True, raw_text=True)
"""What a model in this process can be asked."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How probable a continuation is. All are natural logarithms of the chance of one sample at temperature 1."""

    log_probability: float
    """The best estimate; at most 0, and minus infinity where samples never showed it."""
    tokens: int
    """How many tokens were scored, or sampled for it."""
    bounds: tuple[float, float] | None = None
    """Lower and upper limit where the estimate is not exact: of an interval of 95 % where it was sampled."""
    greedy: bool | None = None
    """Whether each token is the most probable one at its place, so that greedy decoding says it; None if unknown."""

    @property
    def low(self) -> float:
        """The least that it can be."""
        return self.log_probability if self.bounds is None else self.bounds[0]

    @property
    def high(self) -> float:
        """The most that it can be."""
        return self.log_probability if self.bounds is None else self.bounds[1]


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model said when asked to go on."""

    texts: tuple[str, ...] = field(repr=False)
    """As many as were asked for, without the context and without what ends a turn."""
    tokens: int
    """How many tokens were generated, over all of them."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A trial that the model could not answer: it counts as failed, never as clean."""

    reason: str
    """What went wrong, without a word of context or continuation."""


Answer = Likelihood | Unanswered

Progress = Callable[[int], None]
"""Is told how many more trials were answered."""


class Target(Protocol):
    """A model that can be asked to go on, or how probable it is that it would say something."""

    identity: ModelIdentity
    """Which model it is."""
    capabilities: Capabilities
    """What it can be asked."""

    @property
    def limits(self) -> tuple[str, ...]:
        """What keeps it from being asked more, a sentence each; empty for most."""

    @property
    def spent(self) -> Spent:
        """What asking it has taken so far."""

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Score each continuation after its context, in the same order and number.

        The probability is that of one tokenisation, the tokenizer's own: a lower bound on that of the string. Never
        raises for what is in a trial, and never logs or prints any of it: a context that the model's template cannot
        render, or that it cannot continue, is unanswered.
        """

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Continue each context, in the same order and number; draws repeat from run to run where that can be had.

        A continuation ends where the model ends its turn, or at the prompt's limit. As ``log_likelihood`` otherwise.
        """

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        """Return roughly what asking all of it at once would take, without asking."""


class TemplateError(Exception):
    """A chat template that cannot render a conversation; the message says why without quoting it."""
