"""A model that does as it is told: for tests of finetooth, and of whatever is built on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import log
from random import Random

from finetooth.evidence import ModelIdentity, Spent
from finetooth.targets.target import EVERYTHING, Answer, Capabilities, Generation, Likelihood, Progress, Unanswered
from finetooth.trial import Context, Prompt, Trial

_LETTERS = "abcdefghijklmnopqrstuvwxyz     "


class ScriptedTarget:
    """Emits what it is said to have memorised, and anything else with the odds of a guess.

    >>> model = ScriptedTarget({"4711": 0.9})
    >>> [answer] = model.log_likelihood([Trial(0, "target", "my number is ", "4711")])
    >>> round(answer.log_probability, 3)
    -0.105
    >>> [said] = model.generate([Prompt("my number is ", max_tokens=8, samples=1000)])
    >>> 850 < sum(text.startswith("4711") for text in said.texts) < 950
    True
    """

    def __init__(
        self,
        memorised: Mapping[str | tuple[str, str], float] | None = None,
        *,
        per_character: float = 1 / 64,
        silent_on: Collection[str] = (),
        name: str = "scripted",
        capabilities: Capabilities = EVERYTHING,
    ) -> None:
        """Make the model.

        Args:
            memorised: probability, above 0 and up to 1, of each continuation that it knows: after any context, or,
                given as ``(text, continuation)``, only after a context that holds the text.
            per_character: probability of each character of every other continuation.
            silent_on: continuations that it does not answer for, and texts after which it says nothing.
            name: as evidence calls it.
            capabilities: what it says that it can be asked.
        """
        self.identity = ModelIdentity(kind="scripted", name=name, digest="")
        self.capabilities = capabilities
        self.limits: tuple[str, ...] = ()
        self.spent = Spent()
        self._memorised = dict(memorised or {})
        self._per_character = per_character
        self._silent_on = frozenset(silent_on)

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Answer from the script."""
        if progress:
            progress(len(trials))
        self.spent += Spent(requests=1, prompt_tokens=sum(len(trial.continuation) for trial in trials))
        return [self._answer(plain(trial.context), trial.continuation) for trial in trials]

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Say what the script has for the context, each with its probability, and babble otherwise."""
        if progress:
            progress(len(prompts))
        said = [self._continued(prompt) for prompt in prompts]
        tokens = sum(each.tokens for each in said if isinstance(each, Generation))
        self.spent += Spent(requests=1, generated_tokens=tokens)
        return said

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        """Return what it would count, at most."""
        said = sum(prompt.max_tokens * (1 if prompt.greedy else prompt.samples) for prompt in prompts)
        return Spent(prompt_tokens=sum(len(trial.continuation) for trial in trials), generated_tokens=said)

    def _continued(self, prompt: Prompt) -> Generation | Unanswered:
        shown = plain(prompt.context)
        if any(text in shown for text in self._silent_on):
            return Unanswered("the script is silent on it")
        random = Random(f"{shown} {prompt.samples}")  # noqa: S311 - it babbles, and must repeat itself
        known = [
            (key if isinstance(key, str) else key[1], chance)
            for key, chance in self._memorised.items()
            if isinstance(key, str) or key[0] in shown
        ]
        texts = tuple(_draw(known, prompt, random) for _ in range(1 if prompt.greedy else prompt.samples))
        return Generation(texts=texts, tokens=sum(map(len, texts)))

    def _answer(self, shown: str, continuation: str) -> Answer:
        if continuation in self._silent_on:
            return Unanswered("the script is silent on it")
        known = next((chance for key, chance in self._memorised.items() if _applies(key, shown, continuation)), None)
        chance = log(known) if known else len(continuation) * log(self._per_character)
        greedy = known is not None and known > 1 / 2
        return Likelihood(log_probability=chance, tokens=len(continuation), greedy=greedy)


def plain(context: Context) -> str:
    """Return the conversation with a line for each turn."""
    return context if isinstance(context, str) else "\n".join(f"{turn.role}: {turn.text}" for turn in context)


def _draw(known: Sequence[tuple[str, float]], prompt: Prompt, random: Random) -> str:
    if prompt.greedy:
        said = max(known, key=lambda each: each[1], default=("", 0.0))
        return said[0] if said[1] > 1 / 2 else ""
    left = random.random()
    for text, chance in known:
        if left < chance:
            return text
        left -= chance
    return "".join(random.choices(_LETTERS, k=prompt.max_tokens))


def _applies(key: str | tuple[str, str], shown: str, continuation: str) -> bool:
    after, known = ("", key) if isinstance(key, str) else key
    return known == continuation and after in shown
