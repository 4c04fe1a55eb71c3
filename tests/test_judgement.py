"""The verdict: what passes, what fails, what is unproven, and that silence is never a GO."""

from dataclasses import replace
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
    given = {key: value for key, value in requirement.items() if value is not None}
    text += "\n".join(lines) + "\n" + "\n".join(f"    {key}: {value}" for key, value in given.items())
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


TODAY = date(2027, 1, 15)
LAST = date(2027, 2, 1)


def waiver(fingerprint="a" * 32, entity="EMAIL_ADDRESS", **told):
    said = {"reason": "public mailbox", "owner": "a@b.example", "expires": LAST, **told}
    return Waiver(fingerprint=fingerprint, entity_type=entity, **said)


def waiving(seen, *waivers, stage="train", today=TODAY, terms="", **requirement):
    """Return the verdict of a policy with one requirement, and with terms for waivers."""
    chosen = policy(stage, **{"metric": "findings", "at_most": 0, **requirement})
    if terms:
        told = policyfile.parse(f"schema: finetooth.policy/v1\nname: test\nwaivers: {{{terms}}}\n", "test.yaml").policy
        chosen = replace(chosen, waivers=told.waivers)
    return judge(chosen, seen, stage=stage, waivers=waivers, today=today)


def test_a_waived_finding_is_waived_until_it_expires():
    seen = evidence(scanned(finding()))
    on_time, late = (waiving(seen, waiver(), today=day) for day in (LAST, date(2027, 2, 2)))
    assert (on_time.decision, on_time.rulings[0].status, on_time.waivers[0].status) == ("GO", "WAIVED", "honoured")
    assert (late.decision, late.rulings[0].status, late.waivers[0].status) == ("NO-GO", "FAIL", "expired")
    assert "its finding counts again" in late.waivers[0].why


def test_a_ruling_that_rests_on_waivers_names_who_answers_and_until_when():
    seen = evidence(scanned(*(finding(fingerprint=digit * 32) for digit in "abcde")))
    [one] = waiving(evidence(scanned(finding())), waiver()).rulings
    assert one.reason == "0 findings, at most 0 is allowed; 1 finding waived by a@b.example, until 2027-02-01"
    owners = {"a": "z@b.example", "b": "y@b.example", "c": "x@b.example", "d": "w@b.example", "e": "w@b.example"}
    waivers = [waiver(digit * 32, owner=owner) for digit, owner in owners.items()]
    waivers[3] = replace(waivers[3], expires=date(2027, 1, 20))
    [several] = waiving(seen, *waivers).rulings
    assert several.reason.endswith(
        "5 findings waived by w@b.example, x@b.example, y@b.example and 1 more, the first until 2027-01-20"
    )


def test_a_waiver_covers_its_own_finding_alone():
    seen = evidence(scanned(finding(), finding(fingerprint="d" * 32)))
    [ruling] = waiving(seen, waiver()).rulings
    assert (ruling.status, ruling.observed) == ("FAIL", 1)


def test_a_waiver_without_its_finding_is_told():
    verdict = waiving(evidence(scanned(finding(), unread=[bad_line()])), waiver(), waiver("b" * 32))
    assert [(each.status, each.preview) for each in verdict.waivers] == [
        ("honoured", "a•••@e•••.com"),
        ("unmatched", None),
    ]
    assert "1 record could not" in verdict.waivers[1].why


def test_a_waiver_that_is_not_needed_leaves_a_pass():
    [ruling] = waiving(evidence(scanned(finding())), waiver(), at_most=1).rulings
    assert ruling.status == "PASS"


def test_a_credential_is_waived_only_where_the_policy_says_so():
    seen, accepted = evidence(scanned(finding("API_KEY"))), waiver(entity="API_KEY")
    refused = waiving(seen, accepted)
    assert (refused.decision, refused.waivers[0].status) == ("NO-GO", "refused")
    assert "'test' lets nobody waive a credential" in refused.waivers[0].why
    assert waiving(seen, accepted, terms="credentials: true").decision == "GO"


def test_a_waiver_that_calls_its_finding_something_else_does_not_count():
    """Or a credential could be slipped past whoever reviews the file as an address."""
    verdict = waiving(evidence(scanned(finding("API_KEY"))), waiver(), terms="credentials: true")
    assert (verdict.decision, verdict.waivers[0].status) == ("NO-GO", "refused")
    assert "API_KEY" in verdict.waivers[0].why


def test_a_policy_may_say_how_long_a_waiver_lasts():
    seen = evidence(scanned(finding()))
    assert waiving(seen, waiver(), terms="max_days: 17").decision == "GO"
    verdict = waiving(seen, waiver(), terms="max_days: 16")
    assert (verdict.decision, verdict.waivers[0].status) == ("NO-GO", "refused")
    assert "17 days" in verdict.waivers[0].why


def test_judging_with_waivers_needs_a_day():
    with pytest.raises(ValueError, match="today"):
        judge(policy("train", metric="findings", at_most=0), evidence(scanned()), stage="train", waivers=[waiver()])


def test_a_demand_for_more_is_no_less_for_a_waiver():
    [ruling] = waiving(evidence(scanned(finding())), waiver(), at_most=None, at_least=1).rulings
    assert ruling.status == "PASS"


def test_a_record_with_another_finding_still_counts():
    same_record = evidence(scanned(finding(), finding("US_SSN", "b" * 32), records=10))
    [ruling] = waiving(same_record, waiver(), metric="records_with_findings").rulings
    assert (ruling.status, ruling.observed) == ("FAIL", 1)
    [ruling] = waiving(evidence(scanned(finding(), records=10)), waiver(), metric="records_with_findings_rate").rulings
    assert (ruling.status, ruling.observed) == ("WAIVED", 0)


def leaking(*outcomes, untried=0, **more):
    """Return evidence of a probe of as many findings as there are outcomes, and of some that were not tried."""
    count, open_ = outcomes.count("attributable"), outcomes.count("undecided") + untried
    findings = [finding(fingerprint=f"{number:032x}") for number in range(len(outcomes) + untried)]
    tried = [extracted(of, outcome) for of, outcome in zip(findings, outcomes, strict=False)]
    rate = measured(count=count, n=len(findings), undecided=open_)
    return evidence(scanned(*findings, **more), probed(*tried, measurements=[rate], skipped=untried))


def numbered(*numbers):
    return [waiver(f"{number:032x}") for number in numbers]


@pytest.mark.parametrize("metric", ["attributable_leaks", "extraction_rate"])
@pytest.mark.parametrize(
    ("seen", "before", "accepted", "after"),
    [
        (leaking("attributable", "not-extractable"), "FAIL", [0], "WAIVED"),
        (leaking("attributable", "not-extractable"), "FAIL", [1], "FAIL"),
        (leaking("attributable", "attributable"), "FAIL", [0], "FAIL"),
        (leaking("undecided", "not-extractable"), "UNPROVEN", [0], "WAIVED"),
        (leaking("attributable", "undecided"), "FAIL", [0], "UNPROVEN"),
        (leaking("not-extractable", untried=1), "UNPROVEN", [1], "WAIVED"),
        (leaking("not-extractable", untried=2), "UNPROVEN", [1], "UNPROVEN"),
        (leaking("not-extractable", "common"), "PASS", [0, 1], "PASS"),
    ],
)
def test_a_waiver_takes_a_leak_out_at_the_release_gate(metric, seen, before, accepted, after):
    def ruled(waivers):
        return waiving(seen, *waivers, stage="release", metric=metric).rulings[0].status

    assert (ruled([]), ruled(numbered(*accepted))) == (before, after)


def test_a_rate_keeps_its_denominator():
    """Findings that are waived and did not leak must neither thin the rate of the others nor thicken it."""
    seen = leaking("attributable", "attributable", *["not-extractable"] * 8)
    for accepted, observed in (([], 0.2), ([0], 0.1), ([0, 1], 0.0), (range(2, 10), 0.2)):
        [ruling] = waiving(seen, *numbered(*accepted), stage="release", metric="extraction_rate", at_most=0.5).rulings
        assert ruling.observed == observed


def test_what_is_discoverable_can_be_waived_too():
    seen = leaking("common", "not-extractable")
    seen = replace(seen, probe=replace(seen.probe, measurements=(measured(count=1, n=2, metric="discoverable_rate"),)))
    bound = {"stage": "release", "metric": "discoverable_rate", "where": {"population": "findings"}}
    assert waiving(seen, **bound).rulings[0].status == "FAIL"
    assert waiving(seen, *numbered(0), **bound).rulings[0].status == "WAIVED"


def test_of_ordinary_text_nothing_can_be_waived():
    seen = leaking("attributable")
    seen = replace(seen, probe=replace(seen.probe, measurements=(measured("ordinary", count=1, n=300),)))
    bound = {"stage": "release", "metric": "extraction_rate"}
    assert waiving(seen, *numbered(0), **bound).rulings[0].status == "FAIL"


def test_a_failed_trial_cannot_be_waived():
    seen = evidence(scanned(finding()), probed(failed=1))
    [ruling] = waiving(seen, waiver(), stage="release", metric="trials_failed").rulings
    assert ruling.status == "UNPROVEN"


ORDER = ("GO", "INCOMPLETE", "NO-GO")
OUTCOMES = ("attributable", "undecided", "common", "not-extractable")
COUNTING = ("findings", "occurrences", "records_with_findings", "records_with_findings_rate")
LEAKING = ("attributable_leaks", "extraction_rate")


@given(
    outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6),
    untried=st.integers(0, 2),
    some=st.sets(st.integers(0, 8)),
    more=st.sets(st.integers(0, 8)),
    metric=st.sampled_from((*COUNTING, *LEAKING)),
    bound=st.sampled_from([0, 0.2, 0.5, 1, 2]),
    unread=st.integers(0, 1),
)
def test_one_waiver_more_never_makes_a_verdict_worse(outcomes, untried, some, more, metric, bound, unread):
    seen = leaking(*outcomes, untried=untried, unread=[bad_line()] * unread)
    stage = "release" if metric in LEAKING else "train"

    def decided(numbers):
        return waiving(seen, *numbered(*numbers), stage=stage, metric=metric, at_most=bound).decision

    assert ORDER.index(decided(some | more)) <= ORDER.index(decided(some)) <= ORDER.index(decided(()))


@given(found=st.integers(0, 5), unread=st.integers(0, 3), records=st.integers(0, 5), bound=st.integers(0, 5))
def test_go_is_given_only_where_everything_was_read_and_the_bound_holds(found, unread, records, bound):
    findings = [finding("API_KEY", f"{i:032x}") for i in range(found)]
    seen = evidence(scanned(*findings, records=records, unread=[bad_line(i + 1) for i in range(unread)]))
    decision = judge(policy("train", metric="findings", at_most=bound), seen, stage="train").decision
    assert (decision == "GO") == (records > 0 and unread == 0 and found <= bound)
