"""Attribution: what the tuned model does and the controls do not.

Every attack that scores a text and its controls is decided here; the argument for each control stands in the attack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from finetooth.attacks.lookalikes import drawn, entropy_bits
from finetooth.attacks.quarry import Quarry
from finetooth.evidence import Decision
from finetooth.metrics.conformal import benjamini_hochberg, pooled_p_values
from finetooth.metrics.discoverability import discoverable

FALSE_DISCOVERY_RATE = 0.05


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
    def lookalikes_keep_up(self) -> bool:
        """Whether the tuned model emits a look-alike too, and at least a tenth as readily.

        Most look-alikes of a name are names that the tuning has seen: that one is emitted now and then proves nothing.
        """
        least = (self.tuned or 0.0) - log(10)
        return any(discoverable(tuned) and tuned >= least for tuned, _ in self.lookalikes)

    @property
    def said_to_everyone(self) -> bool:
        """Whether the tuned model emits it after the contexts of other records too."""
        return any(map(discoverable, self.mismatched))


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
    return "common" if outcome.lookalikes_keep_up else "undecided"


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
