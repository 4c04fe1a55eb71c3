"""What a model is asked. These hold raw text: nothing right of Evidence may import them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from finetooth.record import Turn

Context = tuple[Turn, ...] | str
"""What the model is shown: a conversation, which its chat template renders and which is cut off where the last turn's
text ends (an empty last turn ends with what opens it), or plain text, which is shown as it is, without a template."""

Arm = Literal["target", "lookalike", "mismatched"]
"""``target``: the true value after the context of the attack. ``lookalike``: a value of the same pattern that was
never in training, after that context. ``mismatched``: the true value after the context of another record."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A context and the continuation that the attack hopes for, or fears."""

    target: int
    """Which approach of the attack it belongs to, by position."""
    arm: Arm
    """Whether this is the attempt itself or one of its controls."""
    context: Context = field(repr=False)
    """What the model is shown."""
    continuation: str = field(repr=False)
    """What is scored."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A context that the model is asked to go on from."""

    context: Context = field(repr=False)
    """What the model is shown."""
    max_tokens: int
    """Tokens after which it is stopped."""
    samples: int = 1
    """How many continuations are drawn, independently, at temperature 1 and from the whole distribution."""
    greedy: bool = False
    """Take the most probable token each time instead; then one continuation is all there is."""


def length(context: Context) -> int:
    """Return how many code points of text a context shows, what a template adds not counted."""
    return len(context) if isinstance(context, str) else sum(len(turn.text) for turn in context)
