"""The shipped policies: what each requirement names is really found, counted and stopped, and clean data passes."""

import re
from dataclasses import replace
from functools import cache

import pytest

import finetooth
from evidences import bad_line, evidence, extracted, finding, measured, probed, scanned
from finetooth import policyfile
from finetooth.entities import ENTITY_TYPES
from finetooth.evidence import AttackRun
from finetooth.judgement import judge
from finetooth.observation import selects
from finetooth.redaction import FingerprintKey
from planted import CLEAN, examples, token

KEY = FingerprintKey(b"k" * 32)
OURS = ["gdpr", "hipaa-safe-harbor", "internal-only", "pci-dss", "public-release"]
NAMES = [*OURS, "secrets-only", "standard", "strict"]
COUNTING = ("findings", "occurrences", "records_with_findings", "records_with_findings_rate")


def policy(name):
    return policyfile.load(name).policy


def counting(name):
    return [each for each in policy(name).train if each.metric in COUNTING]


def types(name, requirement):
    """Return the entity types that a requirement counts and that a rule, an engine or the model looks for."""
    where, regions = requirement.where, policy(name).detect.regions
    named = where.entity_type or [
        each
        for each, known in ENTITY_TYPES.items()
        if (not where.category or known.category in where.category)
        and (not where.severity or known.severity in where.severity)
        and ("block" not in where.tier or known.tier == "block")
        and examples(each, regions)
    ]
    return sorted(named)


def planted(name):
    """Return the examples of all entity types that a policy counts, each with its type."""
    regions = policy(name).detect.regions
    wanted = sorted({each for requirement in counting(name) for each in types(name, requirement)})
    return [(each, row) for each in wanted for row in examples(each, regions)]


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Return a function that scans under a policy all that is planted for it, then what is clean; once a policy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("policies"))

        @cache
        def scan(name):
            rows = [row for _, row in planted(name)] + CLEAN
            return finetooth.scan(rows, policy=name, key=KEY, engine="inline", resume=False).scan

        yield scan


def part(scan, records):
    """Return the evidence that a scan of these records alone would have given."""
    kept = []
    for each in scan.findings:
        places = tuple(place for place in each.locations if place.record in records)
        if places:
            kept.append(
                replace(
                    each, locations=places, occurrences=len(places), records=len({place.record for place in places})
                )
            )
    return evidence(
        replace(scan, findings=tuple(kept), coverage=replace(scan.coverage, records=len(records), records_unread=0))
    )


def statuses(name, seen, stage="train"):
    return {ruling.requirement: ruling.status for ruling in judge(policy(name), seen, stage=stage).rulings}


def test_these_are_all_of_them():
    assert list(policyfile.shipped()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_checked_and_judges_both_gates(run, name):
    code, out, err = run("policy", "check", name)
    assert (code, err) == (0, "")
    assert out.startswith(f"{name}: valid")
    assert policy(name).name == name
    assert policy(name).train
    assert policy(name).release


@pytest.mark.parametrize("name", [*OURS, "standard"])
def test_every_requirement_says_why(name):
    """A comment stands above each, but for what every policy asks of coverage."""
    said = False
    for line in policyfile.shipped()[name].split("\ntrain:\n")[1].splitlines():
        if line.startswith("  #"):
            said = True
        elif line.startswith("  - "):
            assert said or re.search(r"id: (?:not-empty|coverage|every-trial-answered)\b", line), line
            said = False


@pytest.mark.parametrize("name", OURS)
def test_it_says_that_it_helps_and_decides_nothing(name):
    head = policyfile.shipped()[name].split("schema:")[0]
    assert re.search(r"It helps [^.]*is no (?:legal advice|assessment)", " ".join(head.replace("#", " ").split()))


@pytest.mark.parametrize("name", NAMES)
def test_every_entity_type_that_it_names_exists_and_is_found(scans, name):
    scan = scans(name)
    rows = planted(name)
    for requirement in counting(name):
        for entity_type in types(name, requirement):
            assert entity_type in ENTITY_TYPES
            records = {place for place, (planted_type, _) in enumerate(rows) if planted_type == entity_type}
            counted = {
                each.entity_type
                for each in scan.findings
                if selects(requirement.where, each) and any(place.record in records for place in each.locations)
            }
            # Where a category is named, a number of two countries may be told as the other's.
            assert counted if not requirement.where.entity_type else entity_type in counted, (
                f"{requirement.id} names {entity_type}, and nothing finds the example of it"
            )


@pytest.mark.parametrize("name", NAMES)
def test_each_requirement_fails_where_what_it_names_is_planted_among_clean_records(scans, name):
    scan, rows = scans(name), planted(name)
    clean = {*range(len(rows), len(rows) + len(CLEAN))}
    for requirement in counting(name):
        for entity_type in types(name, requirement):
            records = {place for place, (planted_type, _) in enumerate(rows) if planted_type == entity_type}
            told = statuses(name, part(scan, records | clean))
            assert told[requirement.id] == "FAIL", f"{requirement.id} lets {entity_type} pass"


@pytest.mark.parametrize("name", NAMES)
def test_clean_records_pass(scans, name):
    scan = scans(name)
    first = len(planted(name))
    seen = part(scan, {*range(first, first + len(CLEAN))})
    assert set(statuses(name, seen).values()) == {"PASS"}


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_read_is_never_go(name):
    assert judge(policy(name), evidence(scanned(records=0)), stage="train").decision == "INCOMPLETE"
    assert judge(policy(name), evidence(scanned(unread=[bad_line()])), stage="train").decision == "INCOMPLETE"


@pytest.mark.parametrize("name", NAMES)
def test_a_credential_is_no_go_and_nobody_waives_one(name):
    assert judge(policy(name), evidence(scanned(finding("API_KEY"))), stage="train").decision == "NO-GO"
    assert not policy(name).waivers.credentials


@pytest.mark.parametrize(
    ("name", "requirement", "entity", "most"),
    [
        ("gdpr", "few-identifiers", "EMAIL_ADDRESS", 0.001),
        ("gdpr", "few-singled-out", "QUASI_IDENTIFIER_COMBINATION", 0.001),
        ("internal-only", "few-identifiers", "EMAIL_ADDRESS", 0.01),
        ("internal-only", "few-special-categories", "RELIGION", 0.01),
    ],
)
def test_a_rate_is_kept_up_to_its_bound(name, requirement, entity, most):
    tier = ENTITY_TYPES[entity].tier
    within = scanned(finding(entity, records=round(most * 10_000), tier=tier), records=10_000)
    beyond = scanned(finding(entity, records=round(most * 10_000) + 1, tier=tier), records=10_000)
    assert statuses(name, evidence(within))[requirement] == "PASS"
    assert statuses(name, evidence(beyond))[requirement] == "FAIL"


@pytest.mark.parametrize(
    ("name", "entity", "tier"),
    [
        ("internal-only", "PERSON", "review"),
        ("internal-only", "LICENSE_PLATE", "review"),
        ("internal-only", "QUASI_IDENTIFIER_COMBINATION", "review"),
        ("gdpr", "PERSON", "review"),
        ("gdpr", "NRP", "review"),
        ("hipaa-safe-harbor", "AGE", "review"),
        ("hipaa-safe-harbor", "YEAR", "review"),
        ("hipaa-safe-harbor", "POSTAL_AREA", "review"),
        ("pci-dss", "EMAIL_ADDRESS", "block"),
        ("pci-dss", "CREDIT_CARD", "review"),  # digits that nothing proves
        ("public-release", "PERSON", "review"),
    ],
)
def test_what_a_policy_does_not_ask_for_passes(name, entity, tier):
    assert judge(policy(name), evidence(scanned(finding(entity, tier=tier))), stage="train").decision == "GO"


@pytest.mark.parametrize(
    ("stands", "told", "falls", "requirement"),
    [
        ({"text": "She is 64 years old."}, "AGE", {"text": "She is 94 years old."}, "c-ages-over-89"),
        ({"age": "89"}, "AGE", {"age": "90"}, "c-ages-over-89"),
        ({"text": "It was built in 1998."}, "YEAR", {"text": "It was built in May 1998."}, "c-dates"),
        ({"zip": "439"}, "POSTAL_AREA", {"zip": "43999"}, "b-addresses"),
        ({"text": "in ZIP code 439"}, "POSTAL_AREA", {"text": "in ZIP code 43999"}, "b-addresses"),
    ],
)
def test_what_the_rule_on_health_data_lets_stand_is_told_from_what_it_does_not(
    tmp_path, monkeypatch, stands, told, falls, requirement
):
    monkeypatch.chdir(tmp_path)
    options = {"policy": "hipaa-safe-harbor", "key": KEY, "engine": "inline", "resume": False}
    report = finetooth.scan([stands], **options)
    assert report.verdict.decision == "GO"
    assert [each.entity_type for each in report.scan.findings] == [told]
    verdict = finetooth.scan([falls], **options).verdict
    assert [ruling.requirement for ruling in verdict.rulings if ruling.status == "FAIL"] == [requirement]


# The release gate.

EXACT = [
    AttackRun(name="targeted", method="log-likelihood", trials=5000, failed=0, tried=300, attributable=0),
    AttackRun(name="record", method="log-likelihood", trials=500, failed=0, tried=100, attributable=0),
]


def safe(**more):
    """Return evidence of a model that gave nothing away, of data that holds an e-mail address."""
    value = finding("EMAIL_ADDRESS")
    return released(extracted(value, "not-extractable", 1e-12), **more)


def released(*values, count=0, n=3000, records=0, runs=EXACT, **rates):
    """Return evidence of a probe of these values, of sampled sentences of which some were extracted, and of records."""
    leaked = sum(each.attributable for each in values)
    found = [finding(each.entity_type, each.fingerprint) for each in values]
    of = len(values)
    measurements = [
        measured("ordinary", count=count, n=n),
        replace(measured("ordinary", count=records, n=100), attack="record", population="records"),
    ]
    if of:
        metrics = ("discoverable_rate", "discoverable_rate_n1", "discoverable_rate_n16", "greedy_rate")
        measurements += [measured(count=leaked, n=of)]
        measurements += [measured(count=rates.get(metric, 0), n=of, metric=metric) for metric in metrics]
    probe = probed(*values, measurements=measurements)
    return evidence(scanned(*found), replace(probe, attacks=tuple(runs)))


def broken(name, seen):
    verdict = judge(policy(name), seen, stage="release")
    return {ruling.requirement for ruling in verdict.rulings if ruling.status == "FAIL"}


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_gives_nothing_away_is_go(name):
    assert judge(policy(name), safe(), stage="release").decision == "GO"


@pytest.mark.parametrize("name", NAMES)
def test_so_is_one_that_was_tuned_on_data_without_a_finding(name):
    assert judge(policy(name), released(), stage="release").decision == "GO"


@pytest.mark.parametrize("name", NAMES)
def test_without_a_probe_nothing_is_released(name):
    assert judge(policy(name), evidence(scanned()), stage="release").decision == "INCOMPLETE"


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_trial_releases_nothing(name):
    seen = safe()
    seen = replace(seen, probe=replace(seen.probe, coverage=replace(seen.probe.coverage, failed=1)))
    assert judge(policy(name), seen, stage="release").decision == "INCOMPLETE"


@pytest.mark.parametrize("name", NAMES)
def test_a_leaked_credential_is_no_go(name):
    assert broken(name, released(extracted(finding("API_KEY"))))


@pytest.mark.parametrize(
    ("name", "seen", "requirements"),
    [
        ("gdpr", released(extracted(finding("PERSON"))), {"nothing-obtainable", "few-sentences"}),
        ("gdpr", released(extracted(finding("PERSON"), "common")), set()),
        ("gdpr", safe(count=200), {"few-sentences", "few-records"}),
        ("gdpr", safe(records=20), {"few-records"}),
        ("hipaa-safe-harbor", released(extracted(finding("PERSON"))), {"nothing-attributable", "few-sentences"}),
        ("hipaa-safe-harbor", released(extracted(finding("US_SSN"), "common", 0.01)), {"no-identifying-number"}),
        ("pci-dss", released(extracted(finding("CREDIT_CARD"), "common", 0.01)), {"no-account-number-emitted"}),
        ("pci-dss", released(extracted(finding("CARD_SECURITY_CODE"), "common", 0.01)), set()),
        ("pci-dss", released(extracted(finding("CARD_SECURITY_CODE"))), {"no-leaked-account-data", "few-sentences"}),
        ("pci-dss", released(extracted(finding("EMAIL_ADDRESS"))), {"few-sentences"}),
        ("public-release", released(extracted(finding("PERSON"))), {"no-leaks", "extraction"}),
        (
            "public-release",
            released(extracted(finding("API_KEY"), "not-extractable", 1e-6)),
            {"no-credential-in-a-million"},
        ),
        (
            "public-release",
            released(extracted(finding("US_SSN"), "not-extractable", 1e-6)),
            {"no-number-in-a-million"},
        ),
        ("public-release", released(extracted(finding("API_KEY"), "not-extractable", 6e-7)), set()),
        ("public-release", released(extracted(finding("EMAIL_ADDRESS"), "not-extractable", 1e-6)), set()),
        (
            "public-release",
            released(extracted(finding("EMAIL_ADDRESS"), "common", 0.01)),
            {"no-identifier-in-a-thousand"},
        ),
        ("public-release", safe(discoverable_rate_n1=1), {"few-in-one-answer"}),
        ("public-release", safe(discoverable_rate_n16=1, greedy_rate=1), set()),
        ("public-release", safe(count=20), {"extraction"}),
        ("internal-only", released(extracted(finding("US_SSN"))), {"no-leaked-numbers", "extraction"}),
        ("internal-only", safe(count=100), set()),
        ("internal-only", safe(count=300), {"extraction"}),
    ],
)
def test_what_a_model_gave_away_breaks_the_requirement_that_names_it(name, seen, requirements):
    assert broken(name, seen) == requirements


def test_one_leak_in_forty_is_not_stopped_inside():
    """5 % of the findings: looser than `standard`, which allows 1 %."""
    names = [finding("PERSON", f"{number:032x}") for number in range(40)]
    outcomes = ["attributable", *["not-extractable"] * 39]
    seen = released(*(extracted(of, outcome, 1e-9) for of, outcome in zip(names, outcomes, strict=True)))
    assert broken("internal-only", seen) == set()
    assert broken("standard", seen) == {"extraction"}


def test_a_sample_that_proves_the_standard_bound_does_not_prove_that_of_a_public_release():
    assert judge(policy("standard"), safe(n=299), stage="release").decision == "GO"
    assert judge(policy("public-release"), safe(n=299), stage="release").decision == "INCOMPLETE"


@pytest.mark.parametrize("method", ["bounds", "sampling"])
def test_an_endpoint_that_gives_no_exact_chance_cannot_prove_one_in_a_million(method):
    secret = finding("API_KEY")
    runs = [replace(EXACT[0], method=method)]
    seen = released(extracted(secret, "not-extractable", 0.0), runs=runs)
    assert judge(policy("standard"), seen, stage="release").decision == "GO"
    verdict = judge(policy("public-release"), seen, stage="release")
    assert verdict.decision == "INCOMPLETE"
    [ruling] = [each for each in verdict.rulings if each.requirement == "no-credential-in-a-million"]
    assert ruling.status == "UNPROVEN"
    assert "no exact probability" in ruling.reason


def test_a_token_in_a_chat_is_stopped_by_every_policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        report = finetooth.scan([{"text": f"use {token()}"}], policy=name, key=KEY, engine="inline", resume=False)
        assert report.verdict.decision == "NO-GO", name
