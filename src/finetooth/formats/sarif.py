"""``report.sarif``: SARIF 2.1.0, for code scanning on GitHub and elsewhere.

A result is a finding, where it first stands; what could not be read is a result too. A file that GitHub would refuse
shows nothing, so what exceeds its limits is left out, gravest last, and a result and a notification say so.
(https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from finetooth.counting import counted
from finetooth.entities import Severity
from finetooth.evidence import Extracted, Unread
from finetooth.finding import Finding
from finetooth.formats.findingrows import riskiest
from finetooth.formats.format import Format
from finetooth.formats.leaks import unlisted
from finetooth.location import Location
from finetooth.printable import clipped
from finetooth.report import Report
from finetooth.verdict import WaiverRuling

RESULTS: Final = 5_000
"""Results that GitHub shows of one run; it refuses more than 25,000."""
PLACES: Final = 10
"""Places of one result: GitHub shows the first, keeps a hundred, and takes no file of more than 10 MB, compressed."""
_UNREAD: Final = 500
_NOTES: Final = 500
_LONGEST: Final = 1_000
_PATH: Final = 1_000
_HOME = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_GRADES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""Security severities, one from the middle of each of GitHub's bands."""
_LEVELS: dict[Severity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}


def render(report: Report) -> str:
    """Return the log."""
    found = report.scan.findings if report.scan else ()
    unread = report.scan.coverage.unread if report.scan else ()
    shown = riskiest(found, RESULTS - min(len(unread), _UNREAD) - 1)
    left_out = len(found) - len(shown)
    probed = {each.fingerprint: each for each in report.probe.extracted} if report.probe else {}
    rules = _Rules(shown)
    results = [*_capped(report, left_out, len(unread) - _UNREAD), *map(_unread, unread[:_UNREAD])]
    results += [
        _finding(finding, rules, probed.get(finding.fingerprint), report.verdict.waived.get(finding.fingerprint))
        for finding in shown
    ]
    for result in results:
        result["ruleIndex"] = rules.number(result["ruleId"])
    log = {
        "$schema": _HOME,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "finetooth",
                        "version": clipped(report.tool.version, _LONGEST),
                        "rules": rules.described(),
                    },
                    "extensions": [
                        {"name": clipped(run.name, _LONGEST), "version": clipped(run.version, _LONGEST)}
                        for run in (report.scan.detectors[:100] if report.scan else ())
                    ],
                },
                "automationDetails": {"id": f"finetooth/{report.verdict.stage}/"},
                "invocations": [_invocation(report, left_out, len(unread) - _UNREAD)],
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {
                    "decision": report.verdict.decision,
                    "stage": report.verdict.stage,
                    "policy": clipped(report.policy.name, _LONGEST),
                    "policySha256": clipped(report.policy.sha256, _LONGEST),
                    "keyId": clipped(report.key_id, _LONGEST),
                    "findingsLeftOut": left_out,
                    "recordsUnread": report.scan.coverage.records_unread if report.scan else None,
                },
            }
        ],
    }
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


class _Rules:
    """The rules of the log: an entity type each, and those that are about the report itself."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.types: dict[str, Finding] = {}
        for finding in findings:
            known = self.types.setdefault(self.name(finding), finding)
            if float(_GRADES[finding.severity]) > float(_GRADES[known.severity]):
                self.types[self.name(finding)] = finding
        self.numbers: dict[str, int] = {}

    @staticmethod
    def name(finding: Finding) -> str:
        return clipped(finding.entity_type, _LONGEST)

    def number(self, rule: str) -> int:
        return self.numbers.setdefault(rule, len(self.numbers))

    def described(self) -> list[dict[str, Any]]:
        return [_OWN.get(rule) or self._described(rule, self.types[rule]) for rule in self.numbers]

    def _described(self, rule: str, finding: Finding) -> dict[str, Any]:
        words = rule.replace("_", " ").lower()
        return {
            "id": rule,
            "name": rule,
            "shortDescription": {"text": _message(f"{words} in training data")},
            "fullDescription": {
                "text": _message(f"A model that is tuned on this data may say this {words} to whoever asks for it.")
            },
            "help": {
                "text": "Remove or replace the value in the data, and scan again. A credential has to be revoked, too: "
                "one that reached a dataset is burnt. What is acceptable can be waived: finetooth waivers add."
            },
            "defaultConfiguration": {"level": _LEVELS[finding.severity]},
            "properties": {
                "security-severity": _GRADES[finding.severity],
                "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[
                    _LEVELS[finding.severity]
                ],
                "precision": "very-high" if finding.validation == "checksum" else "high",
                "tags": ["security", "privacy", finding.category],
            },
        }


def _own(rule: str, short: str, remedy: str) -> dict[str, Any]:
    return {
        "id": rule,
        "name": rule,
        "shortDescription": {"text": short},
        "fullDescription": {"text": f"{short}, so nothing is known of it here"},
        "help": {"text": remedy},
        "defaultConfiguration": {"level": "error"},
        "properties": {"security-severity": "7.5", "problem.severity": "error", "tags": ["security", "privacy"]},
    }


_OWN: Final = {
    "finetooth/unread": _own("finetooth/unread", "could not be read", "Mend it, or leave it out of the training data."),
    "finetooth/capped": _own(
        "finetooth/capped", "not all findings are listed", "findings.jsonl, beside this file, lists all of them."
    ),
}


def _finding(finding: Finding, rules: _Rules, leak: Extracted | None, waiver: WaiverRuling | None) -> dict[str, Any]:
    told = f"{finding.entity_type} {finding.preview} in {counted(finding.records, 'record')}"
    told += f", trained on {counted(finding.trained_occurrences, 'time')}" if finding.trained_occurrences else ""
    if leak and leak.attributable:
        told += f". The tuned model gives it away ({leak.attack}, chance {100 * leak.probability:.3g} % a sample)"
    told += f". First at {finding.locations[0]}"
    if len(finding.locations) > PLACES:
        told += f"; {PLACES} of {len(finding.locations):,} places are listed here"
    known = clipped(finding.fingerprint, _LONGEST)
    level = _LEVELS[finding.severity] if finding.tier == "block" else "note"
    result: dict[str, Any] = {
        "ruleId": rules.name(finding),
        "level": "error" if leak and leak.attributable else level,
        "message": {"text": _message(told)},
        "locations": [_location(place) for place in finding.locations[:PLACES]],
        "partialFingerprints": {"primaryLocationLineHash": known, "finetooth/v1": known},
        "rank": round(100 * finding.risk, 2),
        "properties": {
            "category": finding.category,
            "severity": finding.severity,
            "tier": finding.tier,
            "occurrences": finding.occurrences,
            "records": finding.records,
            "trainedOccurrences": finding.trained_occurrences,
            "risk": finding.risk,
            "outcome": leak.outcome if leak else None,
        },
    }
    if waiver:
        reason = f"{waiver.reason} (waived by {waiver.owner}, until {waiver.expires})"
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": clipped(reason, _LONGEST)}
        ]
    return result


def _unread(unread: Unread) -> dict[str, Any]:
    known = sha256(f"{unread.path}\0{unread.record}\0{unread.reason}".encode("utf-8", "backslashreplace"))
    return {
        "ruleId": "finetooth/unread",
        "level": "error",
        "message": {"text": _message(f"Not read, so nothing is known of it: {unread.reason}")},
        "locations": [_physical(unread.path, unread.line)],
        "partialFingerprints": {"primaryLocationLineHash": known.hexdigest()[:32]},
    }


def _capped(report: Report, findings: int, unread: int) -> Iterator[dict[str, Any]]:
    told = _left_out(findings, unread)
    if told and report.scan:
        path = report.scan.inputs[0].path if report.scan.inputs else "data"
        yield {
            "ruleId": "finetooth/capped",
            "level": "error",
            "message": {"text": told},
            "locations": [_physical(path, None)],
            "partialFingerprints": {"primaryLocationLineHash": sha256(b"finetooth/capped").hexdigest()[:32]},
        }


def _left_out(findings: int, unread: int) -> str:
    told = [f"{counted(findings, 'finding')} of lesser risk"] if findings > 0 else []
    told += [counted(unread, "thing") + " that could not be read"] if unread > 0 else []
    return f"Left out here, as code scanning takes no more: {' and '.join(told)}" if told else ""


def _invocation(report: Report, findings: int, unread: int) -> dict[str, Any]:
    verdict = report.verdict
    notes = [told] if (told := _left_out(findings, unread)) else []
    notes += [f"{r.status} {r.requirement}: {r.reason}" for r in verdict.rulings if r.status in ("FAIL", "UNPROVEN")]
    if leaks := unlisted(report):
        notes.append(f"{counted(len(leaks), 'leak')} of findings that no scan here lists, and that have no place")
    notes += report.probe.coverage.failures if report.probe else ()
    notes += [
        f"the waiver of {w.fingerprint[:12]} by {w.owner} is {w.status}: {w.why}"
        for w in verdict.waivers
        if w.status != "honoured"
    ]
    if len(notes) > _NOTES:
        notes[_NOTES:] = [f"{counted(len(notes) - _NOTES, 'more notification')}, in report.json"]
    return {
        "executionSuccessful": verdict.decision != "INCOMPLETE",
        "exitCode": verdict.exit_code,
        "exitCodeDescription": verdict.decision,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": _message(note)}} for note in notes],
    }


def _location(place: Location) -> dict[str, Any]:
    where = clipped(str(place).removeprefix(place.path), _LONGEST)
    return _physical(place.path, place.line) | {
        "logicalLocations": [{"fullyQualifiedName": where, "kind": "value"}],
        "message": {"text": _message(where)},
    }


def _physical(path: str, line: int | None) -> dict[str, Any]:
    # GitHub refuses a result without a line: what stands in a file that has none is at its first.
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": {"startLine": line or 1}}}


def _artifact(path: str) -> dict[str, Any]:
    """Return a path as a URI: relative to the repository, unless it is absolute or a URL already."""
    scheme, mark, rest = clipped(path, _PATH).partition("://")
    if mark and scheme.isalnum() and scheme.isascii() and scheme[0].isalpha():
        return {"uri": f"{scheme}://{quote(rest)}"}
    if path.startswith("/"):
        return {"uri": f"file://{quote(clipped(path, _PATH))}"}
    relative = quote(clipped(path, _PATH).removeprefix("./")) or "data"
    return {"uri": relative, "uriBaseId": "%SRCROOT%"}


def _message(text: str) -> str:
    """Return text for a message: short, and without what SARIF takes for a link or a placeholder."""
    return clipped(text, _LONGEST).replace("](", "] (").replace("{", "{{").replace("}", "}}")


FORMAT = Format(name="sarif", file="report.sarif", render=render)
