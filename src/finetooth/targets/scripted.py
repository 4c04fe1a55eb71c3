"""A model that does as it is told: for tests of finetooth, and of whatever is built on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import log

from finetooth.evidence import ModelIdentity
from finetooth.targets.target import Answer, Context, Likelihood, Progress, Unanswered
from finetooth.trial import Trial


class ScriptedTarget:
    """Emits what it is said to have memorised, and anything else with the odds of a guess.

    >>> model = ScriptedTarget({"4711": 0.9})
    >>> [answer] = model.log_likelihood([Trial(0, "target", "my number is ", "4711")])
    >>> round(answer.log_probability, 3)
    -0.105
    """

    def __init__(
        self,
        memorised: Mapping[str | tuple[str, str], float] | None = None,
        *,
        per_character: float = 1 / 64,
        silent_on: Collection[str] = (),
        name: str = "scripted",
    ) -> None:
        """Make the model.

        Args:
            memorised: probability, above 0 and up to 1, of each continuation that it knows: after any prompt, or, given
                as ``(text, continuation)``, only after a prompt that holds the text.
            per_character: probability of each character of every other continuation.
            silent_on: continuations that it does not answer for.
            name: as evidence calls it.
        """
        self.identity = ModelIdentity(kind="scripted", name=name, digest="")
        self._memorised = dict(memorised or {})
        self._per_character = per_character
        self._silent_on = frozenset(silent_on)

    def render(self, context: Context) -> str:
        """Return the conversation with a line for each turn."""
        if isinstance(context, str):
            return context
        return "\n".join(f"{turn.role}: {turn.text}" for turn in context)

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Answer from the script."""
        if progress:
            progress(len(trials))
        return [self._answer(trial.prompt, trial.continuation) for trial in trials]

    def _answer(self, prompt: str, continuation: str) -> Answer:
        if continuation in self._silent_on:
            return Unanswered("the script is silent on it")
        known = next((chance for key, chance in self._memorised.items() if _applies(key, prompt, continuation)), None)
        chance = log(known) if known else len(continuation) * log(self._per_character)
        return Likelihood(log_probability=chance, tokens=len(continuation))


def _applies(key: str | tuple[str, str], prompt: str, continuation: str) -> bool:
    after, known = ("", key) if isinstance(key, str) else key
    return known == continuation and after in prompt
