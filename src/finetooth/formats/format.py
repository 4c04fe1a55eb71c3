"""The port that every output format implements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from finetooth.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report down."""

    name: str
    """As ``--format`` takes it."""
    file: str
    """Name of the file in the run's folder."""
    render: Callable[[Report], str]
    """Returns the report as text: the same for the same report, timing aside."""
