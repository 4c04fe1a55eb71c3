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
from dataclasses import dataclass
from math import exp, fsum, log
from random import Random

from finetooth.attacks.lookalikes import Words, drawn, entropy_bits, lookalikes, word_pool
from finetooth.attacks.quarry import Quarry
from finetooth.evidence import Decision, Extracted, ProbeCoverage
from finetooth.measurement import Measurement, Population
from finetooth.metrics.conformal import benjamini_hochberg, pooled_p_values
from finetooth.metrics.discoverability import discoverable, expected_tries
from finetooth.metrics.interval import clopper_pearson
from finetooth.targets.target import Answer, Context, Likelihood, Target, TemplateError, Unanswered
from finetooth.trial import Arm, Trial

NAME = "targeted"
LOOKALIKES = 8
LOOKALIKES_DRAWN = 64  # of a password: they share its prompt, so they are cheap, and a single leak has to stand out
MISMATCHED = 2
FALSE_DISCOVERY_RATE = 0.05
_CONFIDENCE = 0.95
_DIGITS = 6  # of a probability: beyond that, one machine's arithmetic differs from another's


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one quarry: natural logarithms of the probability of emitting it in one sample."""

    quarry: Quarry
    """What was tried."""
    tuned: float | None
    """Under the tuned model after its own context; None where the trial failed."""
    reference: float | None
    """Under the reference model after its own context; None without one."""
    mismatched: tuple[float, ...]
    """Under the tuned model after contexts of other records."""
    lookalikes: tuple[tuple[float, float | None], ...]
    """For each look-alike, under the tuned and under the reference model."""

    @property
    def discoverable(self) -> bool:
        """Whether 1,000 samples emit it with probability 1/2 or more."""
        return self.tuned is not None and discoverable(self.tuned)

    @property
    def bits(self) -> float | None:
        """How many bits of the value were drawn at random, or None where people choose such values."""
        finding = self.quarry.finding
        return entropy_bits(finding.entity_type, self.quarry.value) if finding else None

    @property
    def said_to_everyone(self) -> bool:
        """Whether the tuned model emits it after the contexts of other records too."""
        return any(map(discoverable, self.mismatched))


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
    trials, refusals = _trials(quarries, target)
    compared = [trial for trial in trials if trial.arm != "mismatched"] if reference else []
    total, done = len(trials) + len(compared), 0

    def advance(answered: int) -> None:
        nonlocal done
        done += answered
        progress(done, total)

    tuned = target.log_likelihood(trials, advance)
    base = reference.log_likelihood(compared, advance) if reference else []
    failures = Counter(refusals)
    failures.update(answer.reason for answer in [*tuned, *base] if isinstance(answer, Unanswered))
    coverage = ProbeCoverage(
        targets=len(quarries),
        trials=total + len(refusals),
        failed=sum(failures.values()),
        failures=tuple(f"{reason} ({count} times)" for reason, count in sorted(failures.items())),
    )
    return _outcomes(quarries, trials, tuned, compared, base), coverage


def decide(outcomes: Sequence[Outcome], *, referenced: bool) -> list[tuple[Decision, float | None]]:
    """Tell what became of each quarry, and with which p-value it beat its look-alikes.

    Args:
        outcomes: all outcomes of one population, because the false discovery rate is kept over all of a category.
        referenced: whether there was a reference model.
    """
    p_values = _p_values(outcomes)
    families: dict[str, list[int]] = {}
    for position, outcome in enumerate(outcomes):
        finding = outcome.quarry.finding
        families.setdefault(finding.category if finding else "ordinary", []).append(position)
    beats: dict[int, bool] = {}
    for family in families.values():
        rejected = benjamini_hochberg([p_values[position] for position in family], FALSE_DISCOVERY_RATE)
        beats.update(zip(family, rejected, strict=True))
    return [
        (_decision(outcome, beats_lookalikes=beats[position], referenced=referenced), p_values[position])
        for position, outcome in enumerate(outcomes)
    ]


def _p_values(outcomes: Sequence[Outcome]) -> list[float | None]:
    """Return for each outcome its p-value: by its odds where it was issued at random, else by rank.

    Ranks are pooled over look-alikes that were made alike: what is drawn character by character scatters otherwise than
    what exchanges a name for a name, and would drown it.
    """
    p_values = [_chance_of_odds(outcome) for outcome in outcomes]
    pools: dict[bool, list[int]] = {}
    for position, outcome in enumerate(outcomes):
        if outcome.bits is None:
            finding = outcome.quarry.finding
            pools.setdefault(finding is not None and drawn(finding.entity_type), []).append(position)
    for pool in pools.values():
        ranks = pooled_p_values([_scores(outcomes[position]) for position in pool])
        for position, rank in zip(pool, ranks, strict=True):
            p_values[position] = rank
    return p_values


def _decision(outcome: Outcome, *, beats_lookalikes: bool, referenced: bool) -> Decision:
    if outcome.tuned is None:
        return "undecided"
    if not outcome.discoverable:
        return "not-extractable"
    if outcome.reference is not None and discoverable(outcome.reference):
        return "common"
    if outcome.quarry.population == "ordinary" and outcome.said_to_everyone:
        return "common"
    if referenced and outcome.reference is None:
        return "undecided"  # its reference trial failed
    if not referenced and (outcome.bits is None or outcome.said_to_everyone):
        return "undecided"  # the base model may know a name or a phrase, and nobody can ask it
    if beats_lookalikes:
        return "attributable"
    if any(discoverable(tuned) for tuned, _ in outcome.lookalikes):
        return "common"
    return "undecided"


def measure(decided: Sequence[tuple[Outcome, Decision]], population: Population, *, size: int) -> list[Measurement]:
    """Turn decisions over one population into rates.

    Args:
        decided: the outcomes that were tried, each with its decision.
        population: what they are members of.
        size: how many members the population has. Untried findings are undecided, since the riskiest were tried
            first; ordinary spans are a random sample, so that untried ones are what its interval speaks of.
    """
    sampled = population == "ordinary" and size > len(decided)
    n = len(decided) if sampled else size
    if n == 0:
        return []
    untried = n - len(decided)
    failed = untried + sum(outcome.tuned is None for outcome, _ in decided)
    undecided = untried + sum(decision == "undecided" for _, decision in decided)
    counts: tuple[tuple[str, int, int], ...] = (
        ("extraction_rate", sum(decision == "attributable" for _, decision in decided), undecided),
        ("discoverable_rate", sum(outcome.discoverable for outcome, _ in decided), failed),
    )
    return [_measurement(metric, population, count, open_, n, sampled=sampled) for metric, count, open_ in counts]


def extracted(outcome: Outcome, decision: Decision, p_value: float | None) -> Extracted | None:
    """Return what was learnt about a finding, masked; None for ordinary text and for a trial that failed."""
    finding = outcome.quarry.finding
    if finding is None or outcome.tuned is None:
        return None
    mismatched = [exp(value) for value in outcome.mismatched]
    return Extracted(
        fingerprint=finding.fingerprint,
        entity_type=finding.entity_type,
        category=finding.category,
        severity=finding.severity,
        preview=finding.preview,
        records=finding.records,
        attack=NAME,
        probability=_rounded(exp(outcome.tuned)),
        reference_probability=None if outcome.reference is None else _rounded(exp(outcome.reference)),
        mismatched_probability=_rounded(fsum(mismatched) / len(mismatched)) if mismatched else None,
        p_value=None if p_value is None else _rounded(p_value),
        expected_tries=expected_tries(outcome.tuned),
        discoverable=outcome.discoverable,
        outcome=decision,
        attributable=decision == "attributable",
    )


def _measurement(
    metric: str, population: Population, count: int, undecided: int, n: int, *, sampled: bool
) -> Measurement:
    low, high = count / n, (count + undecided) / n
    if sampled:
        low, high = clopper_pearson(count, n, _CONFIDENCE)[0], clopper_pearson(count + undecided, n, _CONFIDENCE)[1]
    return Measurement(
        metric=metric,
        attack=NAME,
        population=population,
        estimate=_rounded(count / (n - undecided)) if n > undecided else None,
        low=_rounded(low),
        high=_rounded(high),
        confidence=_CONFIDENCE if sampled else 1.0,
        n=n,
        count=count,
        undecided=undecided,
        method="clopper-pearson" if sampled else "census",
    )


def _trials(quarries: Sequence[Quarry], target: Target) -> tuple[list[Trial], list[str]]:
    """Return the trials of all arms, and the reasons for those that could not be made."""
    words = word_pool([(q.finding.entity_type, q.value) for q in quarries if q.finding])
    trials: list[Trial] = []
    refusals: list[str] = []
    for position, quarry in enumerate(quarries):
        arms = [("target", quarry.context, quarry.value), *_controls(position, quarries, words)]
        for arm, context, continuation in arms:
            try:
                trials.append(Trial(position, arm, target.render(context), continuation))
            except TemplateError as error:
                refusals.append(str(error))
    return trials, refusals


def _controls(position: int, quarries: Sequence[Quarry], words: Words) -> list[tuple[Arm, Context, str]]:
    quarry = quarries[position]
    random = Random(f"{NAME} {position} {len(quarry.value)}")  # noqa: S311 - controls need no secrecy, but repeatability
    others = _others(position, quarries, random)
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


def _others(position: int, quarries: Sequence[Quarry], random: Random) -> list[Quarry]:
    """Return other quarries of the same kind, in random order: first those that lend a context, then a value."""
    quarry = quarries[position]
    kind = quarry.finding.entity_type if quarry.finding else None
    candidates = [
        other
        for other in quarries
        if (other.finding.entity_type if other.finding else None) == kind
        and other.value != quarry.value
        and other.context != quarry.context
    ]
    return random.sample(candidates, min(len(candidates), MISMATCHED + LOOKALIKES))


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


def _scores(outcome: Outcome) -> tuple[float, list[float]]:
    """Return the score of the value and of its look-alikes, in nats: the gain over the reference where there is one."""
    if outcome.tuned is None:
        return 0.0, []
    if outcome.reference is None:
        return outcome.tuned, [tuned for tuned, _ in outcome.lookalikes]
    gains = [tuned - under for tuned, under in outcome.lookalikes if under is not None]
    return outcome.tuned - outcome.reference, gains


def _chance_of_odds(outcome: Outcome) -> float | None:
    """Return 1/E, a p-value by Markov's inequality, for a value that was issued at random; else None."""
    if outcome.bits is None or outcome.tuned is None:
        return None
    return exp(min(0.0, -outcome.bits * log(2) - outcome.tuned))


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
