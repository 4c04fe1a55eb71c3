"""The texts that the entity model learns from: each label stands exactly over what its slot put there."""

import random
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "models"))

from ner.annotated import Annotated, Piece
from ner.corpus import KINDS, generated, parts
from ner.fillers import Fillers
from ner.grammar import Grammar, chosen, read_templates
from ner.noise import edited, noisy, recased, spaced
from ner.wordnet import senses

TEMPLATES = read_templates()
SLOT = re.compile(r"\{([A-Za-z][a-z_]*)\d?\}")


@pytest.fixture(scope="module")
def grammar():
    return Grammar(TEMPLATES, Fillers(random.Random(7)))


def named(text):
    return [(text.text[start:end], label) for start, end, label in text.spans]


def test_nothing_says_nothing():
    assert Annotated.of(()) == Annotated("", ())


def test_a_label_stands_over_its_piece():
    text = Annotated.of((Piece("I am "), Piece("Ann", "PERSON"), Piece(" of "), Piece("Bath", "GPE")))
    assert (text.text, named(text)) == ("I am Ann of Bath", [("Ann", "PERSON"), ("Bath", "GPE")])
    assert Annotated.of(parts(text)) == text


@pytest.mark.parametrize("kind", sorted(TEMPLATES))
def test_every_slot_of_every_template_is_labelled_where_it_stands(kind, grammar):
    for template in TEMPLATES[kind]:
        for _ in range(3):
            text = grammar.render(template)
            assert all(value and value == value.strip() for value, _ in named(text)), template
            ends = [0, *(place for start, end, _ in text.spans for place in (start, end))]
            assert ends == sorted(ends), template
            assert not SLOT.search(text.text), template


def test_every_kind_is_made_and_every_slot_has_a_filler(grammar):
    assert set(KINDS) <= set(TEMPLATES)
    slots = {slot for lines in TEMPLATES.values() for line in lines for slot in SLOT.findall(line)}
    assert not [slot for slot in slots - {"p", "full", "first", "last"} if not hasattr(grammar.fillers, slot.lower())]


def test_one_person_keeps_the_name(grammar):
    for _ in range(20):
        text = grammar.render("{full1} said that {first1} is {first1}, and {last1} is {last1}")
        full, first, again, last, once_more = (value for value, _ in named(text))
        assert (first, last) == (again, once_more)
        assert first in full
        assert last in full


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("(a|b)", {"a", "b"}),
        ("f(x)", {"f(x)"}),
        ("x (|y) | z", {"x  | z", "x y | z"}),
        ("((born)|(b|c)) d", {"(born) d", "b d", "c d"}),
        ("(open|", {"(open|"}),
    ],
)
def test_ways_to_say_it(template, said):
    assert {chosen(template, random.Random(seed)) for seed in range(40)} == said


def test_noise_moves_the_labels_with_the_text(grammar):
    rng = random.Random(3)
    for sample in generated(grammar, 300):
        text = sample.annotated
        other = noisy(text, rng, share=1.0)
        assert len(other.spans) <= len(text.spans)
        for start, end, _ in other.spans:
            assert 0 <= start < end <= len(other.text)
        lowered = recased(text, str.lower)
        assert [value.lower() for value, _ in named(text)] == [value.lower() for value, _ in named(lowered)]


def test_text_cut_into_words_keeps_its_labels():
    text = Annotated("@ann_b isn't at Ann's (http://x.org/a)", ((1, 6, "PERSON"), (16, 19, "PERSON")))
    said = set()
    for seed in range(200):
        cut = spaced(text, random.Random(seed))
        assert cut.text.replace(" ", "") == text.text.replace(" ", "")
        assert {label for _, label in named(cut)} == {"PERSON"}
        assert [value.replace(" ", "") for value, _ in named(cut)] == ["ann_b", "Ann"]
        assert all(value == value.strip() for value, _ in named(cut))
        assert "http://x.org/a" in cut.text
        said.add(cut.text)
    assert any("@ ann _ b is n" in each for each in said)
    assert text.text in said


def test_what_an_account_is_called_is_a_name(grammar):
    texts = [grammar.render("@{handle} @{account}") for _ in range(20)]
    assert {tuple(label for _, label in named(text)) for text in texts} == {("PERSON", "ORG")}
    assert all(re.fullmatch(r"@\w+ @\w+", text.text) for text in texts)


def test_a_span_that_vanishes_is_dropped():
    assert edited(Annotated("a. b", ((1, 2, "ORG"), (3, 4, "GPE"))), lambda c: "" if c == "." else c) == Annotated(
        "a b", ((2, 3, "GPE"),)
    )


def test_the_same_seed_makes_the_same_texts():
    first, second = (list(generated(Grammar(TEMPLATES, Fillers(random.Random(5))), 50)) for _ in range(2))
    assert first == second


def test_wordnet_is_read_as_it_is_printed(tmp_path):
    line = (
        '09159546 15 n 01 Fernvale_Springs 0 001 @i 08524735 n 0000 | a city of no state; "we saw Fernvale Springs"  \n'
    )
    (tmp_path / "data.noun").write_text("  1 a licence\n" + line, "utf-8")
    for part in ("verb", "adj", "adv"):
        (tmp_path / f"data.{part}").write_text("", "utf-8")
    (sense,) = senses(tmp_path)
    assert (sense.lemma, sense.label, sense.definition) == ("Fernvale Springs", "GPE", "a city of no state")
    assert (sense.examples, sense.part) == (("we saw Fernvale Springs",), "noun")
