"""``report.gitlab.json``: GitLab's code quality, for its merge requests.

(https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from finetooth.counting import counted
from finetooth.entities import Severity, Tier
from finetooth.formats.findingrows import riskiest
from finetooth.formats.format import Format
from finetooth.formats.leaks import unlisted
from finetooth.printable import clipped
from finetooth.report import Report

ISSUES: Final = 5_000
"""Findings that are listed at most, so that a merge request still opens."""
_LONGEST: Final = 500
_PATH: Final = 1_000
_GRADES: dict[tuple[Severity, Tier], str] = {
    ("critical", "block"): "blocker",
    ("high", "block"): "critical",
    ("medium", "block"): "major",
    ("low", "block"): "minor",
    ("critical", "review"): "major",
    ("high", "review"): "minor",
    ("medium", "review"): "info",
    ("low", "review"): "info",
}


def render(report: Report) -> str:
    """Return the issues: what could not be read first, then the findings."""
    return json.dumps([*_unread(report), *_leaks(report), *_findings(report)], indent=1, ensure_ascii=False) + "\n"


def _findings(report: Report) -> Iterator[dict[str, Any]]:
    found = report.scan.findings if report.scan else ()
    probed = {each.fingerprint: each for each in report.probe.extracted} if report.probe else {}
    if len(found) > ISSUES:
        told = f"{counted(len(found) - ISSUES, 'finding')} of lesser risk not listed here; findings.jsonl has all"
        yield _issue(told, "finetooth/capped", sha256(b"finetooth/capped").hexdigest()[:32], "blocker", "data", None)
    for finding in riskiest(found, ISSUES):
        first = finding.locations[0]
        told = f"{finding.entity_type} {finding.preview} in {counted(finding.records, 'record')}, first at {first}"
        grade = _GRADES[finding.severity, finding.tier]
        if (leak := probed.get(finding.fingerprint)) and leak.attributable:
            told, grade = f"The tuned model gives away: {told}", "blocker"
        if waiver := report.verdict.waived.get(finding.fingerprint):
            told = f"Waived by {waiver.owner}, until {waiver.expires}: {waiver.reason}. {told}"
            grade = "info"
        yield _issue(told, finding.entity_type, finding.fingerprint, grade, first.path, first.line)


def _leaks(report: Report) -> Iterator[dict[str, Any]]:
    leaks = unlisted(report)
    for leak in leaks[:ISSUES]:
        told = (
            f"The tuned model gives away: {leak.entity_type} {leak.preview}; no scan is at hand that says where it is"
        )
        grade = "info" if leak.fingerprint in report.verdict.waived else "blocker"
        yield _issue(told, leak.entity_type, leak.fingerprint, grade, "data", None)
    if len(leaks) > ISSUES:
        told = f"{counted(len(leaks) - ISSUES, 'more leak')} not listed here; evidence.json has all"
        yield _issue(told, "finetooth/capped", sha256(b"finetooth/leaks").hexdigest()[:32], "blocker", "data", None)


def _unread(report: Report) -> Iterator[dict[str, Any]]:
    unread = report.scan.coverage.unread if report.scan else ()
    known: set[str] = set()
    for each in unread[:ISSUES]:
        # GitLab drops an issue whose fingerprint another one has.
        words = f"{each.path}\0{each.line}\0{each.record}\0{each.reason}".encode("utf-8", "backslashreplace")
        while (fingerprint := sha256(words).hexdigest()[:32]) in known:
            words += b"\0"
        known.add(fingerprint)
        yield _issue(f"Not read: {each.reason}", "finetooth/unread", fingerprint, "blocker", each.path, each.line)
    if len(unread) > ISSUES:
        told = f"{counted(len(unread) - ISSUES, 'more thing')} not read; report.json has all"
        yield _issue(told, "finetooth/unread", sha256(b"finetooth/unread").hexdigest()[:32], "blocker", "data", None)


def _issue(told: str, check: str, fingerprint: str, grade: str, path: str, line: int | None) -> dict[str, Any]:
    return {
        "description": clipped(told, _LONGEST),
        "check_name": clipped(check, _LONGEST),
        "fingerprint": clipped(fingerprint, _LONGEST),
        "severity": grade,
        "location": {"path": clipped(path, _PATH).removeprefix("./"), "lines": {"begin": line or 1}},
    }


FORMAT = Format(name="gitlab", file="report.gitlab.json", render=render)
