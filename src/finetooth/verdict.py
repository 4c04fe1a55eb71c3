"""What judging gives: a ruling for each requirement, and one decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from finetooth.policy import Stage

Status = Literal["PASS", "FAIL", "UNPROVEN", "WAIVED"]
Outcome = Literal["GO", "NO-GO", "INCOMPLETE"]

EXIT_CODES: dict[Outcome, int] = {"GO": 0, "NO-GO": 1, "INCOMPLETE": 3}
"""What the command line ends with. 2 is for requests under which nothing was judged."""

_SHAPE: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What became of one requirement."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    requirement: str
    """Its id."""
    status: Status
    """``UNPROVEN``: there is not enough evidence to say PASS or FAIL. ``WAIVED``: it would fail but for waivers."""
    metric: str
    """What was observed."""
    at_most: float | None = None
    """The bound from above, if any."""
    at_least: float | None = None
    """The bound from below, if any."""
    observed: float | None
    """What was observed; null where nothing could be."""
    reason: str
    """Why, in a sentence that a person can act on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One decision, for one gate."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    decision: Outcome
    """``GO`` where every requirement passed or is waived, ``NO-GO`` where one failed, else ``INCOMPLETE``."""
    stage: Stage
    """Which gate it speaks for: ``train`` (this data) or ``release`` (this model)."""
    rulings: tuple[Ruling, ...]
    """One for each requirement, in the policy's order."""

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT_CODES[self.decision]
