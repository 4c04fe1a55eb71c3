from dataclasses import replace

import pytest
from reports import REPORTS, report

from evidences import bad_line, evidence, extracted, finding, measured, probed, scanned
from finetooth.formats import markdown


@pytest.mark.parametrize("name", REPORTS)
def test_a_job_finds_its_comment_again(name):
    assert markdown.render(REPORTS[name]).startswith(markdown.MARKER)


def test_a_large_report_still_is_a_comment():
    many = [finding("EMAIL_ADDRESS", f"{n:032x}", records=1 + n % 3) for n in range(3000)]
    leaks = [extracted(each) for each in many]
    made = report(evidence(scanned(*many, unread=[bad_line(n) for n in range(1, 900)]), probed(*leaks)), "release")
    text = markdown.render(made)
    assert len(text) < markdown.LIMIT / 4
    assert "**and 2,980 more leaks, in `report.json`**" in text
    assert "**and 879 more things not read, in `report.json`**" in text
    assert "**and 2,980 more findings, in `findings.jsonl`**" in text


def test_rates_are_told_in_words_and_those_left_out_are_counted():
    made = REPORTS["leaking"]
    rates = (measured(count=5, n=7), measured(metric="greedy_rate"), measured(metric="discoverable_rate"))
    text = markdown.render(replace(made, probe=replace(made.probe, measurements=rates)))
    assert "- `targeted`: 5 of 7 findings extracted (" in text
    assert "greedy" not in text
    assert "**and 2 more rates, in `report.json`**" in text


def test_a_comment_that_would_be_too_long_is_cut_and_says_so():
    made = REPORTS["no-go"]
    ruling = replace(made.verdict.rulings[0], reason="*" * 590, requirement="`" * 150)
    long = replace(made, verdict=replace(made.verdict, rulings=(ruling,) * 60))
    text = markdown.render(long)
    assert len(text) <= markdown.LIMIT
    assert "cut off here" in text


def test_a_waived_finding_is_shown_with_its_owner():
    text = markdown.render(REPORTS["waived"])
    assert "🟣 waived" in text
    assert "`privacy@acme.example`" in text


def test_waivers_that_do_not_count_are_loud():
    assert "3 waivers that do not count" in markdown.render(REPORTS["waivers"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at most 1% is allowed (37 of 204)", "at most 1% is allowed (37 of 204)"),
        ("<b>", r"\<b\>"),
        ("@octocat, #12", r"@<!-- -->octocat, \#<!-- -->12"),
        ("see http://evil.example", "see http:<!-- -->//evil.example"),
        ("as in GH-12 or highs-3", "as in GH<!-- -->-12 or highs-3"),
        ("- a list", r"\- a list"),
    ],
)
def test_prose_says_what_it_says_and_nothing_more(text, shown):
    assert markdown.prose(text) == shown
