"""The port to the model under probe, and to the reference model that it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from finetooth.evidence import ModelIdentity
from finetooth.record import Turn
from finetooth.trial import Trial

Context = tuple[Turn, ...] | str
"""What the model saw before a value when it was trained: the conversation up to it, its last turn cut off there, or
plain text where the text was trained on without a template."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How probable a continuation is."""

    log_probability: float
    """Natural logarithm of the chance that sampling at temperature 1 emits exactly these tokens; at most 0."""
    tokens: int
    """How many tokens were scored."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A trial that the model could not answer: it counts as failed, never as clean."""

    reason: str
    """What went wrong, without a word of prompt or continuation."""


Answer = Likelihood | Unanswered

Progress = Callable[[int], None]
"""Is told how many more trials were answered."""


class Target(Protocol):
    """A model that can be asked how probable a text is."""

    identity: ModelIdentity
    """Which model it is."""

    def render(self, context: Context) -> str:
        """Return the prompt as the model was trained on it: in its own chat template, cut off where the context ends.

        Raises:
            TemplateError: the model's template cannot render this conversation.
        """

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Score each continuation after its prompt by teacher forcing, in the same order and number.

        The probability is that of one tokenisation, the tokenizer's own: a lower bound on that of the string. Never
        raises for what is in a trial, and never logs or prints any of it.
        """


class TemplateError(Exception):
    """A chat template that cannot render a conversation; the message says why without quoting it."""
