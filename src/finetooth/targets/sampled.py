"""A model that only talks, asked how probable a value is: by counting how often it says it.

For each distinct context a number of answers is drawn, and the same answers serve the value, its look-alikes and its
controls. Of n answers, k begin with the value: the estimate is k/n, and the bounds are the exact interval of Clopper
and Pearson at 95 %. So with 16 answers nothing below one in five can be excluded: what is not seen is undecided, never
clean, until there are enough of them (4,300 for 95 % power at one in a thousand).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log

from finetooth.evidence import ModelIdentity, Spent
from finetooth.metrics.interval import clopper_pearson
from finetooth.targets.receipts import Receipts
from finetooth.targets.target import Answer, Capabilities, Generation, Likelihood, Progress, Target, Unanswered
from finetooth.trial import Context, Prompt, Trial

SAMPLES = 16
_CHARACTERS_PER_TOKEN = 2  # fewer than any tokenizer takes of a common text; what breaks off is counted apart
_SPARE = 8  # tokens
_AT_ONCE = 64  # contexts whose answers are in memory together


class SampledTarget:
    """Wraps a target that generates, and tells how probable continuations are by sampling."""

    def __init__(self, target: Target, samples: int = SAMPLES, *, receipts: Receipts | None = None) -> None:
        """Wrap a target.

        Args:
            target: what is asked; it must be able to generate.
            samples: how many answers are drawn for each context, at least 1.
            receipts: where counts are kept, if they are.
        """
        if samples < 1:
            raise ValueError("a chance cannot be estimated from no samples")
        self.identity: ModelIdentity = target.identity
        self.capabilities: Capabilities = target.capabilities
        self._target = target
        self._samples = samples
        self._receipts = receipts

    @property
    def spent(self) -> Spent:
        """What asking it has taken so far."""
        return self._target.spent

    @property
    def limits(self) -> tuple[str, ...]:
        """What could not be asked of it, and what that costs."""
        high = clopper_pearson(0, self._samples)[1]
        told = f"probabilities are counted in {self._samples} answers a context: below {high:.2g}, none can be excluded"
        return (*self._target.limits, told)

    def log_likelihood(self, trials: Sequence[Trial], progress: Progress | None = None) -> list[Answer]:
        """Count in samples."""
        answers: list[Answer] = [Unanswered("not run")] * len(trials)
        groups: dict[Context, list[int]] = {}
        for position, trial in enumerate(trials):
            if (known := self._known(trial)) is not None:
                answers[position] = known
            else:
                groups.setdefault(trial.context, []).append(position)
        if progress and len(trials) > sum(map(len, groups.values())):
            progress(len(trials) - sum(map(len, groups.values())))
        contexts = list(groups)
        for start in range(0, len(contexts), _AT_ONCE):
            batch = contexts[start : start + _AT_ONCE]
            said = self._target.generate([self._prompt(each, [trials[p] for p in groups[each]]) for each in batch])
            for context, heard in zip(batch, said, strict=True):
                for position in groups[context]:
                    answers[position] = self._answer(trials[position], heard)
                if progress:
                    progress(len(groups[context]))
        return answers

    def generate(self, prompts: Sequence[Prompt], progress: Progress | None = None) -> list[Generation | Unanswered]:
        """Continue each context."""
        return self._target.generate(prompts, progress)

    def estimate(self, trials: Sequence[Trial], prompts: Sequence[Prompt] = ()) -> Spent:
        """Return roughly what asking all of it would take."""
        groups: dict[Context, list[Trial]] = {}
        for trial in trials:
            groups.setdefault(trial.context, []).append(trial)
        drawn = [self._prompt(context, group) for context, group in groups.items()]
        return self._target.estimate((), [*drawn, *prompts])

    def _prompt(self, context: Context, trials: Sequence[Trial]) -> Prompt:
        longest = max(len(trial.continuation) for trial in trials)
        return Prompt(_unspaced(context), -(-longest // _CHARACTERS_PER_TOKEN) + _SPARE, samples=self._samples)

    def _known(self, trial: Trial) -> Likelihood | None:
        if self._receipts is None:
            return None
        numbers = self._receipts.find(self._question, trial.context, trial.continuation)
        if numbers is None:
            return None
        seen, open_, drawn, tokens = (int(number or 0) for number in numbers)
        return _likelihood(seen, open_, drawn, tokens)

    @property
    def _question(self) -> str:
        return f"count in {self._samples} answers"

    def _answer(self, trial: Trial, heard: Generation | Unanswered) -> Answer:
        if isinstance(heard, Unanswered):
            return heard
        wanted = trial.continuation.strip()
        if not wanted:
            return Unanswered("the continuation is empty, so that every answer would begin with it")
        texts = [text.lstrip() for text in heard.texts]
        seen = sum(text.startswith(wanted) for text in texts)
        open_ = sum(_broken_off(text.rstrip(), wanted) for text in texts)
        if self._receipts:
            numbers = [seen, open_, len(texts), heard.tokens]
            self._receipts.keep(self._question, trial.context, trial.continuation, numbers)
        return _likelihood(seen, open_, len(texts), heard.tokens)


def _likelihood(seen: int, open_: int, drawn: int, tokens: int) -> Likelihood:
    """Return the estimate and its interval: answers that broke off within the value may have gone on with it."""
    low, high = clopper_pearson(seen, drawn)[0], clopper_pearson(seen + open_, drawn)[1]
    return Likelihood(log_probability=_log(seen / drawn), tokens=tokens, bounds=(_log(low), min(0.0, _log(high))))


def _broken_off(text: str, wanted: str) -> bool:
    """Tell whether an answer ends within the value, as one does that met the limit of tokens there."""
    return 0 < len(text) < len(wanted) and wanted.startswith(text)


def _unspaced(context: Context) -> Context:
    """Return the context without the blanks at its end, which tokenizers put at the head of the next word."""
    if isinstance(context, str):
        return context.rstrip()
    return (*context[:-1], replace(context[-1], text=context[-1].text.rstrip()))


def _log(chance: float) -> float:
    return log(chance) if chance > 0 else -inf
