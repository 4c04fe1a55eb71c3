import gzip
import json
from dataclasses import replace

import pytest
from reports import REPORTS, report, waived
from schemas import sarif_errors

from evidences import bad_line, evidence, finding, location, scanned, sighting
from finetooth.finding import gather
from finetooth.formats import sarif


def log(made):
    return json.loads(sarif.render(made))


def results(made, rule=None):
    listed = log(made)["runs"][0]["results"]
    return [each for each in listed if rule is None or each["ruleId"] == rule]


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_valid(name):
    assert sarif_errors(log(REPORTS[name])) == []


def test_the_schema_refuses_what_is_no_sarif():
    assert sarif_errors({"version": "2.1.0"})


def test_a_result_is_known_by_the_fingerprint_of_its_finding():
    [key] = [each for each in results(REPORTS["no-go"]) if each["properties"]["records"] == 16]
    assert key["partialFingerprints"]["primaryLocationLineHash"] == f"{16:032x}"
    assert key["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "train.jsonl", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }


def test_severities_are_those_that_github_sorts_by():
    run = log(REPORTS["no-go"])["runs"][0]
    rules = {rule["id"]: rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]}
    assert rules == {"API_KEY": "9.5", "EMAIL_ADDRESS": "8.0", "PERSON": "2.0"}
    assert {each["ruleId"]: each["level"] for each in run["results"]} == {
        "API_KEY": "error",
        "EMAIL_ADDRESS": "error",
        "PERSON": "note",
    }


def test_every_result_names_its_rule_by_number():
    run = log(REPORTS["incomplete"])["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_what_could_not_be_read_is_a_result_at_its_line():
    unread = results(REPORTS["incomplete"], "finetooth/unread")
    assert [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in unread] == [7, 9]
    assert not log(REPORTS["incomplete"])["runs"][0]["invocations"][0]["executionSuccessful"]


def test_a_waived_finding_is_suppressed_by_its_owner():
    waived = [each for each in results(REPORTS["waived"]) if "suppressions" in each]
    assert len(waived) == 2
    assert "privacy@acme.example" in json.dumps(waived)
    assert not [each for each in results(REPORTS["no-go"]) if "suppressions" in each]


def test_a_leak_is_an_error_and_says_so():
    told = [each for each in results(REPORTS["leaking"]) if "gives it away" in each["message"]["text"]]
    assert len(told) == 5
    assert {each["level"] for each in told} == {"error"}


def test_what_github_would_not_take_is_left_out_gravest_last_and_said_loudly(monkeypatch):
    monkeypatch.setattr(sarif, "RESULTS", 200)
    many = [finding("EMAIL_ADDRESS", f"{n:032x}", records=1 + n % 3) for n in range(400)]
    keys = [finding("API_KEY", f"{n:032x}", records=50) for n in range(8000, 8010)]
    made = report(evidence(scanned(*keys, *many, unread=[bad_line(3)], records=100)))
    told = log(made)
    listed = told["runs"][0]["results"]
    assert sarif_errors(told) == []
    assert len(listed) == sarif.RESULTS
    assert len(results(made, "API_KEY")) == 10
    [capped] = results(made, "finetooth/capped")
    assert "212 findings of lesser risk" in capped["message"]["text"]
    assert capped["level"] == "error"
    notes = told["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert capped["message"]["text"] in [note["message"]["text"] for note in notes]


def test_as_much_as_it_holds_is_less_than_github_takes():
    many = [finding("EMAIL_ADDRESS", f"{n:032x}", records=12) for n in range(sarif.RESULTS + 5)]
    assert len(gzip.compress(sarif.render(report(evidence(scanned(*many)))).encode())) < 10_000_000


def test_of_many_places_the_first_are_listed_and_the_others_counted():
    [many] = gather((sighting(place=location(n)) for n in range(40)), 1000)
    [result] = results(report(evidence(scanned(many))))
    assert len(result["locations"]) == sarif.PLACES
    assert "10 of 40 places" in result["message"]["text"]


@pytest.mark.parametrize(
    ("path", "artifact"),
    [
        ("data/train.jsonl", {"uri": "data/train.jsonl", "uriBaseId": "%SRCROOT%"}),
        ("./a b#c.jsonl", {"uri": "a%20b%23c.jsonl", "uriBaseId": "%SRCROOT%"}),
        ("/data/x.jsonl", {"uri": "file:///data/x.jsonl"}),
        ("s3://bucket/x y.jsonl", {"uri": "s3://bucket/x%20y.jsonl"}),
        ("javascript:alert(1)", {"uri": "javascript%3Aalert%281%29", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_a_path_is_a_uri(path, artifact):
    [found] = gather([sighting(place=location(path=path))], 10)
    [result] = results(report(evidence(scanned(found))))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == artifact


def test_notifications_that_are_left_out_are_counted():
    idle = [waived(finding("EMAIL_ADDRESS", f"{n:032x}")) for n in range(700)]
    told = log(report(evidence(scanned()), waivers=idle))
    assert sarif_errors(told) == []
    notes = told["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert len(notes) == 501
    assert notes[-1]["message"]["text"] == "200 more notifications, in report.json"


def test_leaks_that_have_no_place_are_counted_loudly():
    alone = log(replace(REPORTS["leaking"], scan=None))
    assert sarif_errors(alone) == []
    notes = alone["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert "5 leaks of findings that no scan here lists" in json.dumps(notes)
