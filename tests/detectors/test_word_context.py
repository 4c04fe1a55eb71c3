"""The words before a match, which say what it is."""

import json
from pathlib import Path

import pytest
import spacy

from finetooth.detectors.stop_words import stop_words
from finetooth.detectors.word_context import WordContext

SAMPLE = Path(__file__).parents[2] / "sample_data" / "support_chat.jsonl"


@pytest.fixture(scope="module")
def before():
    context = WordContext(stop_words("en"))
    return lambda text: context._before(text, len(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", set()),
        ("My passport is ", {"my", "passport", "is", "i"}),
        ("SSN:", {"ssn"}),
        ("customer_id=", {"customer", "id"}),
        ("driver-licence ", {"driver", "licence"}),
        ("phone\nnumber\n", {"phone", "number"}),
        ("Le numéro ", {"le", "numéro"}),
    ],
)
def test_words_are_whole_and_singular_too(before, text, words):
    assert before(text) == words


def test_five_words_count_and_stop_words_do_not(before):
    assert "account" in before("account one two three four is of the ")
    assert "account" not in before("account red green blue white black ")
    assert "account" in before("account red green blue white ")


def test_what_stands_for_not_is_no_word_of_its_own(before):
    assert "account" in before("account isn't it's I'll red green blue white ")


def test_signs_and_line_breaks_part_words_from_a_match(before):
    assert "account" in before("account - - - : (\n")
    assert "account" not in before("account " + "- " * 13)


def test_words_are_those_that_spacy_makes_of_a_text(before):
    # Where a token ends decides in no text of a chat which words stand before a place in it.
    nlp = spacy.blank("en")
    with SAMPLE.open(encoding="utf-8") as file:
        texts = [turn["content"] for line in file for turn in json.loads(line)["messages"]]
    alike = [
        before(text[: token.idx]) == _by_spacy(before, doc, token.i)
        for text, doc in zip(texts, nlp.pipe(texts), strict=True)
        for token in doc
        if token.i and doc[token.i - 1].whitespace_
    ]
    assert len(alike) > 10_000
    assert sum(alike) / len(alike) > 0.98


def _by_spacy(before, doc, place):
    words, counted = set(), 0
    for token in reversed(doc[max(0, place - 13) : place]):
        parts = before(token.text)
        words |= parts
        counted += bool(parts) and not token.is_stop
        if counted == 5:
            break
    return words


def test_stop_words_are_spacys():
    assert stop_words("en") == spacy.blank("en").Defaults.stop_words
    assert stop_words("fr") == spacy.blank("fr").Defaults.stop_words


@pytest.mark.parametrize("language", ["", "nonsense", "..", "en/../en"])
def test_a_language_that_spacy_does_not_have_has_none(language):
    assert stop_words(language) is None
