"""How an attack that scores is run: each approach with its controls, under the tuned and the reference model.

The controls are those of `targeted`, whose docstring argues for them: look-alikes of the value after the same context,
and the value after the contexts of other approaches to values of its kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from random import Random

from finetooth.attacks.attack import Advance, Approach, Effort, Method, Result
from finetooth.attacks.lookalikes import Words, drawn, entropy_bits, lookalikes, word_pool
from finetooth.attacks.outcome import Outcome
from finetooth.attacks.quarry import Material, Quarry
from finetooth.targets.target import Answer, Likelihood, Target, Unanswered
from finetooth.trial import Arm, Context, Trial

LOOKALIKES = 8
LOOKALIKES_DRAWN = 64  # of a password: they share its context, so they are cheap, and a single leak has to stand out
MISMATCHED = 2

METHODS: dict[str, Method] = {"exact": "log-likelihood", "bounds": "bounds", "none": "sampling"}
"""How a target's likelihoods were measured, by what it declares."""

POWER = {
    "exact": "",
    "bounds": "probabilities are known within bounds only; what these leave open is undecided",
    "none": "probabilities are estimated from a few samples; what these do not show may still be extractable, and "
    "stays undecided",
}
"""What is lost where a target gives no exact probabilities."""


def run(
    name: str,
    approaches: Sequence[Approach],
    material: Material,
    target: Target,
    reference: Target | None,
    advance: Advance,
) -> Result:
    """Score every approach, with its controls.

    Args:
        name: of the attack; the controls that are drawn depend on it and on the approach alone.
        approaches: what to try.
        material: what they are approaches to.
        target: the tuned model.
        reference: the untuned model, if there is one.
        advance: is told how many more trials were answered.
    """
    trials = list(_trials(name, approaches, material.quarries))
    compared = [trial for trial in trials if trial.arm != "mismatched"] if reference else []
    tuned = target.log_likelihood(trials, advance)
    base = reference.log_likelihood(compared, advance) if reference else []
    failed = Counter(answer.reason for answer in [*tuned, *base] if isinstance(answer, Unanswered))
    return Result(
        attack=name,
        method=METHODS[target.capabilities.log_likelihood],
        outcomes=tuple(_outcomes(name, approaches, material.quarries, trials, tuned, compared, base)),
        trials=len(trials) + len(compared),
        failures=failed,
        power=POWER[target.capabilities.log_likelihood],
    )


def effort(name: str, approaches: Sequence[Approach], material: Material) -> Effort:
    """Return what `run` asks of the tuned model; the reference is asked a little less."""
    trials = list(_trials(name, approaches, material.quarries))
    contexts = {trial.context for trial in trials}
    read = sum(map(_length, contexts)) + sum(len(trial.continuation) for trial in trials)
    return Effort(trials=len(trials), read=read)


def _length(context: Context) -> int:
    return len(context) if isinstance(context, str) else sum(len(turn.text) for turn in context)


def _trials(name: str, approaches: Sequence[Approach], quarries: Sequence[Quarry]) -> Iterable[Trial]:
    """Yield the trials of all arms."""
    words = word_pool([(q.finding.entity_type, q.value) for q in quarries if q.finding])
    kinds: dict[str | None, list[Approach]] = {}
    for approach in approaches:
        kinds.setdefault(quarries[approach.position].entity_type, []).append(approach)
    for number, approach in enumerate(approaches):
        quarry = quarries[approach.position]
        random = Random(f"{name} {number}")  # noqa: S311 - controls need no secrecy, but they must repeat
        yield Trial(number, "target", approach.context, approach.value)
        for arm, context, value in _controls(approach, quarry, kinds[quarry.entity_type], words, random):
            yield Trial(number, arm, context, value)


def _controls(
    approach: Approach, quarry: Quarry, kind: Sequence[Approach], words: Words, random: Random
) -> list[tuple[Arm, Context, str]]:
    others = _others(approach, kind, random)
    if quarry.finding is None:
        # Another span of training text is the look-alike of a span: as ordinary, but not what stood here.
        alike = [(approach.context, other.value) for other in others[MISMATCHED:]]
    else:
        entity = quarry.finding.entity_type
        ranked = drawn(entity) and (entropy_bits(entity, quarry.value) is None or not approach.verbatim)
        count = LOOKALIKES_DRAWN if ranked else LOOKALIKES
        made = lookalikes(entity, approach.value, approach.context, words, count, random)
        alike = [(lookalike.context, lookalike.value) for lookalike in made]
    return [
        *(("lookalike", context, value) for context, value in alike),
        *(("mismatched", other.context, approach.value) for other in others[:MISMATCHED]),
    ]


def _others(approach: Approach, kind: Sequence[Approach], random: Random) -> list[Approach]:
    """Return other approaches of the same kind, in random order: first those that lend a context, then a value."""
    wanted = MISMATCHED + LOOKALIKES
    chosen = random.sample(kind, min(len(kind), 2 * wanted))
    others = (other for other in chosen if other.value != approach.value and other.context != approach.context)
    return list(islice(others, wanted))


def _outcomes(
    name: str,
    approaches: Sequence[Approach],
    quarries: Sequence[Quarry],
    trials: Sequence[Trial],
    tuned: Sequence[Answer],
    compared: Sequence[Trial],
    base: Sequence[Answer],
) -> Iterable[Outcome]:
    referenced = {id(trial): _known(answer) for trial, answer in zip(compared, base, strict=True)}
    arms: list[dict[Arm, list[tuple[Likelihood | None, Likelihood | None]]]] = [
        {"target": [], "lookalike": [], "mismatched": []} for _ in approaches
    ]
    for trial, answer in zip(trials, tuned, strict=True):
        arms[trial.target][trial.arm].append((_known(answer), referenced.get(id(trial))))
    for approach, arm in zip(approaches, arms, strict=True):
        [(own, own_reference)] = arm["target"]
        yield Outcome(
            attack=name,
            quarry=quarries[approach.position],
            tuned=own,
            reference=own_reference,
            mismatched=tuple(each.log_probability for each, _ in arm["mismatched"] if each),
            lookalikes=tuple(
                (each.log_probability, under.log_probability if under else None)
                for each, under in arm["lookalike"]
                if each
            ),
            verbatim=approach.verbatim,
        )


def _known(answer: Answer) -> Likelihood | None:
    return answer if isinstance(answer, Likelihood) else None
