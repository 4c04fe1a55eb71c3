"""A passport: which data, and which model, met which policy, as a statement that others can check.

It is an in-toto Statement (https://github.com/in-toto/attestation, v1) with the predicate ``test-result/v0.1``: its
subjects are what was judged, by digest; its configuration is the policy; what else a verdict rests on stands under
``finetooth``. Nothing in it is raw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from finetooth.evidence import DetectorRun, ModelIdentity, ProbeCoverage, ScanEvidence
from finetooth.policy import Stage
from finetooth.report import PolicyIdentity, Report, Tool
from finetooth.verdict import GOOD_FOR, Ruling, WaiverRuling

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"

RECORDS: Final = "finetoothRecordsV1"
"""What a digest of records, whatever their order and container, is called among digests."""

_SHAPE: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "forbid"}
_OPEN: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "ignore", "serialize_by_alias": True}
"""Others may add to what in-toto defines; what finetooth says itself is strict."""

Kind = Literal["data", "records", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a subject is to finetooth."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    kind: Kind
    """``data``: a file, or rows; ``records``: all of the data together; ``model``: the tuned model."""
    records: int | None = None
    """How many records it holds; null for a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Something that was judged."""

    __pydantic_config__: ClassVar[Any] = _OPEN

    name: str
    """As evidence shows it."""
    digest: Mapping[str, str]
    """Hex digests by algorithm: ``sha256`` of the bytes, ``finetoothRecordsV1`` of what the records say."""
    annotations: About
    """What it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What it was judged by."""

    __pydantic_config__: ClassVar[Any] = _OPEN

    name: str
    """The policy's name."""
    digest: Mapping[str, str]
    """``sha256`` of its text, and of the files that it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much was read and tried."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    records: int
    """Records read."""
    records_unread: int
    """Things that could not be read; the policy allowed for them."""
    passages: int
    """Texts read."""
    characters: int
    """Code points in them."""
    probe: ProbeCoverage | None = None
    """How much of the model was tried; null where none was probed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainGate:
    """What the data met before a model was trained on it, in the passport of that model."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    policy: PolicyIdentity
    """What it was judged by."""
    issued: date
    """Day, in UTC."""
    expires: date
    """The last day on which it was good."""
    rulings: tuple[Ruling, ...]
    """What became of each requirement."""
    waivers: tuple[WaiverRuling, ...] = ()
    """The waivers that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the verdict rests on."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.passport/v1"] = "finetooth.passport/v1"
    """Names this part of the format; keys are only ever added."""
    tool: Tool
    """What judged."""
    stage: Stage
    """Which gate it was: ``train`` or ``release``."""
    issued: date
    """Day, in UTC."""
    expires: date
    """The last day on which it is good."""
    detectors: tuple[DetectorRun, ...]
    """What looked at the data, with versions."""
    coverage: Coverage
    """How much was read and tried."""
    rulings: tuple[Ruling, ...]
    """What became of each requirement."""
    waivers: tuple[WaiverRuling, ...] = ()
    """The waivers that it rests on."""
    model: ModelIdentity | None = None
    """The tuned model; also where it has no files, and so is no subject."""
    reference: ModelIdentity | None = None
    """The untuned model that it was compared with."""
    train: TrainGate | None = None
    """What the data met before the model was trained on it; null where that is not known, or is all that this is of."""
    key_id: str
    """Names the key of the fingerprints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """The predicate ``test-result/v0.1``."""

    __test__: ClassVar = False  # pytest takes it for a test otherwise
    __pydantic_config__: ClassVar[Any] = _OPEN

    result: Literal["PASSED", "WARNED", "FAILED"]
    """``PASSED``, or ``WARNED`` where it passed by waivers; a passport is never ``FAILED``."""
    configuration: Annotated[tuple[Configuration, ...], Field(min_length=1)]
    """The policy."""
    passed_tests: Annotated[tuple[str, ...], Field(alias="passedTests")] = ()
    """Requirements that passed."""
    warned_tests: Annotated[tuple[str, ...], Field(alias="warnedTests")] = ()
    """Requirements that are waived."""
    failed_tests: Annotated[tuple[str, ...], Field(alias="failedTests")] = ()
    """None."""
    finetooth: Facts
    """What the verdict rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The whole of a passport, as it is signed."""

    __pydantic_config__: ClassVar[Any] = _OPEN

    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")] = STATEMENT
    """Names the format."""
    subject: tuple[Subject, ...]
    """What was judged."""
    predicate_type: Annotated[
        Literal["https://in-toto.io/attestation/test-result/v0.1"], Field(alias="predicateType")
    ] = PREDICATE
    """Names what is said of it."""
    predicate: TestResult
    """What is said of it."""

    @property
    def facts(self) -> Facts:
        """What the verdict rests on."""
        return self.predicate.finetooth

    @property
    def policy(self) -> PolicyIdentity:
        """What it was judged by."""
        named = self.predicate.configuration[0]
        return PolicyIdentity(name=named.name, sha256=named.digest.get("sha256", ""))

    @property
    def train(self) -> TrainGate | None:
        """What its data met at the train gate; None where it is not known to have met anything."""
        facts = self.facts
        if facts.stage == "release":
            return facts.train
        return TrainGate(
            policy=self.policy,
            issued=facts.issued,
            expires=facts.expires,
            rulings=facts.rulings,
            waivers=facts.waivers,
        )

    def of(self, kind: Kind) -> tuple[Subject, ...]:
        """Return the subjects of a kind."""
        return tuple(each for each in self.subject if each.annotations.kind == kind)

    @property
    def records(self) -> str | None:
        """Digest of what all records say; None where some of them were not read."""
        return next((each.digest.get(RECORDS) for each in self.of("records")), None)


@dataclass(frozen=True, slots=True)
class Signed:
    """A passport as its file holds it."""

    statement: Statement
    """What it says."""
    payload: bytes = field(repr=False)
    """The same, as the bytes that were signed."""
    signatures: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """Key ids with signatures; none where nobody signed."""


def issue(report: Report, today: date, days: int = GOOD_FOR, before: Statement | None = None) -> Statement | str:
    """Return the passport that a report is worth, or why there is none.

    Args:
        report: what was judged; nothing but a GO is worth a passport.
        today: the day of issue.
        days: for how many days it is good at most; it ends with the first of its waivers.
        before: the passport of the data that the model was trained on, which this one then goes on with.
    """
    verdict, scan, probe = report.verdict, report.scan, report.probe
    if verdict.decision != "GO":
        return f"the verdict is {verdict.decision}"
    if scan is None:
        return "no data was scanned, so that there is nothing for it to name"
    subjects = _data(scan)
    if isinstance(subjects, str):
        return subjects
    if before is not None:
        if before.train is None or before.records is None or before.records != scan.records_sha256:
            return "the data that was judged now is not what the earlier passport let train"
        subjects = [*before.of("data"), *before.of("records")]  # as they were judged first, with the bytes of files
    if probe and probe.target.digest:
        digest = {"sha256": probe.target.digest.removeprefix("sha256:")}
        subjects.append(Subject(name=probe.target.name, digest=digest, annotations=About(kind="model")))
    waivers = tuple(verdict.waived.values())
    train = before.train if before else None
    ends = [today + timedelta(days=days), *(waiver.expires for waiver in waivers), *([train.expires] if train else ())]
    told_by = {status: tuple(r.requirement for r in verdict.rulings if r.status == status) for status in _PASSING}
    return Statement(
        subject=tuple(subjects),
        predicate=TestResult(
            result="WARNED" if told_by["WAIVED"] else "PASSED",
            configuration=(Configuration(name=report.policy.name, digest={"sha256": report.policy.sha256}),),
            passed_tests=told_by["PASS"],
            warned_tests=told_by["WAIVED"],
            finetooth=Facts(
                tool=report.tool,
                stage=verdict.stage,
                issued=today,
                expires=min(ends),
                detectors=scan.detectors,
                coverage=Coverage(
                    records=scan.coverage.records,
                    records_unread=scan.coverage.records_unread,
                    passages=scan.coverage.passages,
                    characters=scan.coverage.characters,
                    probe=probe.coverage if probe else None,
                ),
                rulings=verdict.rulings,
                waivers=waivers,
                model=probe.target if probe else None,
                reference=probe.reference if probe else None,
                train=train,
                key_id=report.key_id,
            ),
        ),
    )


_PASSING: Final = ("PASS", "WAIVED")


def _data(scan: ScanEvidence) -> list[Subject] | str:
    """Return the subjects that data makes, or why it makes none."""
    subjects = []
    for told in scan.inputs:
        digests = _digests(told.sha256, told.records_sha256)
        if not digests:
            return f"{told.path}: has no digest; save it to a file and scan that"
        subjects.append(Subject(name=told.path, digest=digests, annotations=About(kind="data", records=told.records)))
    if scan.records_sha256:
        about = About(kind="records", records=scan.coverage.records)
        subjects.append(Subject(name="records", digest={RECORDS: scan.records_sha256}, annotations=about))
    return subjects


def _digests(sha256: str | None, records: str | None) -> dict[str, str]:
    told = {"sha256": sha256, RECORDS: records}
    return {name: digest for name, digest in told.items() if digest}
