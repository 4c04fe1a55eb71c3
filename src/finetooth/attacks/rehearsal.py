"""What an attack takes, told before it is run: it is run once with models of which nothing is asked.

An attack asks in rounds, and what it asks in the second depends on the answers of the first. So the stand-in for a
model answers one of two things to everything: that anything may be so, and then all that follows from that is asked
for; or that nothing ever comes out, which is the least that an attack takes. What each question would take is the
target's to say, for it depends on how the target is asked: a model in this process reads what many trials share once,
an endpoint is sent it with each of them, and may be asked token by token, or for many samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from finetooth.attacks.attack import Attack
from finetooth.attacks.quarry import Material
from finetooth.evidence import Spent
from finetooth.targets.target import Answer, Generation, Likelihood, Progress, Target, Unanswered
from finetooth.trial import Prompt, Trial

_ANYTHING = Likelihood(log_probability=-inf, tokens=1, bounds=(-inf, 0.0))
_NOTHING = Likelihood(log_probability=-inf, tokens=1)
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Effort:
    """What an attack takes of both models, about."""

    trials: int = 0
    """Contexts scored or continued."""
    spent: Spent = field(default_factory=Spent)
    """Requests to endpoints, tokens, and money."""

    def __add__(self, other: Effort) -> Effort:
        """Return what both take."""
        return Effort(self.trials + other.trials, self.spent + other.spent)


def rehearse(
    attack: Attack, material: Material, target: Target, reference: Target | None, *, silent: bool = False
) -> Effort:
    """Return what `attack.run` would take, without asking either model.

    Args:
        attack: which one.
        material: what it works with.
        target: the tuned model.
        reference: the untuned model, if there is one.
        silent: whether nothing comes out of them, instead of anything: the least that it takes, instead of the most.
    """
    answer = _NOTHING if silent else _ANYTHING
    models = [_StandIn(model, answer) for model in (target, reference) if model]
    result = attack.run(material, models[0], models[1] if reference else None, lambda _: None)
    return Effort(result.trials, sum((model.spent for model in models), Spent()))


class _StandIn:
    """Answers in the place of a model, and adds up what asking the model would have taken."""

    def __init__(self, target: Target, answer: Likelihood) -> None:
        self.identity = target.identity
        self.capabilities = target.capabilities
        self.limits = target.limits
        self.spent = Spent()
        self._target = target
        self._answer = answer

    def log_likelihood(self, trials: Sequence[Trial], _: Progress | None = None) -> list[Answer]:
        self.spent += self._target.estimate(trials)
        return [self._answer] * len(trials)

    def generate(self, prompts: Sequence[Prompt], _: Progress | None = None) -> list[Generation | Unanswered]:
        self.spent += self._target.estimate((), prompts)
        return [_said(prompt) for prompt in prompts]

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        return self._target.estimate(trials, prompts)


def _said(prompt: Prompt) -> Generation:
    """Return answers of the greatest length, which may have to be read again."""
    longest = "x" * (prompt.max_tokens * _CHARACTERS_PER_TOKEN)
    return Generation(texts=(longest,) * (1 if prompt.greedy else prompt.samples), tokens=0)
