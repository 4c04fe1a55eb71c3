"""What one rule saw in one passage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from finetooth.span import Span

Validation = Literal["checksum", "structure", "provider", "context", "none"]
"""How a match was proven, strongest first: a checksum holds; the structure is one that hardly occurs by chance (a
parsed phone number, a registered domain); a provider's own token format; words around it say so; nothing does."""

VALIDATIONS: tuple[Validation, ...] = ("checksum", "structure", "provider", "context", "none")
"""All of them, strongest first."""


@dataclass(frozen=True, slots=True)
class Match:
    """A span that a rule claims, and how sure it is."""

    rule: str
    """Dotted, stable id of the rule, such as ``presidio.email``."""
    entity_type: str
    """UPPER_SNAKE name of what it is, such as ``EMAIL_ADDRESS``."""
    span: Span
    """Where, in code points of the passage."""
    score: float
    """The rule's confidence, 0 to 1."""
    validation: Validation
    """How it was proven."""
