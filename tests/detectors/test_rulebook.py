"""Every rule can be read, is proven, and stands in the documentation as it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from finetooth.detectors import rulebook
from finetooth.detectors.identifier_rules import Example
from finetooth.entities import ENTITY_TYPES
from finetooth.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_made_from_the_rules():
    assert PAGE.read_text("utf-8") == rulebook.page(), "run: make rules"


def test_ids_are_unique_and_every_type_is_known():
    ids = [rule.id for rule in rulebook.entries()]
    assert len(ids) == len(set(ids))
    assert {rule.entity_type for rule in rulebook.entries()} <= set(ENTITY_TYPES)


def test_every_example_holds():
    assert list(rulebook.failures(rulebook.entries())) == []


def test_an_example_that_does_not_hold_is_told():
    rule = rulebook.entry("finetooth.po-box")
    wrong = replace(
        rule,
        examples=(Example(text="a box", value="a box"), Example(text="my po box 812", value="box 812")),
        negative_examples=(Example(text="po box 812"),),
    )
    told = list(rulebook.failures([wrong, replace(rule, entity_type="PERSON")]))
    assert ["does not find" in told[0], "another span" in told[1], "negative" in told[2]] == [True] * 3
    assert "finds STREET_ADDRESS" in told[3]


def test_an_unknown_rule_is_told_with_those_near_it():
    with pytest.raises(InputError, match=r"finetooth\.po-box"):
        rulebook.entry("finetooth.box")


@pytest.mark.parametrize("rule", rulebook.entries(), ids=lambda rule: rule.id)
def test_an_explanation_has_everything(rule):
    told = rulebook.explained(rule)
    assert rule.why in told
    assert rule.entity_type in told
    for example in (*rule.examples, *rule.negative_examples):
        assert example.text.replace("\n", "\\n") in told
