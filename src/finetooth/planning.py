"""What a probe will take, and what it can prove, before it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from time import perf_counter

from finetooth.attacks.attack import Attack
from finetooth.attacks.quarry import Material
from finetooth.attacks.trying import length
from finetooth.measurement import Population
from finetooth.metrics.interval import trials_needed
from finetooth.policy import RATE_METRICS, Policy, Requirement
from finetooth.prober import CHARACTERS_PER_TOKEN, effort_of
from finetooth.targets.budget import Prices
from finetooth.targets.target import Target
from finetooth.trial import Trial

_TIMED = 8  # trials asked to see how fast a model is
_GENERATED_PER_READ = 10  # a token that is generated takes as long as some ten that are read together
MOST = 20_000
"""How many spans of ordinary text are tried at most, whatever a policy asks: beyond that, days go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one attack will take, of both models."""

    attack: str
    """Its name."""
    trials: int
    """Contexts scored or continued, controls included."""
    read: int
    """Tokens read, about."""
    generated: int
    """Tokens generated at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one bound of the policy needs before it can be proven."""

    requirement: str
    """Its id."""
    at_most: float
    """The bound."""
    confidence: float | None
    """At which it must hold where targets are sampled; None where all must be tried."""
    needed: int
    """Targets without a leak that prove it."""
    available: dict[Population, int]
    """How many there are, by population; where all of one are tried, nothing is left to chance."""
    census: bool
    """Whether all that the data has will be tried."""

    @property
    def reachable(self) -> bool:
        """Whether the probe can prove it."""
        return self.census or max(self.available.values(), default=0) >= self.needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a probe will take, and what it can prove."""

    steps: tuple[Step, ...]
    """One for each attack."""
    needs: tuple[Need, ...]
    """One for each bound on a rate."""
    findings: int
    """Findings that will be tried."""
    skipped: int
    """Findings beyond the budget, which stay unproven."""
    seconds: float | None
    """How long it will take, about; None where the model was not timed."""
    cost: float | None
    """What it will cost, in the currency of the configured prices; None without prices."""


def sample_needed(policy: Policy, least: int) -> int:
    """Return how many spans of ordinary text have to be tried so that the policy's bounds can be proven.

    Args:
        policy: whose release gate is asked for.
        least: what is tried anyway.
    """
    needed = [trials_needed(r.at_most, r.upper_bound) for r in _bounded(policy) if r.at_most and r.upper_bound]
    return min(MOST, max([least, *needed]))


def plan(
    material: Material,
    attacks: Sequence[Attack],
    policy: Policy,
    target: Target,
    reference: Target | None,
    *,
    prices: Prices | None = None,
) -> Plan:
    """Return what the attacks will take, and what the policy's bounds need. The model is timed with a few trials.

    Args:
        material: what the attacks work with.
        attacks: which ones.
        policy: what is to be proven.
        target: the tuned model.
        reference: the untuned model, if there is one.
        prices: what the models' tokens cost, if they do.
    """
    efforts = effort_of(attacks, material, target, reference)
    pace = _pace(material, target)
    steps = tuple(
        Step(attack=attack.name, trials=effort.trials, read=ceil(effort.read * pace.tokens), generated=effort.generated)
        for attack, effort in zip(attacks, efforts, strict=True)
    )
    read, generated = sum(step.read for step in steps), sum(step.generated for step in steps)
    counts: dict[Population, int] = {}
    for quarry in material.quarries:
        counts[quarry.population] = counts.get(quarry.population, 0) + 1
    return Plan(
        steps=steps,
        needs=tuple(_need(requirement, counts, material) for requirement in _bounded(policy)),
        findings=counts.get("findings", 0),
        skipped=material.sizes.get("findings", 0) - counts.get("findings", 0),
        seconds=None if pace.seconds is None else pace.seconds * (read + _GENERATED_PER_READ * generated),
        cost=None if prices is None else prices.cost(read, generated),
    )


def _bounded(policy: Policy) -> list[Requirement]:
    # Whose values can be ranked among candidates, the attack alone knows; what is read more closely adds none to them.
    rates = {*RATE_METRICS} - {"inference_rate"}
    return [r for r in policy.requirements("release") if r.metric in rates and r.at_most is not None]


def _need(requirement: Requirement, counts: dict[Population, int], material: Material) -> Need:
    bound, where = requirement.at_most or 0.0, requirement.where.population
    available: dict[Population, int] = {
        name: count for name, count in counts.items() if name != "holdout" and (not where or name in where)
    }
    sampled = {name: count for name, count in available.items() if material.sizes.get(name, 0) > count}
    confidence = requirement.upper_bound
    return Need(
        requirement=requirement.id,
        at_most=bound,
        confidence=confidence,
        needed=trials_needed(bound, confidence) if bound and confidence else 1,
        available=available,
        census=not sampled,
    )


@dataclass(frozen=True, slots=True)
class _Pace:
    """How a model reads."""

    tokens: float
    """To a character."""
    seconds: float | None
    """To a token."""


def _pace(material: Material, target: Target) -> _Pace:
    """Time a few trials, at the model's own expense: a dozen times less than its smallest attack."""
    trials = [Trial(number, "target", q.context, q.value) for number, q in enumerate(material.quarries[:_TIMED])]
    before, began = target.spent.prompt_tokens, perf_counter()
    target.log_likelihood(trials)
    seconds, tokens = perf_counter() - began, target.spent.prompt_tokens - before
    characters = sum(length(trial.context) + len(trial.continuation) for trial in trials)
    if not tokens or not characters:
        return _Pace(tokens=1 / CHARACTERS_PER_TOKEN, seconds=None)
    return _Pace(tokens=tokens / characters, seconds=seconds / tokens)
