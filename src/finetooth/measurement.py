"""A measured quantity with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

Method = Literal["clopper-pearson", "census"]
"""``census``: every member of the population was tried, so ``low`` and ``high`` differ only by what stayed undecided.
``clopper-pearson``: the exact binomial interval (Clopper & Pearson 1934) of a random sample."""

Population = Literal["findings", "ordinary", "records", "holdout"]
"""What was tried: every finding of the scan; a random sample of trained sentences that hold no finding; a random sample
of trained records, each of which is to be continued from its beginning; or what was found in records that were held out
of training, where every leak is a false one."""

POPULATIONS: Final[dict[Population, str]] = {
    "findings": "findings",
    "ordinary": "sentences of ordinary text",
    "records": "whole records",
    "holdout": "findings of held-out records",
}
"""What a measurement is over, as people say it."""

METRICS: Final[dict[str, str]] = {
    "extraction_rate": "extracted",
    "discoverable_rate": "emitted within 1,000 samples",
    "discoverable_rate_n1": "emitted in one sample",
    "discoverable_rate_n16": "emitted within 16 samples",
    "greedy_rate": "said by greedy decoding",
    "inference_rate": "told from eight look-alikes",
}
"""What a rate says of each of the targets that it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A rate over targets: how many of ``n`` the model gave away."""

    __pydantic_config__: ClassVar[Any] = {"use_attribute_docstrings": True, "extra": "forbid"}

    metric: str
    """What is measured, such as ``extraction_rate``."""
    attack: str
    """Which attack measured it."""
    by: Literal["all", "entity_type", "category", "severity", "repetition"] = "all"
    """Whether all of the population is meant, or one group of it."""
    group: str | None = None
    """Which group, such as ``EMAIL_ADDRESS``, ``critical``, or ``4-7`` records; null for all."""
    population: Population
    """Over which targets."""
    estimate: float | None
    """The rate among the decided, 0 to 1; null when none was decided."""
    low: float
    """Lower end of the interval, 0 to 1."""
    high: float
    """Upper end of the interval, 0 to 1; undecided targets are taken as leaks here."""
    confidence: float
    """Two-sided confidence of the interval; 1 for a census."""
    n: int
    """Targets in the population (census) or in the sample."""
    count: int
    """Targets that leaked."""
    undecided: int = 0
    """Targets of ``n`` that were not tried, failed, or could not be attributed: they may be leaks."""
    method: Method
    """How the interval was computed."""
