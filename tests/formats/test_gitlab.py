import json
from dataclasses import replace

import pytest
from reports import REPORTS, report

from evidences import bad_line, evidence, finding, scanned
from finetooth.formats import gitlab


def issues(made):
    return json.loads(gitlab.render(made))


@pytest.mark.parametrize("name", REPORTS)
def test_an_issue_has_what_gitlab_asks_for(name):
    for issue in issues(REPORTS[name]):
        assert {"description", "check_name", "fingerprint", "severity", "location"} == issue.keys()
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1


def test_a_finding_is_an_issue_known_by_its_fingerprint():
    assert {issue["fingerprint"] for issue in issues(REPORTS["no-go"])} == {
        each.fingerprint for each in REPORTS["no-go"].scan.findings
    }


def test_fingerprints_are_unique_even_where_the_same_thing_was_not_read_twice():
    made = report(evidence(scanned(unread=[bad_line(3), bad_line(3), bad_line(4)])))
    assert len({issue["fingerprint"] for issue in issues(made)}) == 3


def test_a_leak_blocks_and_a_waived_finding_informs():
    assert [issue["severity"] for issue in issues(REPORTS["leaking"])].count("blocker") == 5
    told = [issue for issue in issues(REPORTS["waived"]) if issue["description"].startswith("Waived by")]
    assert [issue["severity"] for issue in told] == ["info", "info"]


def test_what_is_too_much_is_an_issue_itself(monkeypatch):
    monkeypatch.setattr(gitlab, "ISSUES", 10)
    many = [finding("EMAIL_ADDRESS", f"{n:032x}") for n in range(25)]
    first, *others = issues(report(evidence(scanned(*many))))
    assert "15 findings of lesser risk not listed here" in first["description"]
    assert len(others) == 10


def test_an_empty_report_has_no_issue():
    assert issues(replace(REPORTS["go"], scan=scanned(records=5))) == []


def test_a_leak_is_an_issue_also_where_only_the_model_was_probed():
    assert [issue["severity"] for issue in issues(replace(REPORTS["leaking"], scan=None))] == ["blocker"] * 5


def test_leaks_that_are_too_many_are_counted(monkeypatch):
    monkeypatch.setattr(gitlab, "ISSUES", 3)
    listed = issues(replace(REPORTS["leaking"], scan=None))
    assert listed[-1]["description"] == "2 more leaks not listed here; evidence.json has all"
    assert len({each["fingerprint"] for each in listed}) == len(listed) == 4
