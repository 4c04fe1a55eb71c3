"""Texts as a spaCy pipeline reads them: tokens and named entities, many texts at once.

Where a pipeline's networks are known (:mod:`finetooth.detectors.entity_network`), they are computed in NumPy, and its
parser runs only for texts whose entities depend on sentences; of another pipeline spaCy computes all. `Reader.how` says
which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from finetooth.detectors.entity_network import EntityNetwork, Marking
from finetooth.detectors.readtext import Named, ReadText
from finetooth.detectors.sentence_network import SentenceNetwork
from finetooth.detectors.token_vectors import UnsupportedNetworkError

_NAMING_NOTHING: Final = frozenset({"tok2vec", "tagger", "morphologizer", "attribute_ruler", "lemmatizer"})
"""Components that change neither entities nor sentences."""


class Reader:
    """Reads texts with one pipeline.

    Args:
        nlp: the pipeline; the reader takes its parser over.
        plainly: why spaCy computes all in any case; empty where it need not.
        telling: the labels that anybody wants to know; None for all. Entities of others may end elsewhere than spaCy's.
    """

    def __init__(self, nlp: Any, *, plainly: str = "", telling: Collection[str] | None = None) -> None:
        self.nlp = nlp
        self.names_entities = "ner" in nlp.pipe_names
        self.sentences: SentenceNetwork | None = None
        self._network: EntityNetwork | None = None
        self._mark: Marking | None = None
        self.how = "entities by spaCy"
        if not self.names_entities:
            self.how = "no entities"
            return
        if plainly:
            self.how = f"entities by spaCy ({plainly}: an architecture that is not known)"
            return
        try:
            self._network = EntityNetwork(nlp.get_pipe("ner"), telling)
            self._mark = self._marking()
            self.how = "entities by NumPy"
        except UnsupportedNetworkError as error:
            self._network = None
            self.how = f"entities by spaCy ({error}: an architecture that is not known)"

    def read(self, texts: Sequence[str]) -> list[ReadText | None]:
        """Return each text with its tokens and entities; None where spaCy failed on it."""
        try:
            return list(self._read(texts))
        except Exception:  # noqa: BLE001 - one text must not cost the others of its batch: each once more, alone
            return [self._alone(text) for text in texts]

    def _read(self, texts: Sequence[str]) -> Iterator[ReadText]:
        if not self.names_entities:
            yield from (ReadText(text, self.nlp) for text in texts)
        elif self._network is None:
            for text, doc in zip(texts, self.nlp.pipe(texts, batch_size=len(texts)), strict=True):
                named = [Named(each.label_, each.start_char, each.end_char) for each in doc.ents]
                yield ReadText(text, self.nlp, doc, named)
        else:
            docs = [self.nlp.make_doc(text) for text in texts]
            for text, doc, entities in zip(texts, docs, self._network.entities(docs, self._mark), strict=True):
                named = [Named(label, doc[start].idx, _end(doc[end - 1])) for label, start, end in entities]
                yield ReadText(text, self.nlp, doc, named)

    def _alone(self, text: str) -> ReadText | None:
        try:
            [read] = self._read([text])
        except Exception:  # noqa: BLE001 - told as Undetected by whoever asked
            return None
        return read

    def _marking(self) -> Marking | None:
        """Return what tells the sentence starts that the recognizer sees; None where it sees none."""
        names = self.nlp.pipe_names
        others = [name for name in names if name not in _NAMING_NOTHING and name != "ner"]
        if not others:
            return None
        if others != ["parser"] or self.nlp.get_pipe_meta("parser").factory != "parser":
            raise UnsupportedNetworkError("components")
        if names.index("parser") > names.index("ner"):
            return None
        if "tok2vec" not in names:
            raise UnsupportedNetworkError("parser")
        self.sentences = SentenceNetwork(self.nlp.get_pipe("tok2vec"), self.nlp.get_pipe("parser"))
        return self.sentences.starts


def _end(token: Any) -> int:
    end: int = token.idx + len(token)
    return end
