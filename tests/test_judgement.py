"""The verdict: what passes, what fails, what is unproven, and that silence is never a GO."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidences import bad_line, evidence, extracted, finding, measured, probed, scanned
from finetooth import policyfile
from finetooth.errors import PolicyError
from finetooth.judgement import judge
from finetooth.policy import Policy
from finetooth.waiver import Waiver

STANDARD = policyfile.load("standard").policy


def policy(stage, **requirement):
    where = requirement.pop("where", {})
    lines = [f"      {key}: {value}" for key, value in where.items()]
    text = f"schema: finetooth.policy/v1\nname: test\n{stage}:\n  - id: it\n    where:{'' if lines else ' {}'}\n"
    text += "\n".join(lines) + "\n" + "\n".join(f"    {key}: {value}" for key, value in requirement.items())
    return policyfile.parse(text, "test.yaml").policy


def status(chosen: Policy, seen, stage="train", **kwargs):
    [ruling] = judge(chosen, seen, stage=stage, **kwargs).rulings
    return ruling.status


def test_an_empty_dataset_is_never_go():
    verdict = judge(STANDARD, evidence(scanned(records=0)), stage="train")
    assert verdict.decision == "INCOMPLETE"
    assert verdict.exit_code == 3


def test_an_empty_dataset_is_not_go_even_where_the_policy_forgot_to_ask():
    assert status(policy("train", metric="findings", at_most=0), evidence(scanned(records=0))) == "UNPROVEN"


def test_a_policy_without_requirements_for_the_stage_is_refused():
    nothing = policyfile.parse("schema: finetooth.policy/v1\nname: nothing\n", "nothing.yaml").policy
    with pytest.raises(PolicyError, match="no requirements for the train gate"):
        judge(nothing, evidence(scanned()), stage="train")


def test_a_release_gate_without_probe_evidence_is_unproven():
    verdict = judge(STANDARD, evidence(scanned()), stage="release")
    assert verdict.decision == "INCOMPLETE"
    assert {r.status for r in verdict.rulings if r.metric != "records_unread"} == {"UNPROVEN"}


def test_clean_data_is_go():
    assert judge(STANDARD, evidence(scanned()), stage="train").decision == "GO"


def test_one_credential_is_no_go():
    verdict = judge(STANDARD, evidence(scanned(finding("API_KEY"))), stage="train")
    assert verdict.decision == "NO-GO"
    assert [r.requirement for r in verdict.rulings if r.status == "FAIL"] == ["no-credentials"]


def test_a_credential_in_the_review_tier_does_not_block():
    verdict = judge(STANDARD, evidence(scanned(finding("API_KEY", tier="review"))), stage="train")
    assert verdict.decision == "GO"


def test_an_unread_record_makes_clean_data_incomplete_and_names_the_line():
    verdict = judge(STANDARD, evidence(scanned(unread=[bad_line(7)])), stage="train")
    assert verdict.decision == "INCOMPLETE"
    assert any("train.jsonl:7" in ruling.reason for ruling in verdict.rulings)


def test_a_failure_beats_what_is_unproven():
    seen = evidence(scanned(finding("API_KEY"), unread=[bad_line()]))
    assert judge(STANDARD, seen, stage="train").exit_code == 1


def test_counts_are_unproven_beyond_the_unread_records_that_the_policy_tolerates():
    chosen = policyfile.parse(
        "schema: finetooth.policy/v1\nname: test\ntrain:\n"
        "  - {id: coverage, metric: records_unread, at_most: 1}\n"
        "  - {id: none, metric: findings, at_most: 0}\n",
        "test.yaml",
    ).policy
    assert judge(chosen, evidence(scanned(unread=[bad_line(1)])), stage="train").decision == "GO"
    assert judge(chosen, evidence(scanned(unread=[bad_line(1), bad_line(2)])), stage="train").decision == "INCOMPLETE"


def test_a_rate_counts_records_not_findings():
    chosen = policy("train", metric="records_with_findings_rate", at_most=0.2)
    two_values_in_one_record = scanned(finding("EMAIL_ADDRESS", "a" * 32), finding("US_SSN", "b" * 32), records=10)
    [ruling] = judge(chosen, evidence(two_values_in_one_record), stage="train").rulings
    assert ruling.observed == 0.1


@pytest.mark.parametrize(
    ("where", "observed"),
    [
        ({}, 2),
        ({"category": "credential"}, 1),
        ({"category": "[credential, direct_identifier]"}, 2),
        ({"entity_type": "EMAIL_ADDRESS"}, 1),
        ({"severity": "[high]"}, 1),
        ({"tier": "review"}, 0),
    ],
)
def test_filters(where, observed):
    seen = evidence(scanned(finding("EMAIL_ADDRESS", "a" * 32), finding("API_KEY", "b" * 32)))
    [ruling] = judge(policy("train", metric="findings", at_most=9, where=where), seen, stage="train").rulings
    assert ruling.observed == observed


def test_leaks_fail_the_release_gate():
    leaked = finding("API_KEY")
    seen = evidence(scanned(leaked), probed(extracted(leaked), measurements=[measured(count=1, n=1)]))
    verdict = judge(STANDARD, seen, stage="release")
    assert verdict.decision == "NO-GO"
    assert {r.requirement for r in verdict.rulings if r.status == "FAIL"} == {"no-leaked-credentials", "extraction"}


def test_a_model_that_gives_nothing_away_is_go():
    safe = finding("API_KEY")
    measurements = [measured(n=1), measured("ordinary", n=299)]
    seen = evidence(scanned(safe), probed(extracted(safe, "not-extractable", 0.0), measurements=measurements))
    assert judge(STANDARD, seen, stage="release").decision == "GO"


def test_a_sample_that_is_too_small_proves_nothing():
    seen = evidence(scanned(), probed(measurements=[measured("ordinary", n=298)]))
    assert judge(STANDARD, seen, stage="release").decision == "INCOMPLETE"


def test_a_leak_that_cannot_be_attributed_is_unproven():
    value = finding("API_KEY")
    seen = evidence(scanned(value), probed(extracted(value, "undecided"), measurements=[measured(n=1, undecided=1)]))
    assert judge(STANDARD, seen, stage="release").decision == "INCOMPLETE"


def test_a_finding_that_was_not_tried_is_unproven():
    tried, untried = finding("API_KEY", "a" * 32), finding("API_KEY", "b" * 32)
    probe = probed(extracted(tried, "not-extractable", 0.0), measurements=[measured(n=2, undecided=1)], skipped=1)
    [ruling] = judge(
        policy("release", metric="attributable_leaks", at_most=0),
        evidence(scanned(tried, untried), probe),
        stage="release",
    ).rulings
    assert ruling.status == "UNPROVEN"
    assert "1 finding not tried" in ruling.reason


def test_a_failed_trial_is_incomplete_never_go():
    seen = evidence(scanned(), probed(failed=1, measurements=[measured("ordinary", n=299)]))
    assert judge(STANDARD, seen, stage="release").decision == "INCOMPLETE"


def test_a_rate_over_nothing_is_unproven():
    seen = evidence(scanned(), probed(measurements=[], targets=0))
    assert status(policy("release", metric="extraction_rate", at_most=1), seen, "release") == "UNPROVEN"


def waiver(fingerprint, expires=date(2027, 2, 1)):
    return Waiver(
        fingerprint=fingerprint,
        entity_type="EMAIL_ADDRESS",
        reason="public mailbox",
        owner="a@b.example",
        expires=expires,
    )


def test_a_waived_finding_is_waived_until_it_expires():
    chosen = policy("train", metric="findings", at_most=0)
    seen = evidence(scanned(finding("EMAIL_ADDRESS", "c" * 32)))
    kwargs = {"waivers": [waiver("c" * 32)]}
    assert status(chosen, seen, today=date(2027, 2, 1), **kwargs) == "WAIVED"
    assert status(chosen, seen, today=date(2027, 2, 2), **kwargs) == "FAIL"


def test_a_waiver_covers_its_own_finding_alone():
    seen = evidence(scanned(finding("EMAIL_ADDRESS", "c" * 32), finding("EMAIL_ADDRESS", "d" * 32)))
    chosen = policy("train", metric="findings", at_most=0)
    assert status(chosen, seen, waivers=[waiver("c" * 32)], today=date(2027, 1, 1)) == "FAIL"


@given(found=st.integers(0, 5), unread=st.integers(0, 3), records=st.integers(0, 5), bound=st.integers(0, 5))
def test_go_is_given_only_where_everything_was_read_and_the_bound_holds(found, unread, records, bound):
    findings = [finding("API_KEY", f"{i:032x}") for i in range(found)]
    seen = evidence(scanned(*findings, records=records, unread=[bad_line(i + 1) for i in range(unread)]))
    decision = judge(policy("train", metric="findings", at_most=bound), seen, stage="train").decision
    assert (decision == "GO") == (records > 0 and unread == 0 and found <= bound)
