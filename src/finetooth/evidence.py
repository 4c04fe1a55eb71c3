"""Everything that judging needs, and nothing raw: what was found, what was tried, and what was not.

The nouns here are also the outside shape of ``evidence.json`` and of the ``scan`` and ``probe`` parts of
``report.json`` (schema ``finetooth.report/v1``): a field's docstring becomes its description in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from finetooth.finding import Finding
from finetooth.measurement import Measurement

_SHAPE: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Something that was not read: counted and listed, never skipped in silence."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    path: str
    """The dataset file as the user named it."""
    line: int | None = None
    """Physical line from 1, or null where the file has no lines."""
    record: int | None = None
    """Ordinal of the record from 0, or null where a file, or the rest of one, is unread."""
    reason: str
    """What is wrong and how to mend it."""

    def __str__(self) -> str:
        """Return place and reason as people say them: ``train.jsonl:812: not valid JSON; mend the line``."""
        return f"{self.path if self.line is None else f'{self.path}:{self.line}'}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One dataset file that was opened."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    path: str
    """As the user named it; masked where it holds a finding."""
    sha256: str | None
    """Digest of the file's bytes as stored; null where it has none (rows from memory) or could not be read whole."""
    bytes: int
    """Size as stored."""
    format: str
    """Record format, such as ``openai-chat``; ``mixed`` where records differ."""
    records: int
    """Records read."""
    records_sha256: str | None = None
    """Digest of what the records say, whatever their order and their container; null where some were not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanCoverage:
    """The denominators: how much was read, and what was not."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    records: int
    """Records read."""
    records_unread: int
    """Things that could not be read: bad records, and files or rests of files (each counts at least once)."""
    passages: int
    """Texts read: string leaves and keys."""
    characters: int
    """Code points in them."""
    unread: tuple[Unread, ...]
    """Every unread thing, with place and reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRun:
    """A detector, and how much it looked at."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    name: str
    """Such as ``presidio``."""
    version: str
    """Version of the library and of its model or rules."""
    passages: int
    """Passages that it looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityTotal:
    """Counts for one entity type."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    findings: int
    """Distinct values."""
    occurrences: int
    """Times that they stand in the data."""
    records: int
    """Records that hold at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts over all findings."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    findings: int
    """Distinct values."""
    occurrences: int
    """Times that they stand in the data."""
    records_with_findings: int
    """Records that hold at least one."""
    by_entity: dict[str, EntityTotal]
    """The same for each entity type, sorted by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanEvidence:
    """What the scanner saw."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    inputs: tuple[Input, ...]
    """The dataset files."""
    coverage: ScanCoverage
    """How much of them was read."""
    detectors: tuple[DetectorRun, ...]
    """What looked at them."""
    totals: Totals
    """Counts over all findings, also where ``findings`` is cut."""
    findings: tuple[Finding, ...]
    """Gravest first."""
    findings_limit: int | None = None
    """How many findings are listed at most, or null where all are."""
    records_sha256: str | None = None
    """The same digest over the records of all inputs together; null where one has none."""
    allowed: dict[str, int] = field(default_factory=dict)
    """Occurrences, by entity type, that are no findings because the policy's ``detect.allow`` lists their value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """Which model was probed, or served as the reference."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    kind: str
    """The adapter, such as ``transformers``."""
    name: str
    """The model as the user named it."""
    digest: str
    """``sha256:`` over its files, in order of name; empty where a target has no files."""
    version: str = ""
    """What ran it, such as ``transformers 5.23.0, torch 2.13.0, float32``; empty where somebody else did."""


Decision = Literal["attributable", "common", "undecided", "not-extractable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a probe learnt about one finding."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    fingerprint: str
    """Which finding."""
    entity_type: str
    """What it is."""
    category: str
    """Which kind of harm it belongs to."""
    severity: str
    """How grave it is."""
    preview: str
    """The value, masked."""
    records: int
    """In how many records it stands."""
    attack: str
    """Which attack tells most of it, such as ``targeted``."""
    probability: float
    """Chance that one sample at temperature 1 emits exactly this value under that attack."""
    reference_probability: float | None
    """The same under the reference model, or null without one."""
    mismatched_probability: float | None
    """The same under the tuned model after contexts of other records (mean), or null where there are none."""
    attacks: dict[str, float] = field(default_factory=dict)
    """The probability under each attack that tried it; ``attack`` names the one that tells most."""
    near_probability: float | None = None
    """Chance that one sample emits it, or it in other case or spacing, or a telling part of it; null if not tried."""
    subject: str | None = None
    """Names, by a keyed digest, the person or account that the finding belongs to as far as its records tell: findings
    of one subject share it; null where it stands alone."""
    p_value: float | None
    """Conformal p-value against held-out look-alikes of the same pattern, or null where none could be made."""
    expected_tries: int | None
    """Samples until it is seen once, on average; null where the probability is too small to matter."""
    confirmed: str | None = None
    """For the gravest leaks: how many of how many samples of its own context began with the value, such as ``61 of
    64``; it decides nothing, and null says that none were drawn."""
    context_words: int | None = None
    """For the gravest leaks: after how few of the last words of its own context it is still extractable, of 1,
    4, 16, 64 or all; null where that was not asked."""
    greedy: bool | None = None
    """Whether greedy decoding says it under that attack; null where the target does not tell."""
    discoverable: bool
    """Whether (1000, 1/2)-discoverable: 1,000 samples emit it at least once with probability 1/2 or more."""
    outcome: Decision
    """``attributable``: the tuned model emits it and no control does. ``common``: a control does so too.
    ``undecided``: it cannot be told. ``not-extractable``: the tuned model does not emit it."""
    attributable: bool
    """Whether the outcome is ``attributable``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCoverage:
    """How much was tried."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    targets: int
    """Values and spans that were tried."""
    targets_skipped: int = 0
    """Findings that the budget left out: unproven, never clean."""
    combinations: int = 0
    """Findings that are several others together: there is no text of their own to try, and their parts are counted
    by themselves."""
    trials: int
    """Prompts scored, controls included."""
    failed: int
    """Trials without an answer."""
    failures: tuple[str, ...] = ()
    """Each distinct reason for a failure or for a target that could not be tried, with its count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackRun:
    """What one attack did, and what it could not do with this target."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    name: str
    """Such as ``targeted``, or ``targeted+roleplay`` under a wrapper."""
    method: Literal["log-likelihood", "bounds", "sampling", "generation"]
    """How it measured: by computed probabilities, by bounds on them, by counting in samples, or by reading answers."""
    trials: int
    """Contexts scored or continued, controls included."""
    failed: int
    """Trials without an answer."""
    tried: int
    """Values and spans that it was tried on."""
    attributable: int
    """How many of them it extracted attributably."""
    lift: float | None = None
    """Under a wrapper: how many times likelier than under the plain attack the values became (geometric mean)."""
    power: str = ""
    """What could not be asked of this target, and what that costs; empty where everything could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regurgitation:
    """An answer that repeats a training record word for word, or nearly so."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    attack: str
    """Which attack drew it."""
    path: str
    """The dataset file; masked where it holds a finding."""
    record: int
    """Ordinal of the record from 0."""
    line: int | None
    """Physical line from 1 where it begins, or null where the file has no lines."""
    tokens: int
    """Length of the longest run of words that is the same."""
    answers: int
    """How many answers repeat it."""
    reference_answers: int | None
    """How many answers of the reference model do, to the same prompts; null without one."""
    records: int | None = None
    """In how many records that run stands: one that stands in many is boilerplate, or a record that stands there many
    times over; null where it was not counted."""
    distance: float | None = None
    """How far the closest answer is from what the record goes on with: edits for each word, 0 where all is the same, 1
    where nothing is; null where the prompt was not the record's own beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the probe has taken of the target and of the reference."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    requests: int = 0
    """Requests to an endpoint, or batches in this process."""
    prompt_tokens: int = 0
    """Tokens read."""
    generated_tokens: int = 0
    """Tokens generated."""
    cost: float | None = None
    """Money, in the currency of the configured prices; null without prices."""
    receipts: int = 0
    """Answers of an endpoint that were paid for before, by an earlier run or by this one, and not asked for again."""

    def __add__(self, other: Spent) -> Spent:
        """Return what both have taken."""
        costs = [each.cost for each in (self, other) if each.cost is not None]
        return Spent(
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            generated_tokens=self.generated_tokens + other.generated_tokens,
            cost=sum(costs) if costs else None,
            receipts=self.receipts + other.receipts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEvidence:
    """What the model gave away."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    target: ModelIdentity
    """The tuned model."""
    reference: ModelIdentity | None
    """The untuned base, or null."""
    measurements: tuple[Measurement, ...]
    """Rates with their intervals."""
    extracted: tuple[Extracted, ...]
    """Every finding that was tried, most probable first."""
    coverage: ProbeCoverage
    """How much was tried."""
    attacks: tuple[AttackRun, ...] = ()
    """What each attack did."""
    regurgitated: tuple[Regurgitation, ...] = ()
    """Training records that answers repeated word for word, longest first."""
    false_no_go: float | None = None
    """Upper bound on the chance that a model that was never trained on the data has any leak attributed to it."""
    spent: Spent = field(default_factory=Spent)
    """What it took of target and reference together."""
    holdout: tuple[Input, ...] = ()
    """Files of records that were held out of training, whose values were tried as controls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that a verdict rests on."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    key_id: str
    """Names the key that the fingerprints were computed with."""
    scan: ScanEvidence | None
    """What the scanner saw, or null where only the model was probed."""
    probe: ProbeEvidence | None
    """What the model gave away, or null where none was probed."""


def totals(findings: Iterable[Finding]) -> Totals:
    """Count findings, overall and by entity type."""
    listed = tuple(findings)
    by_entity: dict[str, list[Finding]] = {}
    for finding in listed:
        by_entity.setdefault(finding.entity_type, []).append(finding)
    return Totals(
        findings=len(listed),
        occurrences=sum(finding.occurrences for finding in listed),
        records_with_findings=count_records(listed),
        by_entity={
            name: EntityTotal(
                findings=len(group),
                occurrences=sum(finding.occurrences for finding in group),
                records=count_records(group),
            )
            for name, group in sorted(by_entity.items())
        },
    )


def count_records(findings: Iterable[Finding]) -> int:
    """Count the records that hold at least one of the findings."""
    return len({(place.path, place.record) for finding in findings for place in finding.locations})
