"""Identifiers of one country: where they are looked for, what proves them, and how strong that proof is."""

import random
import re
import string

import pytest
from detector_contract import DetectorContract
from scipy.stats import binom

from finetooth.detectors.checks import named
from finetooth.detectors.identifier_rules import NATIONAL, load
from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.detectors.tiers import tier
from finetooth.policy import Detect

RULES = load(NATIONAL)
CHECKED = [rule for rule in RULES if rule.text.odds is not None]


@pytest.fixture(scope="module")
def everywhere():
    return IdentifierDetector(Detect(regions=tuple({region for rule in RULES for region in rule.text.regions})))


@pytest.fixture(scope="module")
def polish():
    return IdentifierDetector(Detect(regions=("pl",)))


def told(detector, text, key=None):
    """Return what is found in a text, as {covered text: (entity type, proof)}."""
    (matches,) = detector.detect([text], [key])
    return {match.span.of(text): (match.entity_type, match.validation) for match in matches}


class TestContract(DetectorContract):
    before = "numer PESEL: "
    value = "01020300000"
    entity_type = "PL_PESEL"

    @pytest.fixture
    def detector(self, polish):
        return polish


def test_a_rule_runs_where_the_policy_names_its_country():
    text = "We keep 01020300000 on file."
    assert told(IdentifierDetector(Detect(regions=("PL",))), text) == {"01020300000": ("PL_PESEL", "checksum")}
    assert told(IdentifierDetector(Detect(regions=("US", "DE"))), text) == {}


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("1002000016", None, {}),  # every tenth number passes
        ("1002000016", "nip", {"1002000016": ("PL_NIP", "checksum")}),
        ("1002000016", "companyNIP", {"1002000016": ("PL_NIP", "checksum")}),
        ("NIP 1002000016", None, {"1002000016": ("PL_NIP", "checksum")}),
        ("NIP 1 0 0 2 0 0 0 0 1 6, REGON", None, {"1 0 0 2 0 0 0 0 1 6": ("PL_NIP", "checksum")}),
        ("NIP 10020\n00016", None, {"10020\n00016": ("PL_NIP", "checksum")}),
        ("zapisano 100-200-00-16", None, {"100-200-00-16": ("PL_NIP", "checksum")}),
        ("zapisano 100-200-00-17", None, {}),
        ("1 0 2 0 3 0 0 0 0 0", None, {}),
        ("Paszport: ZS1100200", None, {"ZS1100200": ("PL_PASSPORT", "context")}),
        ("Part ZS1100200", None, {}),
        ("61 1090 1014 0000 0712 1981 2874", None, {"61 1090 1014 0000 0712 1981 2874": ("IBAN_CODE", "checksum")}),
        ("62 1090 1014 0000 0712 1981 2874", None, {}),
    ],
)
def test_what_proves_a_polish_number(polish, text, key, found):
    assert told(polish, text, key) == found


def test_a_number_of_somebody_who_is_not_born_yet_is_another_number(polish):
    check = named("stdnum.pl.pesel")
    assert check.holds("01020300000")  # 1901
    assert not check.holds("01420300008")  # 2101: the check digit holds
    assert not check.holds("01820300006")  # 1801
    assert told(polish, "PESEL 01420300008") == {}


@pytest.mark.parametrize(
    ("region", "text", "value"),
    [
        ("CN", "我的身份证号码是110101190102031009。", "110101190102031009"),
        ("JP", "私のマイナンバーは1002 0030 0402です", "1002 0030 0402"),
        ("TH", "เลขประจำตัวประชาชน 1100200300404", "1100200300404"),
        ("BG", "ЕГН: 0102031004", "0102031004"),
        ("CA", "SIN No. 100 200 302", "100 200 302"),
    ],
)
def test_labels_of_every_script(region, text, value):
    assert value in told(IdentifierDetector(Detect(regions=(region,))), text)


def test_a_bare_number_with_a_weak_check_never_blocks(everywhere):
    draw = random.Random(7)
    numbers = ["".join(draw.choices(string.digits, k=length)) for length in (8, 9, 10, 11) for _ in range(500)]
    blocked = [
        (match.rule, number)
        for number, matches in zip(
            numbers, everywhere.detect([f"see {number} there" for number in numbers]), strict=True
        )
        for match in matches
        if tier(match.entity_type, match.validation) == "block"
    ]
    weak = {rule.text.id for rule in CHECKED if rule.text.odds < 100}
    assert not [rule for rule, _ in blocked if rule in weak]
    # What is left are dates of birth with a check digit, of all countries at once.
    assert len(blocked) < len(numbers) / 20


@pytest.mark.parametrize("rule", CHECKED, ids=lambda rule: rule.text.id)
def test_the_odds_are_what_the_rule_says(rule):
    """Draw random strings of an example's form: as many pass as the rule says, by an exact binomial test."""
    draw = random.Random(7)
    sample = 2_000
    likely = max(_passing(rule, example.value, draw, sample) for example in rule.text.examples)
    odds = rule.text.odds
    # Odds are told in round numbers: up to a third more may pass, and where they are told as small, half as many must.
    assert binom.sf(likely - 1, sample, min(1, 1.34 / odds)) > 1e-4
    if odds < 100:
        assert binom.cdf(likely, sample, 0.66 / odds) > 1e-4


def _passing(rule, value, draw, sample):
    kinds = [string.digits if c.isdigit() else string.ascii_uppercase if c.isupper() else c for c in value]
    drawn = ("".join(draw.choice(kind) for kind in kinds) for _ in range(sample))
    return sum(1 for text in drawn if rule.pattern.fullmatch(text) and rule.holds(text))


def test_a_weak_check_needs_no_word_only_where_the_number_is_written_as_nothing_else_is():
    for rule in CHECKED:
        if rule.text.odds < 50:
            assert rule.labels is not None, rule.text.id
            assert rule.alone is None or not rule.alone.fullmatch("1" * 9), rule.text.id
            for example in rule.text.examples:
                bare = re.sub(r"\W", "", example.value)
                assert rule.alone is None or bare != example.value or not rule.alone.fullmatch(bare), rule.text.id


def test_countries_are_named_one_by_one():
    assert all(re.fullmatch("[A-Z]{2}", region) for rule in RULES for region in rule.text.regions)


def test_no_repetition_in_a_pattern_is_without_bound():
    for rule in RULES:
        bare = re.sub(r"\[[^\]]*\]", "x", rule.pattern.pattern)
        assert not re.search(r"(?<!\\)[*+]", bare), rule.text.id


def test_hostile_digits_take_no_time(everywhere):
    import time

    for run in ("1", "1 ", "1-", "0102030 ", "1.", "A1", "12 34 "):
        began = time.process_time()
        everywhere.detect([(run * 20_000)[:20_000]])
        assert time.process_time() - began < 5, run


@pytest.mark.parametrize(
    "name", ["stdnum", "stdnum.pl", "stdnum.pl.nothing", "stdnum.util", "os", "stdnum.pl.pesel.os"]
)
def test_what_is_no_check_is_none(name):
    assert named(name) is None


def test_a_module_that_stumbles_proves_nothing(monkeypatch):
    from stdnum.cn import ric

    # Some districts are in its table without a county, on which it raises a KeyError of its own.
    monkeypatch.setattr(ric, "get_birth_place", lambda number: {}["county"])
    assert not named("stdnum.cn.ric").holds("110101190102031009")
