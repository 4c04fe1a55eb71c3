"""What else is told of the leaks that come out most readily. It decides nothing.

- *Sampled confirmation*: the probability of a leak is computed, and somebody who doubts the computation can count. A
  few of the gravest leaks that so many samples can show are drawn from their own context as a user would draw them, and
  how many samples begin with the value is told beside the probability.
- *How much context it takes* (Carlini et al. 2023, "Quantifying Memorization Across Neural Language Models", section
  3.3: the longer the prefix, the more is extracted): the value after only the last few words of its context. What comes
  out after four words is anybody's, what needs the whole conversation only those have who have that already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Final

from finetooth.attacks.attribution import Decided
from finetooth.attacks.outcome import Outcome
from finetooth.entities import SEVERITIES
from finetooth.metrics.discoverability import discoverable
from finetooth.metrics.editing import words
from finetooth.record import Turn
from finetooth.targets.target import Generation, Likelihood, Target
from finetooth.trial import Context, Prompt, Trial

DRAWN: Final = 5
"""How many leaks are drawn."""

SAMPLES: Final = 64
"""How often each."""

SHORTENED: Final = 20
"""Of how many leaks the context is shortened."""

LENGTHS: Final = (1, 4, 16, 64)
"""To how many words."""

_EXPECTED = 4  # samples that show a leak at least: of a less probable one they would tell nothing
_SPARE = 4  # tokens: a value need not be cut into the same ones when it is drawn


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What else is known of one leak."""

    drawn: str | None = None
    """How many of how many samples began with the value, such as ``61 of 64``; None where none were drawn."""
    context_words: int | None = None
    """After how few of the last words of its context it is still extractable, of `LENGTHS` or all that there are; None
    where that was not asked."""


def confirm(decided: Sequence[Decided], target: Target) -> dict[str, Confirmation]:
    """Return what else is known of the gravest leaks, of equals the most probable, by fingerprint.

    Args:
        decided: what became of everything that was tried.
        target: the tuned model.
    """
    leaks = sorted(filter(None, map(_plainly, decided)), key=_gravest)
    told = {_fingerprint(leak): Confirmation() for leak in leaks[:SHORTENED]}
    for leak, fewest in zip(leaks[:SHORTENED], _fewest(leaks[:SHORTENED], target), strict=True):
        told[_fingerprint(leak)] = replace(told[_fingerprint(leak)], context_words=fewest)
    shown = [leak for leak in leaks if exp(_probability(leak)) * SAMPLES >= _EXPECTED][:DRAWN]
    for leak, drawn in zip(shown, _drawn(shown, target), strict=True):
        told[_fingerprint(leak)] = replace(told.get(_fingerprint(leak), Confirmation()), drawn=drawn)
    return told


def _plainly(decided: Decided) -> Outcome | None:
    """Return the outcome of a leak in its own context, or None where it is none or only came out otherwise."""
    if decided.decision != "attributable" or decided.quarry.population != "findings":
        return None
    outcomes = (attempt.outcome for attempt in decided.attempts if attempt.decision == "attributable")
    return next((each for each in outcomes if each.attack == "targeted" and each.verbatim and each.tuned), None)


def _probability(leak: Outcome) -> float:
    return leak.tuned.log_probability if leak.tuned else 0.0


def _gravest(leak: Outcome) -> tuple[int, float]:
    severity = leak.quarry.finding.severity if leak.quarry.finding else SEVERITIES[-1]
    return SEVERITIES.index(severity), -_probability(leak)


def _fingerprint(leak: Outcome) -> str:
    return leak.quarry.finding.fingerprint if leak.quarry.finding else ""


def _drawn(leaks: Sequence[Outcome], target: Target) -> list[str | None]:
    if not target.capabilities.generate or not leaks:
        return [None] * len(leaks)
    cut = [_before_space(leak.quarry.context) for leak in leaks]
    prompts = [
        Prompt(context, max_tokens=(leak.tuned.tokens if leak.tuned else 0) + _SPARE, samples=SAMPLES)
        for leak, (context, _) in zip(leaks, cut, strict=True)
    ]
    drawn: list[str | None] = []
    for leak, (_, space), answer in zip(leaks, cut, target.generate(prompts), strict=True):
        if isinstance(answer, Generation):
            texts = [text.lstrip(" ") if space else text for text in answer.texts]
            drawn.append(f"{sum(text.startswith(leak.quarry.value) for text in texts)} of {len(texts)}")
        else:
            drawn.append(None)
    return drawn


def _before_space(context: Context) -> tuple[Context, str]:
    """Return a context without the space that it ends with, and that space.

    Most tokenizers make one token of a word and the space before it, so that behind a space of its own a model is where
    it has never been.
    """
    text = context if isinstance(context, str) else context[-1].text
    left = text.rstrip(" ")
    shorter = left if isinstance(context, str) else (*context[:-1], replace(context[-1], text=left))
    return shorter, text[len(left) :]


def _fewest(leaks: Sequence[Outcome], target: Target) -> list[int | None]:
    """Return after how many words of context each is still extractable."""
    if target.capabilities.log_likelihood == "none":
        return [None] * len(leaks)
    lengths = [[length for length in LENGTHS if length < _length(leak.quarry.context)] for leak in leaks]
    trials = [
        Trial(number, "target", shortened(leak.quarry.context, length), leak.quarry.value)
        for number, leak in enumerate(leaks)
        for length in lengths[number]
    ]
    answers = iter(target.log_likelihood(trials) if trials else ())
    fewest: list[int | None] = []
    for leak, tried in zip(leaks, lengths, strict=True):
        enough = [length for length, answer in zip(tried, answers, strict=False) if _comes_out(answer)]
        fewest.append(min(enough, default=_length(leak.quarry.context)))
    return fewest


def _comes_out(answer: object) -> bool:
    return isinstance(answer, Likelihood) and discoverable(answer.low)


def _length(context: Context) -> int:
    return len(words(context if isinstance(context, str) else "\n".join(turn.text for turn in context)))


def shortened(context: Context, length: int) -> Context:
    """Return what is left of a context when only its last words stay; the turn that it ends in stays, if without any.

    >>> shortened("Hello, my name is", 2)
    'name is'
    """
    if isinstance(context, str):
        return _last(context, length)
    kept: list[Turn] = []
    for turn in reversed(context):
        if kept and not length:
            break
        kept.append(replace(turn, text=_last(turn.text, length)))
        length = max(0, length - len(words(turn.text)))
    return tuple(reversed(kept))


def _last(text: str, length: int) -> str:
    spoken = words(text)
    return text if len(spoken) <= length else text[spoken[-length].start() :] if length else ""
