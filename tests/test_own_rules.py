"""Rules of a user's own, through the command line and the real engines: what a policy names is what finds."""

import json
import re
import sys
from pathlib import Path

import pytest

from finetooth import policyfile
from finetooth.detectors.allowlist import AllowList
from finetooth.detectors.suite import build
from finetooth.errors import PolicyError
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan as scan_sources
from finetooth.shard import Plan
from finetooth.sources.rows import from_memory

BADGE = "BADGE_NUMBER: {category: direct_identifier, severity: high, tier: block, kind: number}"

RULES = r"""
rules:
  - id: acme.badge-number
    name: Badge number
    entity_type: BADGE_NUMBER
    pattern: '\b AB [0-9]{5} \b'
    validation: structure
    score: 0.9
    why: Two letters and five digits are printed on every badge.
    reference: Nothing public defines it.
    examples: [{text: "badge AB40471 please", value: AB40471}]
    negative_examples: [{text: "badge AB404 please"}]
"""

SECRETS = """
rules:
  - name: Acme deploy token
    id: acme.deploy-token
    pattern: '\\b(acmedeploy_[a-z0-9]{24})\\b'
    examples: ['acmedeploy_q7xc2lmv9trw4kzb8npdh3js']
    negative_examples: ['acmedeploy_short']
"""

SECRETS_TOML = """
title = "ours"
[[rules]]
id = "acme-vault"
description = "Acme vault token"
regex = '''\\bacmevault_[a-z0-9]{24}\\b'''
keywords = ["acmevault_"]
entity_type = "BADGE_NUMBER"
"""

RECOGNIZERS = r"""
recognizers:
  - name: Ward recognizer
    supported_language: en
    supported_entity: BADGE_NUMBER
    patterns: [{name: ward, regex: '\bW-[0-9]{4}\b', score: 0.5}]
    context: [ward]
"""

CODE = """
from presidio_analyzer import EntityRecognizer, RecognizerResult

class Desk(EntityRecognizer):
    def __init__(self):
        super().__init__(supported_entities=["BADGE_NUMBER"], supported_language="en")

    def load(self):
        pass

    def analyze(self, text, entities, nlp_artifacts):
        if "crash" in text:
            raise RuntimeError(text)
        if "outside" in text:
            return [RecognizerResult("BADGE_NUMBER", 0, len(text) + 1, 0.9)]
        start = text.find("desk of Q")
        return [RecognizerResult("BADGE_NUMBER", start + 8, start + 13, 0.9)] if start >= 0 else []

class NoRecognizer:
    pass
"""


@pytest.fixture
def policy(tmp_path):
    """Return a function that writes a policy, and the files that it names, into a folder of their own."""

    def write(detect, entities=BADGE, **files):
        folder = tmp_path / "policies"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text, "utf-8")
        path = folder / "ours.yaml"
        secrets = (
            "true" if "secret" in detect or "identifiers" in detect else "false"
        )  # compiling Kingfisher's rules takes seconds
        path.write_text(
            f"schema: finetooth.policy/v1\nname: ours\ndetect:\n  ner: null\n  secrets: {secrets}\n"
            f"  entities: {{{entities}}}\n  {detect}\n"
            "train:\n  - {id: none, metric: findings, where: {tier: block}, at_most: 0}\n"
        )
        return path

    return write


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package with a recognizer in it, as pip would lay it out."""
    site = tmp_path / "site"
    for folder in ("acme_pii", "acme_pii-1.0.dist-info"):
        (site / folder).mkdir(parents=True)
    (site / "acme_pii" / "__init__.py").write_text("")
    (site / "acme_pii" / "desks.py").write_text(CODE)
    (site / "acme_pii-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-pii\nVersion: 1.0\n")
    (site / "acme_pii-1.0.dist-info" / "RECORD").write_text(
        "acme_pii/__init__.py,,\nacme_pii/desks.py,,\nacme_pii-1.0.dist-info/METADATA,,\n"
    )
    monkeypatch.syspath_prepend(site)
    yield site
    for name in [name for name in sys.modules if name.startswith("acme_pii")]:
        del sys.modules[name]


def scan(run, policy, *texts, folder="out"):
    """Return the exit code, what was said, and the evidence of a scan."""
    Path("train.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    code, out, err = run("scan", "train.jsonl", "--policy", policy, "-o", folder)
    evidence = Path(folder, "evidence.json")
    return code, out + err, json.loads(evidence.read_text())["evidence"]["scan"] if evidence.exists() else None


def scanned(policy, *records):
    """Return the evidence of a scan of rows in memory."""
    detect = policyfile.load(str(policy)).policy.detect
    plan = Plan(tuple(build(detect)), detect, FingerprintKey(b"k" * 32), allow=AllowList(detect))
    return scan_sources(from_memory(list(records)), plan)


def test_an_identifier_rule_finds_and_blocks(run, policy):
    ours = policy("rules: [rules.yaml]", rules__yaml=RULES)
    code, said, seen = scan(run, ours, "the badge is AB40471 today", "AB404")
    [finding] = seen["findings"]
    assert code == 1
    assert (finding["entity_type"], finding["category"], finding["severity"]) == (
        "BADGE_NUMBER", "direct_identifier", "high",
    )  # fmt: skip
    assert (finding["rules"], finding["tier"], finding["preview"]) == (["acme.badge-number"], "block", "•••••••")
    assert "AB40471" not in said + json.dumps(seen)
    assert "own rules" in next(each["version"] for each in seen["detectors"] if each["name"] == "finetooth")


@pytest.mark.parametrize(("name", "text"), [("secrets__yaml", SECRETS), ("secrets__toml", SECRETS_TOML)])
def test_a_kingfisher_rule_finds_and_blocks(run, policy, name, text):
    ours = policy(f"secret_rules: {name.replace('__', '.')}", **{name: text})
    secret = ("acmedeploy_" if "yaml" in name else "acmevault_") + "q7xc2lmv9trw4kzb8npdh3js"
    code, said, seen = scan(run, ours, f"use {secret} there")
    [finding] = seen["findings"]
    assert code == 1
    assert secret not in said + json.dumps(seen)
    told = (finding["entity_type"], finding["category"], *finding["rules"])
    assert told == (
        ("ACCESS_TOKEN", "credential", "acme.deploy-token")
        if "yaml" in name
        else ("BADGE_NUMBER", "direct_identifier", "custom.acme-vault")
    )


def test_a_presidio_recognizer_finds_and_context_proves(run, policy):
    entities = "BADGE_NUMBER: {category: health}"
    ours = policy("recognizers: [wards.yaml]", entities, wards__yaml=RECOGNIZERS)
    code, _, seen = scan(run, ours, "he lies in ward W-1234 now", "see W-4321")
    assert code == 0  # without a tier of the policy's own, a new type is for review
    proofs = {finding["validation"] for finding in seen["findings"]}
    assert proofs == {"context", "none"}
    assert {(*finding["rules"], finding["category"]) for finding in seen["findings"]} == {
        ("presidio.own.ward", "health")
    }


def test_a_class_of_an_installed_package_finds(run, policy, package):
    ours = policy("recognizers: ['acme_pii.desks:Desk']")
    code, _, seen = scan(run, ours, "the desk of Q4711")
    assert code == 1
    assert seen["findings"][0]["rules"] == ["presidio.own.desk"]
    version = next(each["version"] for each in seen["detectors"] if each["name"] == "presidio")
    assert "acme_pii.desks:Desk of acme-pii 1.0 " in version


@pytest.mark.parametrize("text", ["crash Q4711", "outside Q4711"])
def test_a_class_that_fails_leaves_the_text_unread(run, policy, package, text):
    ours = policy("recognizers: ['acme_pii.desks:Desk']")
    _, said, seen = scan(run, ours, text, "the desk of Q4711")
    assert seen["coverage"]["records_unread"] == 1
    assert len(seen["findings"]) == 1
    assert "Q4711" not in said + json.dumps(seen)


def test_a_listed_value_is_always_a_finding(run, policy):
    ours = policy("deny: {BADGE_NUMBER: deny.txt}", deny__txt="# customers\n\nKD-77/b\nAda  Lovelace\n")
    code, said, seen = scan(
        run, ours, "Ask ADA LOVELACE or kd-77/B.", "Adam, KD-77/bc and XKD-77/b are others", "kd-77/b"
    )
    assert code == 1
    assert [finding["occurrences"] for finding in seen["findings"]] == [2, 1]
    assert {finding["rules"][0] for finding in seen["findings"]} == {"deny.badge-number"}
    assert "lovelace" not in (said + json.dumps(seen)).lower()


def test_an_allowed_value_is_no_finding_and_is_counted(run, policy):
    allowed = "# published\nEMAIL_ADDRESS: Help@Acme-Support.com\n4111 1111 1111 1111\n"
    ours = policy("allow: [allow.txt]", allow__txt=allowed)
    code, said, seen = scan(
        run, ours, "mail help@acme-support.com", "card 4111-1111-1111-1111", "help@acme-support.com"
    )
    assert code == 0
    assert seen["findings"] == []
    assert seen["allowed"] == {"CREDIT_CARD": 1, "EMAIL_ADDRESS": 2}
    assert "3 occurrences left out" in said
    assert "EMAIL_ADDRESS 2" in said


def test_a_value_is_allowed_as_the_named_type_alone(policy):
    ours = policy("allow: [allow.txt]", allow__txt="PHONE_NUMBER: help@acme-support.com\n")
    seen = scanned(ours, {"text": "mail help@acme-support.com"})
    assert [finding.entity_type for finding in seen.findings] == ["EMAIL_ADDRESS"]
    assert seen.allowed == {}


def test_what_is_both_listed_and_allowed_stays(policy):
    ours = policy("allow: a.txt\n  deny: {BADGE_NUMBER: d.txt}", a__txt="KD-77\n", d__txt="KD-77\n")
    assert len(scanned(ours, {"text": "KD-77"}).findings) == 1


def test_a_listed_part_and_the_whole_are_both_found(policy):
    ours = policy("deny: {BADGE_NUMBER: d.txt}", d__txt="falconer\nada@falconer.com\n")
    whole = {"text": "mail bob@falconer.com"}
    decoded = {"text": json.dumps({"to": "bob@falconer.com"})}
    for record in (whole, decoded):
        found = scanned(ours, record).findings
        assert {finding.entity_type for finding in found} == {"EMAIL_ADDRESS", "BADGE_NUMBER"}
    [finding] = scanned(ours, {"text": "mail ada@falconer.com"}).findings
    assert finding.entity_type == "BADGE_NUMBER"


def test_a_listed_value_hides_no_credential(policy):
    ours = policy("deny: {BADGE_NUMBER: d.txt}  # beside secrets", d__txt="acme\n")
    seen = scanned(ours, {"text": "postgres://acme:c4tSt-91x@db.acme.test:5432/orders"})
    assert {finding.entity_type for finding in seen.findings} == {"CONNECTION_STRING", "BADGE_NUMBER"}


def test_listed_values_and_own_types_are_masked_in_paths_and_keys(run, policy, tmp_path):
    ours = policy("rules: r.yaml\n  deny: {PERSON: d.txt}", r__yaml=RULES, d__txt="falconer\n")
    path = tmp_path / "AB40471 falconer.jsonl"
    path.write_text(json.dumps({"falconer AB40471": "AB40471"}) + "\n")
    code, said, _ = run("scan", path.name, "--policy", ours, "-o", "out")
    assert code == 1
    written = said + "".join(file.read_text() for file in (tmp_path / "out").iterdir())
    assert "AB40471" not in written
    assert "falconer" not in written


def test_a_kind_decides_what_is_the_same_value(policy):
    rules = RULES.replace("AB [0-9]{5}", "AB [- ]? [0-9]{5}")
    texts = [{"text": "AB40471"}, {"text": "AB-40471"}]
    assert len(scanned(policy("rules: r.yaml", r__yaml=rules), *texts).findings) == 1
    secret = "BADGE_NUMBER: {tier: block}"
    assert len(scanned(policy("rules: r.yaml", secret, r__yaml=rules), *texts).findings) == 2


def test_a_pattern_that_does_not_end_leaves_its_text_unread(policy, monkeypatch):
    from finetooth.detectors import timed

    monkeypatch.setattr(timed.TimedPattern.__init__, "__defaults__", (0.2,))
    endless = RULES.replace(r"\b AB [0-9]{5} \b", r"(?: (?: a | aa )+ )+ $ | AB [0-9]{5}")
    texts = ("1 " + "a" * 60 + "!", "AB40471")
    seen = scanned(policy("rules: r.yaml", r__yaml=endless), *({"text": text} for text in texts))
    assert [unread.record for unread in seen.coverage.unread] == [0]
    assert "time limit" in seen.coverage.unread[0].reason
    assert len(seen.findings) == 1


def test_the_digest_of_a_policy_covers_what_it_names(policy):
    plain = policyfile.load(str(policy("regions: [US]"))).sha256
    first = policyfile.load(str(policy("deny: {BADGE_NUMBER: d.txt}", d__txt="a\n"))).sha256
    second = policyfile.load(str(policy("deny: {BADGE_NUMBER: d.txt}", d__txt="b\n"))).sha256
    assert len({plain, first, second}) == 3


@pytest.mark.parametrize(
    ("detect", "files", "message"),
    [
        ("rules: [no.yaml]", {}, "ours.yaml:7: detect.rules[0]: no.yaml: cannot be read"),
        ("deny: {PERSON: no.txt}", {}, "detect.deny.PERSON[0]: no.txt: cannot be read"),
        ("recognizers: [policies]", {}, "a class is module:Class"),
        ("deny: {PERSNO: d.txt}", {"d__txt": "a\n"}, "unknown entity type PERSNO"),
        ("deny: {PERSON: d.txt}", {"d__txt": "# none\n"}, "d.txt: holds no value"),
        ("allow: a.txt", {"a__txt": "ok\nPERSNO: x\n"}, "a.txt:2: PERSNO is no entity type"),
        ("identifiers: false\n  rules: r.yaml", {"r__yaml": RULES}, "detect.identifiers is false: nothing runs them"),
        ("rules: r.yaml", {"r__yaml": "rules: []"}, "r.yaml: holds no rule"),
        ("rules: r.yaml", {"r__yaml": "rules: ["}, "r.yaml:1: not valid YAML"),
        ("rules: r.yaml", {"r__yaml": RULES + "    name: again\n"}, "r.yaml:13: the key 'name' stands twice"),
        ("rules: r.yaml", {"r__yaml": RULES.replace("acme.", "finetooth.")}, "'finetooth.' is how ours begin"),
        ("rules: r.yaml", {"r__yaml": RULES.replace("_NUMBER", "_NO")}, "BADGE_NO is not known; make it known under"),
        ("rules: r.yaml", {"r__yaml": RULES.replace("{5}", "{5}(")}, "rule 1 (acme.badge-number): missing )"),
        ("rules: r.yaml", {"r__yaml": RULES.replace(r"\b AB [0-9]{5} \b", "[0-9]*")}, "it matches the empty text"),
        (
            "rules: r.yaml",
            {"r__yaml": RULES.replace("why:", "because:")},
            "rule 1 (acme.badge-number): why: Field required",
        ),
        ("rules: [r.yaml, s.yaml]", {"r__yaml": RULES, "s__yaml": RULES}, "s.yaml: rule acme.badge-number: the id is"),
        ("secret_rules: s.yaml", {"s__yaml": SECRETS.replace("24})", "24}")}, "s.yaml: Kingfisher refuses it"),
        ("secret_rules: s.yaml", {"s__yaml": SECRETS.replace("acme.", "betterleaks.")}, "is how ours begin"),
        ("secret_rules: s.yaml", {"s__yaml": SECRETS + SECRETS[7:]}, "the id acme.deploy-token stands twice"),
        ("secret_rules: s.toml", {"s__toml": "[[rules"}, "s.toml: not valid TOML"),
        ("recognizers: w.yaml", {"w__yaml": RECOGNIZERS.replace("{4}", "{4}(")}, "recognizer 1 (Ward recognizer): Val"),
        ("recognizers: w.yaml", {"w__yaml": RECOGNIZERS.replace(" en", " de")}, "is not among detect.languages (en)"),
        ("recognizers: w.yaml", {"w__yaml": RECOGNIZERS.replace("BADGE_NUMBER", "X")}, "unknown entity type X"),
        ("recognizers: w.yaml", {"w__yaml": "recognizers: [UsSsnRecognizer]"}, "a recognizer is a mapping with a name"),
        ("recognizers: [w.yaml, v.yaml]", {"w__yaml": RECOGNIZERS, "v__yaml": RECOGNIZERS}, "the name is taken by"),
        ("recognizers: 'nowhere_at_all:Desk'", {}, "is of no installed package"),
        ("recognizers: 'evidences:finding'", {}, "is of no installed package"),
        ("recognizers: 'acme_pii.desks:Chair'", {}, "has no class Chair"),
        ("recognizers: 'acme_pii.desks:NoRecognizer'", {}, "that is a presidio_analyzer.EntityRecognizer"),
        ("recognizers: 'acme_pii.missing:Desk'", {}, "cannot be imported (ModuleNotFoundError"),
    ],
)
def test_mistakes_are_named_before_the_first_record(run, policy, package, detect, files, message):
    ours = policy(detect, **files)
    code, said, seen = scan(run, ours, "AB40471")
    assert code == 2
    assert message in said
    assert seen is None


def test_a_class_beside_the_policy_is_not_run(run, policy, package, tmp_path, monkeypatch):
    shadow = tmp_path / "shadow" / "acme_pii"
    shadow.mkdir(parents=True)
    (shadow / "__init__.py").write_text("raise SystemExit('this code ran')")
    monkeypatch.syspath_prepend(shadow.parent)
    code, said, _ = scan(run, policy("recognizers: 'acme_pii.desks:Desk'"), "AB40471")
    assert code == 2
    assert "is no file that the package acme-pii installed" in said


def test_own_rules_are_listed_explained_and_proven(run, policy, package):
    ours = policy(
        "rules: r.yaml\n  secret_rules: s.yaml\n  recognizers: [w.yaml, 'acme_pii.desks:Desk']\n"
        "  deny: {BADGE_NUMBER: d.txt}",
        r__yaml=RULES,
        s__yaml=SECRETS,
        w__yaml=RECOGNIZERS,
        d__txt="a\nb\n",
    )
    own = ["acme.badge-number", "acme.deploy-token", "presidio.own.ward", "presidio.own.desk", "deny.badge-number"]
    _, out, _ = run("rules", "list", "--policy", ours)
    assert all(f"{name} " in out for name in ["finetooth.street-address", *own])
    for name in own:
        code, out, _ = run("rules", "explain", name, "--policy", ours)
        assert code == 0
        assert "direct_identifier, high" in out or "ACCESS_TOKEN" in out
    assert "no examples" in out
    code, out, _ = run("rules", "check", "--policy", ours)
    assert code == 0
    assert "not proven, for want of examples: 3 rules (presidio.own.ward, presidio.own.desk, deny.badge-number)" in out


@pytest.mark.parametrize(
    ("old", "new"),
    [("badge AB40471 please", "badge AB40471x AB40471"), ("badge AB404 please", "badge AB40499 please")],
)
def test_an_example_that_does_not_hold_ends_with_2(run, policy, old, new):
    rules = RULES.replace(old, new).replace("AB40471 AB40471", "AB40471")
    ours = policy("rules: r.yaml", r__yaml=rules.replace("badge AB40471x AB40471", "badge AB40471x"))
    code, _, err = run("rules", "check", "--policy", ours)
    assert code == 2
    assert "acme.badge-number" in err


def test_category_and_kind_belong_to_types_of_ones_own(policy):
    with pytest.raises(PolicyError, match=r"detect\.entities\.PERSON\.category: the catalogue says it of PERSON"):
        policyfile.load(str(policy("regions: [US]", "PERSON: {category: health}")))


def test_a_list_alone_may_be_counted_by_category(policy):
    ours = policy("identifiers: false\n  deny: {BADGE_NUMBER: d.txt}", d__txt="a\n")
    ours.write_text(
        ours.read_text()
        .replace("secrets: true", "secrets: false")
        .replace("{tier: block}", "{category: direct_identifier}")
    )
    assert policyfile.load(str(ours)).policy.train[0].where.category == ("direct_identifier",)


def test_the_worked_example_of_the_documentation_works(run, tmp_path):
    page = (Path(__file__).parents[1] / "docs" / "policies.md").read_text("utf-8").partition("## Your own rules")[2]
    files = re.findall(r"```\w+\n# ([\w./]+)\n(.*?)```", page, re.DOTALL)
    assert len(files) == 6
    for name, text in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    code, out, _ = run("rules", "check", "--policy", "acme.yaml")
    assert code == 0
    assert "2 rules (presidio.own.ward, deny.project)" in out
    texts = ["badge AB-40471, ward W-1234", "acmedeploy_q7xc2lmv9trw4kzb8npdh3js", "HALCYON", "help@acme-support.com"]
    code, _, seen = scan(run, "acme.yaml", *texts)
    assert code == 1
    found = {rule for finding in seen["findings"] for rule in finding["rules"]}
    assert found == {"acme.badge-number", "presidio.own.ward", "acme.deploy-token", "deny.project"}
    assert seen["allowed"] == {"EMAIL_ADDRESS": 1}
