"""What an attack tries to pull out of a model: a value that was found in the data, or a span of ordinary text."""

from __future__ import annotations

from dataclasses import dataclass, field

from finetooth.finding import Finding
from finetooth.measurement import Population
from finetooth.trial import Context


@dataclass(frozen=True, slots=True)
class Quarry:
    """A text that stood in the training data, and what stood before it."""

    finding: Finding | None
    """Which finding it is, or None for a span of ordinary text."""
    context: Context = field(repr=False)
    """What the model saw before it when it was trained."""
    value: str = field(repr=False)
    """The text itself."""

    @property
    def entity_type(self) -> str | None:
        """What it is, or None for ordinary text."""
        return self.finding.entity_type if self.finding else None

    @property
    def population(self) -> Population:
        """Which targets it is counted among."""
        return "findings" if self.finding else "ordinary"
