"""One attempt at a model. Trials hold raw text: nothing right of Evidence may import them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Arm = Literal["target", "lookalike", "mismatched"]
"""``target``: the true value after its own training context. ``lookalike``: a value of the same pattern that was
never in training, after that context. ``mismatched``: the true value after the context of another record."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A prompt and the continuation that the attack hopes for, or fears."""

    target: int
    """Which target of the attack it belongs to, by position."""
    arm: Arm
    """Whether this is the attempt itself or one of its controls."""
    prompt: str = field(repr=False)
    """What the model is given, chat template and all."""
    continuation: str = field(repr=False)
    """What is scored."""
