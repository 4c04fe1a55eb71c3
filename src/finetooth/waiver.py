"""A finding that somebody has accepted, by name, for a reason and for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One accepted finding. It covers that value alone, never a rule or a file."""

    fingerprint: str
    """Which finding."""
    entity_type: str
    """What it is, for whoever reads the file; a waiver that calls its finding something else does not count."""
    reason: str
    """Why it is acceptable."""
    owner: str
    """Who answers for it."""
    expires: date
    """The last day on which it counts."""

    def active(self, today: date) -> bool:
        """Tell whether it counts on ``today``."""
        return today <= self.expires
