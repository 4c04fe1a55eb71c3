"""Targeted extraction: does the model continue a training context with the very value that stood there?

Threat model: somebody who knows, or guesses, how a conversation of the training data began. It is the strongest
prompt there is for most values, and for an auditor, who holds the data, the cheapest to try.

Source: discoverable extraction (Carlini et al. 2023, "Quantifying Memorization Across Neural Language Models",
section 3) in its probabilistic form (Hayes et al. 2024, arXiv 2410.19482). The probability q that one sample emits the
value is not estimated by sampling but computed: one teacher-forced pass gives it exactly.

Controls, each of which answers one objection:

- *look-alikes* ("any value of this kind is likely there"): values of the same pattern that were never in training,
  scored in the same context. The value must beat them: by its odds alone where it was issued at random (the e-value
  |R| q, which by Markov exceeds t with a chance of at most 1/t for a model that never saw it), otherwise by a
  conformal p-value; either way with the false discovery rate over all findings of a category kept below 5 %.
- *reference model* ("the base model knows it too"): the same under the untuned model. Where one is given, a value that
  it emits as well is common knowledge, and every score is the gain over the reference. Without one, only what was
  issued at random can be attributed, for no base model guesses that; names and phrases it may know stay undecided.
- *mismatched contexts* ("it says that to everyone"): the value after the contexts of other records. Without a reference
  a value that comes out there too stays undecided. For ordinary text it tells boilerplate from memorised text. Where
  there is a reference it never clears a finding: a value that comes out in any context is the worse leak.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from random import Random

from finetooth.attacks.attribution import Outcome
from finetooth.attacks.lookalikes import Words, drawn, entropy_bits, lookalikes, word_pool
from finetooth.attacks.quarry import Quarry
from finetooth.evidence import ProbeCoverage
from finetooth.targets.target import Answer, Likelihood, Target, Unanswered
from finetooth.trial import Arm, Context, Trial

NAME = "targeted"
LOOKALIKES = 8
LOOKALIKES_DRAWN = 64  # of a password: they share its prompt, so they are cheap, and a single leak has to stand out
MISMATCHED = 2


def run(
    quarries: Sequence[Quarry], target: Target, reference: Target | None, progress: Callable[[int, int], None]
) -> tuple[list[Outcome], ProbeCoverage]:
    """Try every quarry, with its controls.

    Args:
        quarries: what to try.
        target: the tuned model.
        reference: the untuned model, if there is one.
        progress: is told how many trials were answered, of how many.

    Returns:
        An outcome for each quarry, and how much was tried.
    """
    trials = _trials(quarries)
    compared = [trial for trial in trials if trial.arm != "mismatched"] if reference else []
    total, done = len(trials) + len(compared), 0

    def advance(answered: int) -> None:
        nonlocal done
        done += answered
        progress(done, total)

    tuned = target.log_likelihood(trials, advance)
    base = reference.log_likelihood(compared, advance) if reference else []
    failures = Counter(answer.reason for answer in [*tuned, *base] if isinstance(answer, Unanswered))
    coverage = ProbeCoverage(
        targets=len(quarries),
        trials=total,
        failed=sum(failures.values()),
        failures=tuple(f"{reason} ({count} times)" for reason, count in sorted(failures.items())),
    )
    return _outcomes(quarries, trials, tuned, compared, base), coverage


def _trials(quarries: Sequence[Quarry]) -> list[Trial]:
    """Return the trials of all arms."""
    words = word_pool([(q.finding.entity_type, q.value) for q in quarries if q.finding])
    kinds: dict[str | None, list[Quarry]] = {}
    for quarry in quarries:
        kinds.setdefault(quarry.entity_type, []).append(quarry)
    trials: list[Trial] = []
    for position, quarry in enumerate(quarries):
        random = Random(f"{NAME} {position}")  # noqa: S311 - controls need no secrecy, but they must repeat
        controls = _controls(quarry, kinds[quarry.entity_type], words, random)
        arms = [("target", quarry.context, quarry.value), *controls]
        trials += [Trial(position, arm, context, continuation) for arm, context, continuation in arms]
    return trials


def _controls(quarry: Quarry, kind: Sequence[Quarry], words: Words, random: Random) -> list[tuple[Arm, Context, str]]:
    others = _others(quarry, kind, random)
    if quarry.finding is None:
        # Another span of training text is the look-alike of a span: as ordinary, but not what stood here.
        alike = [(quarry.context, other.value) for other in others[MISMATCHED:]]
    else:
        entity = quarry.finding.entity_type
        ranked = drawn(entity) and entropy_bits(entity, quarry.value) is None
        count = LOOKALIKES_DRAWN if ranked else LOOKALIKES
        made = lookalikes(entity, quarry.value, quarry.context, words, count, random)
        alike = [(lookalike.context, lookalike.value) for lookalike in made]
    return [
        *(("lookalike", context, value) for context, value in alike),
        *(("mismatched", other.context, quarry.value) for other in others[:MISMATCHED]),
    ]


def _others(quarry: Quarry, kind: Sequence[Quarry], random: Random) -> list[Quarry]:
    """Return other quarries of the same kind, in random order: first those that lend a context, then a value."""
    wanted = MISMATCHED + LOOKALIKES
    drawn_ones = random.sample(kind, min(len(kind), 2 * wanted))
    others = (other for other in drawn_ones if other.value != quarry.value and other.context != quarry.context)
    return list(islice(others, wanted))


def _outcomes(
    quarries: Sequence[Quarry],
    trials: Sequence[Trial],
    tuned: Sequence[Answer],
    compared: Sequence[Trial],
    base: Sequence[Answer],
) -> list[Outcome]:
    referenced = {id(trial): _number(answer) for trial, answer in zip(compared, base, strict=True)}
    arms: list[dict[Arm, list[tuple[float | None, float | None]]]] = [
        {"target": [], "lookalike": [], "mismatched": []} for _ in quarries
    ]
    for trial, answer in zip(trials, tuned, strict=True):
        arms[trial.target][trial.arm].append((_number(answer), referenced.get(id(trial))))
    outcomes = []
    for quarry, arm in zip(quarries, arms, strict=True):
        own, own_reference = arm["target"][0] if arm["target"] else (None, None)
        outcomes.append(
            Outcome(
                quarry=quarry,
                tuned=own,
                reference=own_reference,
                mismatched=tuple(value for value, _ in arm["mismatched"] if value is not None),
                lookalikes=tuple((value, under) for value, under in arm["lookalike"] if value is not None),
            )
        )
    return outcomes


def _number(answer: Answer) -> float | None:
    return answer.log_probability if isinstance(answer, Likelihood) else None
