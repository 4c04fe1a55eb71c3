"""Policies: the shipped ones load, and every mistake is named by file, line and path."""

import pytest

from finetooth import policyfile
from finetooth.errors import PolicyError
from finetooth.redaction import FingerprintKey
from finetooth.shardstore import ShardStore

HEAD = "schema: finetooth.policy/v1\nname: test\n"
TRAIN = HEAD + "train:\n  - "


@pytest.mark.parametrize("name", ["secrets-only", "standard", "strict"])
def test_shipped_policies_judge_both_gates(name):
    policy = policyfile.load(name).policy
    assert policy.name == name
    assert policy.train
    assert policy.release


def test_a_policy_of_ones_own_is_loaded_by_path(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text(policyfile.shipped()["strict"].replace("name: strict", "name: ours"), "utf-8")
    assert policyfile.load(str(path)).policy.name == "ours"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "p.yaml:1: a policy is a mapping"),
        ("train: [", "p.yaml:1: not valid YAML"),
        ("name: 2026-02-30", "p.yaml: not valid YAML"),
        (f"train: {'[' * 5000}", "p.yaml: not valid YAML"),
        ("schema: finetooth.policy/v2\nname: x\n", "p.yaml:1: schema:"),
        ("schema: finetooth.policy/v1\n", "p.yaml:1: name: this key is required"),
        (HEAD + "name: again\n", "p.yaml:3: the key 'name' stands twice"),
        (HEAD + "trian: []\n", "p.yaml:3: trian: no such key"),
        (TRAIN + "{id: a, metric: findngs, at_most: 0}\n", "p.yaml:4: train[0].metric:"),
        (TRAIN + "{id: a, metric: findings, where: {tier: blok}, at_most: 0}\n", "train[0].where.tier"),
        (
            HEAD + "train:\n  - {id: a, metric: findings, where: {category: []}, at_most: 0}\n",
            "train[0].where.category",
        ),
        (TRAIN + "{id: a, metric: findings}\n", "p.yaml:4: train[0]: a requirement has exactly one bound"),
        (TRAIN + "{id: a, metric: findings, at_most: 0, upper_bound: 0.9}\n", "sampled rates"),
        (HEAD + "release:\n  - {id: a, metric: extraction_rate, at_most: 0, upper_bound: 1}\n", "between 0 and 1"),
        (
            HEAD + "train:\n  - {id: a, metric: records_unread, at_most: 0, where: {tier: block}}\n",
            "cannot be narrowed",
        ),
        (
            HEAD + "train:\n  - {id: a, metric: findings, at_most: 0, where: {entity_type: EMIAL}}\n",
            "unknown entity type",
        ),
        (
            HEAD + "train:\n  - {id: a, metric: findings, at_most: 0}\n  - {id: a, metric: findings, at_most: 1}\n",
            "p.yaml:5: train[1]: the id 'a' stands twice",
        ),
        (HEAD + "detect: {secrets: false, identifiers: false}\n", "p.yaml:3: detect: no detector is left"),
        (
            HEAD + "release:\n"
            "  - {id: a, metric: attributable_leaks, where: {entity_type: EMAIL_SIGNATURE}, at_most: 0}\n",
            "name the types of its parts",
        ),
        (
            HEAD + "detect: {secrets: false}\ntrain:\n"
            "  - {id: a, metric: findings, where: {category: credential}, at_most: 0}\n",
            "nothing looks for them",
        ),
    ],
)
def test_mistakes_are_named(text, message):
    with pytest.raises(PolicyError) as error:
        policyfile.parse(text, "p.yaml")
    assert message in str(error.value)


def test_a_policy_that_does_not_exist_names_the_shipped_ones():
    with pytest.raises(PolicyError, match="secrets-only, standard, strict"):
        policyfile.load("standrad")


def test_an_entity_type_of_ones_own_is_made_known_under_detect():
    text = HEAD + (
        "detect: {entities: {BADGE_NUMBER: {severity: high}}}\n"
        "train:\n  - {id: a, metric: findings, where: {entity_type: BADGE_NUMBER}, at_most: 0}\n"
    )
    assert policyfile.parse(text, "p.yaml").policy.train[0].where.entity_type == ("BADGE_NUMBER",)


@pytest.mark.parametrize(
    ("detect", "asked"),
    [
        ("{}", set()),
        ("{regions: [US]}", set()),  # as it is where nothing is said
        ("{regions: [US, DE, GB]}", {"DE_PLZ", "UK_NHS"}),
        ("{entities: {US_SSN: {tier: review}}}", set()),
        ("{entities: {US_SSN: {enabled: true}}}", {"US_SSN"}),
        ("{regions: [DE], entities: {DE_PLZ: {enabled: false}}}", set()),
    ],
)
def test_what_a_policy_asks_for(detect, asked):
    told = policyfile.parse(f"schema: finetooth.policy/v1\nname: x\ndetect: {detect}\n", "x.yaml").policy.detect
    types = ("US_SSN", "DE_PLZ", "UK_NHS", "IP_ADDRESS", "PERSON")
    assert {name for name in types if told.asks_for(name)} == asked


@pytest.mark.parametrize(
    ("ner", "models"),
    [
        ("null", ()),
        ("spacy:a", ("spacy:a",)),
        ("[spacy:a, 'transformers:models/b']", ("spacy:a", "transformers:models/b")),
    ],
)
def test_one_model_or_several_may_name_entities(ner, models):
    text = f"schema: finetooth.policy/v1\nname: x\ndetect: {{ner: {ner}}}\n"
    assert policyfile.parse(text, "x.yaml").policy.detect.ner_models() == models


def test_no_shipped_policy_lets_a_credential_be_waived():
    assert not any(policyfile.load(name).policy.waivers.credentials for name in policyfile.shipped())


@pytest.mark.parametrize("terms", ["{credential: true}", "{max_days: 0}", "{max_days: many}", "true"])
def test_terms_for_waivers_that_make_no_sense_are_refused(terms):
    with pytest.raises(PolicyError, match=r"x\.yaml:3: waivers"):
        policyfile.parse(f"schema: finetooth.policy/v1\nname: x\nwaivers: {terms}\n", "x.yaml")


class ValidatedError(Exception):
    pass


@pytest.fixture
def kept(tmp_path):
    """Return a function that gives the store of one key and one version of the code."""
    return lambda key="a", code="1": ShardStore(tmp_path / "shards", FingerprintKey(key.encode() * 32).mac, code)


@pytest.fixture
def refusing(monkeypatch):
    """From here on, nothing can be validated."""

    def start():
        def refuse(*_):
            raise ValidatedError

        monkeypatch.setattr(policyfile, "_validated", refuse)

    return start


def test_what_was_validated_is_not_validated_again(kept, refusing):
    first = policyfile.load("standard", kept())
    refusing()
    assert policyfile.load("standard", kept()) == first
    for other in (kept(key="b"), kept(code="2"), None):
        with pytest.raises(ValidatedError):
            policyfile.load("standard", other)
    with pytest.raises(ValidatedError):
        policyfile.load("strict", kept())


def test_a_policy_that_somebody_else_has_put_there_is_not_believed(kept, refusing, tmp_path):
    policyfile.load("standard", kept())
    (entry,) = (tmp_path / "shards").glob("??/*")
    sealed = entry.read_bytes()
    lax = sealed[:64] + sealed[64:].replace(b'"at_most": 0.0', b'"at_most": 9.0')
    assert lax != sealed
    entry.write_bytes(lax)
    refusing()
    with pytest.raises(ValidatedError):
        policyfile.load("standard", kept())


def test_what_is_refused_is_refused_again_and_a_lost_file_is_told_with_its_line(kept, tmp_path):
    with pytest.raises(PolicyError):
        policyfile.parse("schema: finetooth.policy/v1", "p.yaml", tmp_path, kept())
    with pytest.raises(PolicyError):
        policyfile.parse("schema: finetooth.policy/v1", "p.yaml", tmp_path, kept())
    (tmp_path / "allowed.txt").write_text("value\n")
    text = "schema: finetooth.policy/v1\nname: a\ndetect:\n  allow: allowed.txt\n"
    first = policyfile.parse(text, "p.yaml", tmp_path, kept())
    assert policyfile.parse(text, "p.yaml", tmp_path, kept()) == first
    (tmp_path / "allowed.txt").write_text("another\n")
    assert policyfile.parse(text, "p.yaml", tmp_path, kept()).sha256 != first.sha256
    (tmp_path / "allowed.txt").unlink()
    with pytest.raises(PolicyError, match=r"p\.yaml:4: detect\.allow"):
        policyfile.parse(text, "p.yaml", tmp_path, kept())
