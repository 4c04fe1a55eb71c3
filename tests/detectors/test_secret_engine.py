"""Kingfisher's rules in steps find what they find at once."""

import json
import random
import re
import re._constants as op
import re._parser as parser
import warnings
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from finetooth.detectors import secret_engine
from finetooth.detectors.cachefolder import cache_folder
from finetooth.detectors.secret_engine import RULES, AtOnce, InSteps

SAMPLES = Path(__file__).parents[2] / "sample_data"
POSIX = {"alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "digit": "0-9", "space": " ", "punct": "!-/", "xdigit": "0-9a-f"}
WORDS = [chr(point) for point in range(0x21, 0x7F) if chr(point).isalnum()]
GITHUB = "gh" + "p_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"


@pytest.fixture(scope="module")
def at_once():
    return AtOnce(cache_folder("kingfisher"))


@pytest.fixture
def in_steps():
    return InSteps(cache_folder("kingfisher"))


def told(answer):
    assert not isinstance(answer, Exception)
    return {
        (each.rule_id, each.secret, each.visible, each.confidence, each.is_base64_encoded, str(each.location))
        for each in answer
    }


def matching(pattern, chance):
    """Return a text that a pattern of Kingfisher's matches, as far as Python reads it alike."""
    pattern = re.sub(r"\[:(\w+):\]", lambda found: POSIX[found[1]], pattern.replace(r"\z", r"\Z"))
    verbose = re.search(r"\(\?[a-z]*x", pattern) is not None
    pattern = re.sub(r"\(\?[a-z-]+(:|\))", lambda found: "(?:" if found[1] == ":" else "", pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        items = parser.parse(pattern, re.VERBOSE if verbose else 0)
    return "".join(made(*item, chance) for item in items)


def made(code, argument, chance):
    if code is op.LITERAL:
        return chr(argument)
    if code is op.IN:
        return chance.choice(members(argument) or ["-"])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        least, most, inner = argument
        return "".join(
            made(*each, chance) for _ in range(chance.randint(least, min(most, least + 3))) for each in inner
        )
    if code is op.SUBPATTERN:
        return "".join(made(*each, chance) for each in argument[-1])
    if code is op.BRANCH:
        return "".join(made(*each, chance) for each in chance.choice(argument[1]))
    return "" if code is op.AT else "x"


def members(argument):
    allowed = [chr(point) for point in range(0x20, 0x7F)]
    negated = argument[0][0] is op.NEGATE
    kept = [
        character
        for character in allowed
        if any(
            (code is op.LITERAL and ord(character) == value)
            or (code is op.RANGE and value[0] <= ord(character) <= value[1])
            or (code is op.CATEGORY and fits(value, character))
            for code, value in argument
        )
        != negated
    ]
    return [each for each in kept if each in WORDS] or kept


def fits(category, character):
    kinds = {op.CATEGORY_DIGIT: character.isdigit(), op.CATEGORY_SPACE: character.isspace()}
    return kinds.get(category, character.isalnum() or character == "_")


@pytest.fixture(scope="module")
def texts(at_once):
    """Return texts that every rule matches, by itself, near others, and in base64; chats; and our rules' examples."""
    chance = random.Random(7)
    rules = [at_once._rules.detail(each["id"]) for each in at_once._rules.metadata()]
    alone = [f"it is\n{matching(rule['pattern'], chance)}\nsaid she" for rule in rules for _ in range(3)]
    needing = {each["rule_id"]: rule for rule in rules for each in rule["depends_on_rule"]}
    pairs = [
        f"{matching(rule['pattern'], chance)}\n{matching(needing[rule['id']]['pattern'], chance)}\n"
        for rule in rules
        if rule["id"] in needing
        for _ in range(3)
    ]
    hidden = [b64encode(text.encode()).decode() for text in alone[::5] if text.isascii()]
    chats = (SAMPLES / "support_chat.jsonl").read_text("utf-8").splitlines()
    ours = yaml.safe_load(RULES.read_text("utf-8"))["rules"]
    examples = [text for rule in ours for text in (*rule.get("examples", ()), *rule.get("negative_examples", ()))]
    return [text.encode() for text in (*alone, *pairs, *hidden, *chats, *examples, "", "\0a\0b", "Ünï 日本 \u212aey")]


def test_the_same_is_found(at_once, in_steps, texts):
    whole = [told(answer) for answer in at_once.scan(texts)]
    rules = {each[0] for found in whole for each in found}
    assert len(rules) > 300  # most rules match what was made for them, so that most are compared
    assert any(name.startswith("veles.") for name in rules)
    # In one batch, and one by one, as the rules come to be wanted.
    assert [told(answer) for answer in in_steps.scan(texts)] == whole
    step_by_step = InSteps(cache_folder("kingfisher"))
    assert [told(*step_by_step.scan([text])) for text in texts[::7]] == whole[::7]


def test_what_no_pattern_matches_loads_nothing_more(in_steps):
    assert in_steps.scan([b"hello", b"my password is hunter2"])[0] == []
    assert in_steps._judging is None


@pytest.mark.parametrize("text", ["mongodb://foo:bar@example.com/ ", "https://bob:${PASSWORD}@db.acme.io/x "])
def test_a_pattern_that_matches_is_judged_by_its_filter(at_once, in_steps, text):
    uri = "betterleaks.generic-credential-uri"
    assert uri in {each.rule_id for each in in_steps._matching.scan(text.encode())}
    (whole,) = at_once.scan([text.encode()])
    assert uri not in {each.rule_id for each in whole}
    assert [told(answer) for answer in in_steps.scan([text.encode()])] == [told(whole)]


def test_a_rule_that_is_told_and_read_again_says_the_same(at_once, in_steps):
    again = in_steps._catalogue.rules(cache_folder("kingfisher"), whole=frozenset(in_steps._catalogue.names))
    assert len(again) > 400
    for each in again.metadata():
        assert again.detail(each["id"]) == at_once._rules.detail(each["id"])


def sealed(content):
    return sha256(content).hexdigest().encode() + b"\n" + content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a\n{}\n{}",
        b"0\na\n{}\n{}",
        b"\xff",
        sealed(b"a\n{\n{"),
        sealed(b"1\n2\n3\n4"),
        sealed(b"\xff"),
    ],
)
def test_a_damaged_file_costs_no_finding(tmp_path, content):
    folder = cache_folder("kingfisher")
    for file in folder.glob("*.vscdb"):  # the patterns, which take seconds to compile
        (tmp_path / file.name).write_bytes(file.read_bytes())
    engine = InSteps(tmp_path)
    (kept,) = tmp_path.glob("*.catalogue")
    kept.write_bytes(content)
    engine = InSteps(tmp_path)
    assert "betterleaks.github-pat" in {each.rule_id for each in engine.scan([GITHUB.encode()])[0]}


def test_nothing_is_left_in_the_cache_that_tells_what_was_found(in_steps):
    in_steps.scan([GITHUB.encode()])
    assert not [*cache_folder("kingfisher").glob("*.yml")]


def test_without_a_cache_and_with_rules_of_a_users_own_all_is_loaded_at_once(tmp_path, monkeypatch):
    own = tmp_path / "own.yaml"
    own.write_text(json.dumps({"rules": [{"id": "acme.badge", "name": "badge", "pattern": "(acme-[0-9]{6})"}]}))
    assert isinstance(secret_engine.load([own]), AtOnce)
    monkeypatch.setattr(secret_engine, "cache_folder", lambda _: None)
    monkeypatch.setattr(secret_engine, "AtOnce", lambda cache, own: ("at once", cache))
    assert secret_engine.load() == ("at once", None)
