"""Texts as a spaCy pipeline reads them: tokens and named entities, many texts at once.

Where a pipeline's networks are known (:mod:`finetooth.detectors.entity_network`), they are computed in NumPy, and its
parser runs only for texts whose entities depend on sentences; of another pipeline spaCy computes all. `Reader.how` says
which.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors.entity_network import EntityNetwork, Marking
from finetooth.detectors.sentence_network import SentenceNetwork
from finetooth.detectors.stretches import Stretches
from finetooth.detectors.token_vectors import UnsupportedNetworkError

_DIGIT: Final = re.compile(r"\d")

_NAMING_NOTHING: Final = frozenset({"tok2vec", "tagger", "morphologizer", "attribute_ruler", "lemmatizer"})
"""Components that change neither entities nor sentences."""


class Named(NamedTuple):
    """A named entity."""

    label: str
    """What the model calls it."""
    start: int
    """Where it begins, in code points."""
    end: int
    """Where it ends."""


class ReadText:
    """A text, its tokens and its entities."""

    __slots__ = ("_digits", "_doc", "_nlp", "_places", "entities", "keywords", "lemmas", "pieces", "stretches", "text")

    def __init__(self, text: str, nlp: Any, doc: Any = None, entities: Sequence[Named] = ()) -> None:
        """Take what is known; the text is cut into tokens when they are asked for."""
        self.text = text
        self.entities = entities
        self.lemmas: list[str] | None = None
        """Of each token; None until somebody made them."""
        self.keywords: frozenset[str] | None = None
        """What counts as context among the lemmas; None until somebody asked."""
        self.pieces: frozenset[str] | None = None
        """What may count beside them; None until somebody asked."""
        self.stretches = Stretches(text)
        """Where in it patterns can match."""
        self._nlp = nlp
        self._doc = doc
        self._digits: int | None = None
        self._places: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    @property
    def doc(self) -> Any:
        """The tokens, as spaCy has them."""
        if self._doc is None:
            self._doc = self._nlp.make_doc(self.text)
        return self._doc

    @property
    def digits(self) -> int:
        """How many digits the text has, of whatever script."""
        if self._digits is None:
            self._digits = len(_DIGIT.findall(self.text))
        return self._digits

    def token_at(self, position: int) -> int:
        """Return the first token that ends after a position; as many as there are tokens where none does."""
        if self._places is None:
            told = self.doc.to_array(["IDX", "LENGTH"]).astype(np.int64)
            self._places = told[:, 0], told[:, 0] + told[:, 1]
        return int(np.searchsorted(self._places[1], position, "right"))


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
