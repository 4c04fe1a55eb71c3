import pytest

from finetooth.detectors.checks import CHECKS, ssn, vin
from finetooth.detectors.identifier_rules import FILES, compiled, load
from finetooth.detectors.labels import words_of
from finetooth.detectors.rulefiles import shipped
from finetooth.errors import IncompleteError

RULE = {
    "id": "finetooth.badge",
    "name": "Badge",
    "entity_type": "CUSTOMER_ID",
    "pattern": "B{{digits}}",
    "validation": "context",
    "score": 0.8,
    "why": "A test.",
    "reference": "None.",
    "examples": [{"text": "badge B123", "value": "B123"}],
    "negative_examples": [{"text": "badge"}],
}


def rules(**changes):
    return compiled({"definitions": {"digits": "[0-9]{3}"}, "rules": [{**RULE, **changes}]}, "rules.yaml")


def test_a_definition_stands_for_its_pattern():
    (rule,) = rules()
    assert rule.pattern.fullmatch("B123")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"entity_type": "BADGE"}, "entity_type: BADGE is not in the catalogue"),
        ({"pattern": "B("}, "unterminated subpattern"),
        ({"pattern": "{{letters}}"}, "'letters' is not among the definitions"),
        ({"validation": "certain"}, "validation"),
        ({"validation": "checksum"}, "needs a check"),
        ({"check": "luhn"}, "luhn is none of"),
        ({"check": "vin"}, "needs it"),
        ({"colour": "red"}, "colour"),
        ({"score": 1.5}, "score"),
        ({"examples": []}, "examples"),
        ({"examples": [{"text": "badge B123"}]}, "needs a value"),
        ({"examples": [{"text": "badge B123", "value": "B124"}]}, "needs a value"),
    ],
)
def test_a_rule_that_is_not_well_formed_is_named_with_its_place(changes, told):
    with pytest.raises(IncompleteError, match=r"rules\.yaml: rule 1 \(finetooth\.badge\)") as raised:
        rules(**changes)
    assert told in str(raised.value)


def test_two_rules_of_one_id_are_refused():
    with pytest.raises(IncompleteError, match="taken"):
        compiled({"definitions": {"digits": "1"}, "rules": [RULE, RULE]}, "rules.yaml")


@pytest.mark.parametrize("document", [None, [], {}, {"rules": None}, {"rules": ["x"]}, {"rules": [{}]}])
def test_what_is_no_list_of_rules_is_an_error(document):
    with pytest.raises(IncompleteError, match=r"rules\.yaml"):
        compiled(document, "rules.yaml")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(IncompleteError, match=r"missing\.yaml"):
        load(tmp_path / "missing.yaml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_shipped_has_the_form_that_is_not_proven_at_a_start(path):
    assert [rule.text for rule in load(path)] == [rule.text for rule in compiled(shipped(path), str(path))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("regions", "named"), [((), ()), (("US",), ()), (("US", "CH"), ()), (("NO",), ()), (("XX",), ("PL_NIP",))]
)
def test_rules_of_other_countries_are_left_out(path, regions, named):
    wanted = [
        rule.text
        for rule in load(path)
        if not rule.text.regions or {*regions} & {*rule.text.regions} or rule.text.entity_type in named
    ]
    assert [rule.text for rule in load(path, frozenset(regions), frozenset(named))] == wanted


def test_no_repetition_in_a_pattern_is_without_bound():
    for rule in load():
        for pattern in (rule.pattern.pattern, rule.key_pattern.pattern):
            bare = pattern.replace("\\+", "").replace("\\*", "")
            assert "*" not in "".join(part.split("]")[-1] for part in bare.split("[")), rule.text.id
            assert ")+" not in bare, rule.text.id
            assert "]+" not in bare, rule.text.id


def test_every_value_of_a_rule_that_says_so_has_a_digit():
    for rule in load():
        for example in rule.text.examples:
            if rule.text.digits and not example.key:
                assert any(digit in example.value for digit in "0123456789"), rule.text.id


@pytest.mark.parametrize("value", ["1M8GDM9AXKP042788", "11111111111111111"])
def test_check_digits_of_vehicles(value):
    # The first is the worked example of the standard; the second is the one that everybody remembers.
    assert vin(value)
    assert not any(vin(value[:8] + digit + value[9:]) for digit in "0123456789X" if digit != value[8])


def test_a_vin_of_another_length_is_none():
    assert not vin("")
    assert not vin("1M8GDM9AXKP04278")


@pytest.mark.parametrize("value", ["", "12345678", "000123456", "666123456", "912345678", "123004567", "123450000"])
def test_social_security_numbers_that_are_never_issued(value):
    assert not ssn(value)


def test_every_check_says_why():
    assert all(check.why for check in CHECKS.values())


def test_words_of_a_key():
    assert words_of("") == ()
    assert words_of("HTTPServerID2") == ("httpserver", "id2")
