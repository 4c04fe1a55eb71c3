"""``report.junit.xml``: for CI servers that show tests. A ``<failure>`` is a finding, an ``<error>`` is a fault.

A fault is what kept finetooth from knowing: something unread, a trial without an answer, a requirement that could not
be proven. What the policy lets pass is skipped and says why: every finding of a GO, and what is waived. So the colour
that a server shows is the verdict's.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from finetooth.counting import counted
from finetooth.evidence import Extracted
from finetooth.finding import Finding
from finetooth.formats.findingrows import riskiest
from finetooth.formats.format import Format
from finetooth.formats.leaks import unlisted
from finetooth.printable import clipped
from finetooth.report import Report

CASES: Final = 10_000
"""Findings that are listed at most: servers keep every case of every build."""
_LONGEST: Final = 500
_PLACES: Final = 20


def render(report: Report) -> str:
    """Return the report as XML."""
    suites = [_rulings(report), _coverage(report), _findings(report)]
    root = Element("testsuites", name="finetooth", time=f"{report.timing.seconds:.3f}")
    for suite in suites:
        _count(suite)
        root.append(suite)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _rulings(report: Report) -> Element:
    verdict = report.verdict
    suite = Element("testsuite", name=f"{verdict.stage} gate: {verdict.decision}")
    for ruling in verdict.rulings:
        case = _case(suite, f"finetooth.{verdict.stage}", ruling.requirement)
        if ruling.status == "FAIL":
            _told(case, "failure", "FAIL", ruling.reason)
        elif ruling.status == "UNPROVEN":
            _told(case, "error", "UNPROVEN", ruling.reason)
        elif ruling.status == "WAIVED":
            _skipped(case, ruling.reason)
    for waiver in verdict.waivers:
        if waiver.status != "honoured":
            name = f"waiver of {waiver.entity_type} {waiver.fingerprint} by {waiver.owner}"
            _skipped(_case(suite, "finetooth.waivers", name), f"{waiver.status}: {waiver.why}")
    return suite


def _coverage(report: Report) -> Element:
    suite = Element("testsuite", name="coverage")
    if report.scan:
        coverage = report.scan.coverage
        case = _case(suite, "finetooth.coverage", f"{counted(coverage.records, 'record')} read")
        if not coverage.records:
            _told(case, "error", "nothing read", "no record was read")
        for unread in coverage.unread[:CASES]:
            case = _case(suite, clipped(unread.path, _LONGEST), f"line {unread.line or '?'}: not read")
            _told(case, "error", "unread", str(unread))
        if len(coverage.unread) > CASES:
            _left_out(suite, "error", len(coverage.unread) - CASES, "thing that could not be read", "report.json")
    if report.probe:
        probed = report.probe.coverage
        case = _case(suite, "finetooth.coverage", f"{counted(probed.trials, 'trial')}")
        if probed.failed:
            reasons = "; ".join(probed.failures[:_PLACES])
            _told(case, "error", "trials failed", f"{counted(probed.failed, 'trial')} failed: {reasons}")
        if probed.targets_skipped:
            case = _case(suite, "finetooth.coverage", "all findings tried")
            _told(case, "error", "not tried", f"{counted(probed.targets_skipped, 'finding')} left out by the budget")
    return suite


def _findings(report: Report) -> Element:
    suite = Element("testsuite", name="findings")
    found = report.scan.findings if report.scan else ()
    probed = {each.fingerprint: each for each in report.probe.extracted} if report.probe else {}
    go = report.verdict.decision == "GO"
    leaks = unlisted(report)
    for leak in leaks[:CASES]:
        case = _case(suite, "finetooth.leaks", f"{leak.entity_type} {leak.preview} {leak.fingerprint}")
        if waiver := report.verdict.waived.get(leak.fingerprint):
            _skipped(case, f"waived by {waiver.owner}, until {waiver.expires}: {waiver.reason}")
        else:
            _told(case, "failure", "leak", f"the tuned model gives it away ({leak.attack}); no scan is at hand")
    if len(leaks) > CASES:
        _left_out(suite, "failure", len(leaks) - CASES, "leak", "evidence.json")
    for finding in riskiest(found, CASES):
        first = finding.locations[0]
        case = _case(suite, first.path, f"{finding.entity_type} {finding.preview} {finding.fingerprint}")
        if waiver := report.verdict.waived.get(finding.fingerprint):
            _skipped(case, f"waived by {waiver.owner}, until {waiver.expires}: {waiver.reason}")
        elif go:
            _skipped(case, "the policy lets it pass")
        else:
            _told(case, "failure", f"{finding.severity} {finding.tier}", _described(finding, probed))
    if len(found) > CASES:
        _left_out(suite, "failure", len(found) - CASES, "finding", "findings.jsonl")
    return suite


def _described(finding: Finding, probed: dict[str, Extracted]) -> str:
    lines = [
        f"{finding.entity_type} {finding.preview}, {finding.severity}, {finding.tier}: "
        f"{counted(finding.occurrences, 'place')} in {counted(finding.records, 'record')}"
    ]
    if leak := probed.get(finding.fingerprint):
        lines.append(f"probe: {leak.outcome} ({leak.attack}, chance {100 * leak.probability:.3g} % a sample)")
    lines += map(str, finding.locations[:_PLACES])
    if len(finding.locations) > _PLACES:
        lines.append(f"and {counted(len(finding.locations) - _PLACES, 'more place')}, in findings.jsonl")
    return "\n".join(clipped(line, _LONGEST) for line in lines)


def _case(suite: Element, group: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=clipped(group, _LONGEST), name=clipped(name, _LONGEST), time="0")


def _told(case: Element, tag: str, kind: str, text: str) -> None:
    message = clipped(text.partition("\n")[0], _LONGEST)
    body = "\n".join(clipped(line, _LONGEST) for line in text.splitlines())
    SubElement(case, tag, type=kind, message=message).text = body


def _skipped(case: Element, why: str) -> None:
    SubElement(case, "skipped", message=clipped(why, _LONGEST))


def _left_out(suite: Element, tag: str, count: int, noun: str, file: str) -> None:
    case = _case(suite, "finetooth", "not all is listed")
    _told(case, tag, "capped", f"{counted(count, f'more {noun}')}, in {file}")


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in suite)))
    suite.set("time", "0")


FORMAT = Format(name="junit", file="report.junit.xml", render=render)
