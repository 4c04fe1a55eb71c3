"""What judging gives: a ruling for each requirement, and one decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Literal

from finetooth.policy import Stage

Status = Literal["PASS", "FAIL", "UNPROVEN", "WAIVED"]
Outcome = Literal["GO", "NO-GO", "INCOMPLETE"]
WaiverStatus = Literal["honoured", "expired", "refused", "unmatched"]

EXIT_CODES: dict[Outcome, int] = {"GO": 0, "NO-GO": 1, "INCOMPLETE": 3}
"""What the command line ends with. 2 is for requests under which nothing was judged."""

GOOD_FOR: Final = 90
"""For how many days a passport is good, unless somebody says otherwise: data goes stale, and so do detectors."""

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
    low: float | None = None
    """The least that the evidence leaves possible; null where nothing was observed."""
    high: float | None = None
    """The most that the evidence leaves possible; null where nothing limits it, or nothing was observed."""
    reason: str
    """Why, in a sentence that a person can act on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRuling:
    """What became of one waiver."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    fingerprint: str
    """Which finding it is for."""
    entity_type: str
    """What the waiver says that it is."""
    reason: str
    """Why the finding is accepted, in its owner's words."""
    owner: str
    """Who answers for it."""
    expires: date
    """The last day on which it counts."""
    status: WaiverStatus
    """``honoured``: its finding does not count. ``expired``: its last day has passed. ``refused``: the policy does not
    allow it, or it is not for what it says. ``unmatched``: there is no such finding."""
    preview: str | None
    """The finding's value, masked; null where there is no such finding."""
    why: str = ""
    """Why it does not count, and what to do; empty where it is honoured."""


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
    waivers: tuple[WaiverRuling, ...] = ()
    """Every waiver that was at hand, and what became of it, in the order of fingerprints."""
    waivers_as_of: date | None = None
    """The day by which they were honoured or expired; null where there were none."""

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT_CODES[self.decision]

    def ends_with(self, *, exit_zero: bool) -> int:
        """Return what it ends with where ``exit_zero`` forgives a NO-GO and nothing else."""
        return 0 if exit_zero and self.decision == "NO-GO" else self.exit_code

    @property
    def waived(self) -> dict[str, WaiverRuling]:
        """The waivers that are honoured, by the fingerprint of their finding."""
        return {waiver.fingerprint: waiver for waiver in self.waivers if waiver.status == "honoured"}
