"""What a probe will take, and what it can prove, before it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from finetooth.attacks.attack import Attack
from finetooth.attacks.quarry import Material
from finetooth.attacks.rehearsal import Effort, rehearse
from finetooth.evidence import Spent
from finetooth.measurement import Population
from finetooth.metrics.interval import trials_needed
from finetooth.policy import RATE_METRICS, Policy, Requirement
from finetooth.targets.target import Target
from finetooth.trial import Trial

_TIMED = 8  # trials asked to see how fast a model is
_GENERATED_PER_READ = 10  # a token that is generated takes as long as some ten that are read together
_TRIES: Mapping[str, tuple[Population, ...]] = {"targeted": ("findings", "ordinary"), "record": ("records",)}
"""What attacks are tried on and have a rate of; the others on findings."""
MOST = 20_000
"""How many spans of ordinary text are tried at most, whatever a policy asks: beyond that, days go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one attack will take, of both models."""

    attack: str
    """Its name."""
    trials: int
    """Contexts scored or continued, controls included."""
    requests: int
    """Requests to endpoints, about."""
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
    """How many will be tried, by population; where all of one are tried, nothing is left to chance."""
    sampled: tuple[Population, ...]
    """The populations of which a sample is tried. The bound has to hold for each."""
    untried: int
    """Findings beyond the budget, where these alone are too many for the bound: what is tried of them is no sample."""

    @property
    def census(self) -> bool:
        """Whether all that the data has will be tried."""
        return not self.sampled and not self.untried

    @property
    def reachable(self) -> bool:
        """Whether the probe can prove it."""
        enough = all(self.available[name] >= self.needed for name in self.sampled)
        return bool(self.available) and not self.untried and enough


@dataclass(frozen=True, slots=True)
class Bill:
    """What all attacks take."""

    trials: int
    """Contexts scored or continued, controls included."""
    tokens: int
    """Tokens read and generated, about."""
    seconds: float | None
    """How long that is, about; None where the model was not timed."""
    cost: float | None
    """What it costs of endpoints, in the currency of the configured prices; None without prices."""


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
    most: Bill
    """What they take together where nothing that is tried can be ruled out: the sum of the steps."""
    least: Bill
    """What they take together where nothing comes out."""


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
) -> Plan:
    """Return what the attacks will take, and what the policy's bounds need. The model is timed with a few trials.

    Args:
        material: what the attacks work with.
        attacks: which ones.
        policy: what is to be proven.
        target: the tuned model.
        reference: the untuned model, if there is one.
    """
    efforts = [rehearse(attack, material, target, reference) for attack in attacks]
    steps = tuple(
        Step(
            attack=attack.name,
            trials=effort.trials,
            requests=effort.spent.requests,
            read=effort.spent.prompt_tokens,
            generated=effort.spent.generated_tokens,
        )
        for attack, effort in zip(attacks, efforts, strict=True)
    )
    silent = [rehearse(attack, material, target, reference, silent=True) for attack in attacks]
    pace = _pace(material, target)
    counts: dict[Population, int] = {}
    for quarry in material.quarries:
        counts[quarry.population] = counts.get(quarry.population, 0) + 1
    return Plan(
        steps=steps,
        needs=tuple(_need(requirement, counts, material, attacks) for requirement in _bounded(policy)),
        findings=counts.get("findings", 0),
        skipped=material.sizes.get("findings", 0) - counts.get("findings", 0),
        most=_bill(efforts, pace),
        least=_bill(silent, pace),
    )


def _bill(efforts: Sequence[Effort], pace: float | None) -> Bill:
    whole = sum(efforts, Effort())
    tokens = whole.spent.prompt_tokens + whole.spent.generated_tokens
    seconds = None if pace is None else pace * _work(whole.spent)
    return Bill(trials=whole.trials, tokens=tokens, seconds=seconds, cost=whole.spent.cost)


def _bounded(policy: Policy) -> list[Requirement]:
    # Whose values can be ranked among candidates, the attack alone knows; what is read more closely adds none to them.
    rates = {*RATE_METRICS} - {"inference_rate"}
    return [r for r in policy.requirements("release") if r.metric in rates and r.at_most is not None]


def _need(
    requirement: Requirement, counts: dict[Population, int], material: Material, attacks: Sequence[Attack]
) -> Need:
    bound, where = requirement.at_most or 0.0, requirement.where
    names = [attack.name for attack in attacks if not where.attack or attack.name in where.attack]
    tried = {name for attack in names for name in _TRIES.get(attack, ("findings",))}
    available: dict[Population, int] = {
        name: count
        for name, count in counts.items()
        if name in tried and name != "holdout" and (not where.population or name in where.population)
    }
    if where.population == ("findings",):
        available.setdefault("findings", 0)  # where there are none, none leaks
    beyond = {name: max(0, material.sizes.get(name, 0) - count) for name, count in available.items()}
    untried = beyond.pop("findings", 0)
    confidence = requirement.upper_bound
    return Need(
        requirement=requirement.id,
        at_most=bound,
        confidence=confidence,
        needed=trials_needed(bound, confidence) if bound and confidence else 1,
        available=available,
        sampled=tuple(name for name, more in beyond.items() if more),
        untried=untried if untried > bound * material.sizes.get("findings", 0) else 0,
    )


def _pace(material: Material, target: Target) -> float | None:
    """Return the seconds that a piece of work takes, by a few trials at the model's own expense; None without any."""
    trials = [Trial(number, "target", q.context, q.value) for number, q in enumerate(material.quarries[:_TIMED])]
    work = _work(target.estimate(trials))
    began = perf_counter()
    target.log_likelihood(trials)
    return (perf_counter() - began) / work if work else None


def _work(spent: Spent) -> int:
    """Return how much there is to do, in tokens that are read."""
    return spent.prompt_tokens + _GENERATED_PER_READ * spent.generated_tokens
