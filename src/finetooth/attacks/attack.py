"""The port of an attack, and what it leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from finetooth.attacks.outcome import Outcome
from finetooth.attacks.quarry import Material, Place
from finetooth.evidence import Regurgitation
from finetooth.measurement import Measurement, Population
from finetooth.targets.target import Target
from finetooth.trial import Context

Method = Literal["log-likelihood", "bounds", "sampling", "generation"]


@dataclass(frozen=True, slots=True)
class Approach:
    """One way to a quarry: what the model is shown, and what it would then have to say."""

    position: int
    """Which quarry of the material."""
    context: Context = field(repr=False)
    """What the model is shown."""
    value: str = field(repr=False)
    """What it would say: the quarry's value, unless the attack asks for another form, or a part, of it."""
    verbatim: bool = True
    """Whether that is the value as it stands."""
    form: Callable[[str], str] | None = field(default=None, repr=False)
    """How a value is written there, where every value can be told from what it becomes, such as in Base64: look-alikes
    are written the same way. None where it is not the whole value that is asked for, or that as it stands."""
    part: bool = False
    """Whether that form leaves out some of the value: then `value` is the rest of it, and ``form`` cuts it out."""


class Watch(Protocol):
    """What was said, waiting to be compared with every record of the training data."""

    def offer(self, place: Place, text: str) -> None:
        """Compare a record with it."""

    def told(self) -> tuple[Regurgitation, ...]:
        """Return what was repeated of the records that were offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an attack leaves behind."""

    attack: str
    """Which attack it was, with its wrapper."""
    method: Method
    """How it measured."""
    outcomes: tuple[Outcome, ...]
    """One for each approach."""
    trials: int
    """Contexts scored or continued, under both models, controls included."""
    failures: Counter[str] = field(default_factory=Counter)
    """Trials without an answer, by reason."""
    watch: Watch | None = None
    """What is still to be looked for in the data, which is read once more for all attacks together."""
    regurgitated: tuple[Regurgitation, ...] = ()
    """Records that answers repeated."""
    sizes: Mapping[Population, int] = field(default_factory=dict)
    """How many members of a population it can be tried on at all, tried or not, where these are fewer than all."""
    measured: tuple[Measurement, ...] = ()
    """What it measured beside the rates that are made of its outcomes."""
    power: str = ""
    """What could not be asked of this target, and what that costs."""


Advance = Callable[[int], None]
"""Is told how many more trials were answered."""


class Attack(Protocol):
    """A way to make a model give training data away, with its controls."""

    name: str
    """As evidence and policies call it."""

    def run(self, material: Material, target: Target, reference: Target | None, advance: Advance) -> Result:
        """Try what it can of the material, under both models.

        Never raises for what a model answers; a trial without an answer is a failure, and its outcome has no number.
        """
