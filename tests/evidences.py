"""Evidence made by hand, for tests of everything that reads it. Import as ``from evidences import …``."""

from finetooth.entities import entity_type
from finetooth.evidence import (
    DetectorRun,
    Evidence,
    Extracted,
    Input,
    ModelIdentity,
    ProbeCoverage,
    ProbeEvidence,
    ScanCoverage,
    ScanEvidence,
    Unread,
    totals,
)
from finetooth.finding import Finding, Sighting, gather
from finetooth.location import Location
from finetooth.measurement import Measurement
from finetooth.metrics.interval import clopper_pearson


def location(record=0, *, pointer="/messages/1/content", path="train.jsonl", trained=True, start=14, end=33):
    return Location(
        path=path,
        line=record + 1,
        record=record,
        pointer=pointer,
        role="assistant" if trained else "user",
        turn=1,
        trained=trained,
        start=start,
        end=end,
    )


def sighting(entity="EMAIL_ADDRESS", fingerprint="a" * 32, place=None, *, tier="block", validation="structure"):
    known = entity_type(entity)
    return Sighting(
        fingerprint=fingerprint,
        entity_type=entity,
        category=known.category,
        severity=known.severity,
        tier=tier,
        preview="a•••@e•••.com" if entity == "EMAIL_ADDRESS" else "••••••••",
        rules=(f"test.{entity.lower()}",),
        score=0.85,
        validation=validation,
        bits=30.0,
        location=place or location(),
    )


def finding(entity="EMAIL_ADDRESS", fingerprint="a" * 32, records=1, **kwargs) -> Finding:
    [made] = gather((sighting(entity, fingerprint, location(record), **kwargs) for record in range(records)), 1000)
    return made


def scanned(*findings, records=10, unread=(), allowed=None) -> ScanEvidence:
    return ScanEvidence(
        inputs=(Input(path="train.jsonl", sha256="0" * 64, bytes=1234, format="openai-chat", records=records),),
        coverage=ScanCoverage(
            records=records,
            records_unread=len(unread),
            passages=3 * records,
            characters=200 * records,
            unread=tuple(unread),
        ),
        detectors=(DetectorRun(name="test", version="1", passages=3 * records),),
        totals=totals(findings),
        findings=tuple(findings),
        allowed=allowed or {},
    )


def bad_line(line=7):
    return Unread(path="train.jsonl", line=line, record=line - 1, reason="not valid JSON; mend the line")


def extracted(of, outcome="attributable", probability=0.9) -> Extracted:
    return Extracted(
        fingerprint=of.fingerprint,
        entity_type=of.entity_type,
        category=of.category,
        severity=of.severity,
        preview=of.preview,
        records=of.records,
        attack="targeted",
        probability=probability,
        reference_probability=1e-9,
        mismatched_probability=1e-6,
        p_value=0.001,
        expected_tries=2,
        discoverable=outcome != "not-extractable",
        outcome=outcome,
        attributable=outcome == "attributable",
    )


def measured(population="findings", count=0, n=300, undecided=0, metric="extraction_rate") -> Measurement:
    census = population == "findings"
    low, high = (count / n, (count + undecided) / n) if census else clopper_pearson(count, n)
    return Measurement(
        metric=metric,
        attack="targeted",
        population=population,
        estimate=count / n,
        low=round(low, 6),
        high=round(high, 6),
        confidence=1.0 if census else 0.95,
        n=n,
        count=count,
        undecided=undecided,
        method="census" if census else "clopper-pearson",
    )


def probed(*values, measurements=None, targets=None, skipped=0, failed=0, reference=True) -> ProbeEvidence:
    model = ModelIdentity(kind="scripted", name="out/tuned", digest="")
    base = ModelIdentity(kind="scripted", name="out/base", digest="")
    return ProbeEvidence(
        target=model,
        reference=base if reference else None,
        measurements=tuple(measurements if measurements is not None else [measured(), measured("ordinary")]),
        extracted=tuple(values),
        coverage=ProbeCoverage(
            targets=300 + len(values) if targets is None else targets,
            targets_skipped=skipped,
            trials=5000,
            failed=failed,
            failures=("the model gives no number (NaN) for it (1 times)",) if failed else (),
        ),
    )


def evidence(scan=None, probe=None) -> Evidence:
    return Evidence(key_id="3f9c0a12", scan=scan, probe=probe)
