from dataclasses import replace
from xml.etree import ElementTree

import pytest
from reports import REPORTS, report
from schemas import junit_errors

from evidences import evidence, finding, scanned
from finetooth.formats import junit


def suites(name_or_report):
    made = REPORTS[name_or_report] if isinstance(name_or_report, str) else name_or_report
    return {suite.get("name"): suite for suite in ElementTree.fromstring(junit.render(made))}


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_valid(name):
    assert junit_errors(junit.render(REPORTS[name])) == []


def test_the_schema_refuses_what_is_no_junit():
    assert junit_errors("<testsuites><finding/></testsuites>")


@pytest.mark.parametrize("name", REPORTS)
def test_its_counts_are_true(name):
    root = ElementTree.fromstring(junit.render(REPORTS[name]))
    for tag, count in (("failure", "failures"), ("error", "errors"), ("testcase", "tests")):
        assert int(root.get(count)) == len(root.findall(f".//{tag}")) == sum(int(s.get(count)) for s in root)


def test_a_finding_is_a_failure():
    assert len(suites("no-go")["findings"].findall(".//failure")) == len(REPORTS["no-go"].scan.findings) == 7


def test_a_fault_is_an_error_and_no_failure():
    coverage = suites("incomplete")["coverage"]
    assert [error.get("type") for error in coverage.findall(".//error")] == ["unread", "unread"]
    assert coverage.findall(".//failure") == []
    assert "trials failed" in {error.get("type") for error in suites("unproven")["coverage"].findall(".//error")}


def test_nothing_read_is_a_fault():
    assert suites("empty")["coverage"].find(".//error").get("type") == "nothing read"


@pytest.mark.parametrize("name", REPORTS)
def test_its_colour_is_the_verdicts(name):
    root = ElementTree.fromstring(junit.render(REPORTS[name]))
    red = int(root.get("failures")) + int(root.get("errors")) > 0
    assert red == (REPORTS[name].verdict.decision != "GO")


def test_what_is_waived_is_skipped_with_its_owner():
    told = [each.get("message") for each in suites("waivers")["findings"].findall(".//skipped")]
    assert told == ["waived by privacy@acme.example, until 2027-02-01: public support mailbox"]
    assert len(suites("waivers")["findings"].findall(".//failure")) == 3


def test_what_is_too_much_is_counted_in_a_failure(monkeypatch):
    monkeypatch.setattr(junit, "CASES", 20)
    many = [finding("EMAIL_ADDRESS", f"{n:032x}") for n in range(50)]
    findings = suites(report(evidence(scanned(*many))))["findings"]
    assert len(findings) == 21
    assert "30 more findings, in findings.jsonl" in findings[-1].find("failure").text


def test_a_leak_is_a_failure_also_where_only_the_model_was_probed():
    alone = replace(REPORTS["leaking"], scan=None)
    assert [each.get("type") for each in suites(alone)["findings"].findall(".//failure")] == ["leak"] * 5


def test_leaks_that_are_too_many_are_counted_in_a_failure(monkeypatch):
    monkeypatch.setattr(junit, "CASES", 3)
    findings = suites(replace(REPORTS["leaking"], scan=None))["findings"]
    assert len(findings) == 4
    assert "2 more leaks, in evidence.json" in findings[-1].find("failure").text
