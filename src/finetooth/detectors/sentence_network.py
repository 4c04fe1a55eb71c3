"""spaCy's parser over vectors that are computed in NumPy: the same transitions and trees, in less time.

Of a parser's time a quarter are its transitions, which spaCy makes in C; the rest are the vectors of the tokens and
what each feature makes of them, all matrix products. Here those are computed as
:mod:`finetooth.detectors.token_vectors` does, and spaCy's own loop runs over what they give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from finetooth.detectors.token_vectors import Floats, TokenEncoder, UnsupportedNetworkError

_TOKENS: Final = 4_096
"""So many tokens are parsed at once, in as many documents as that is: each takes 4 KB while it is."""


class SentenceNetwork:
    """A trained parser that listens to a shared encoder, as in spaCy's small pipelines.

    It takes the component over: spaCy's own calls of it would then find no vectors.

    Args:
        tok2vec: the shared encoder.
        parser: the component.

    Raises:
        UnsupportedNetworkError: one of them is of another architecture.
    """

    def __init__(self, tok2vec: Any, parser: Any) -> None:
        from thinc.api import Model  # noqa: PLC0415 - heavy

        try:
            encoder = TokenEncoder(tok2vec.model)
            listener, lower, _ = parser.model.layers
            [linear] = [node for node in listener.walk() if node.name == "linear"]
            if not any(node.name == "tok2vec-listener" for node in listener.walk()):
                raise UnsupportedNetworkError("listener")
            if parser.cfg.get("beam_width", 1) != 1:
                raise UnsupportedNetworkError("search")
        except (AttributeError, IndexError, KeyError, StopIteration, ValueError) as error:
            raise UnsupportedNetworkError(type(error).__name__) from error
        self._parser = parser
        self._weights: Floats = linear.get_param("W").T.copy()
        self._bias: Floats = linear.get_param("b").copy()
        self._vectors: Floats = np.zeros((0, len(self._bias)), np.float32)
        self.encoder = encoder
        dims = {name: lower.get_dim(name) for name in ("nO", "nI", "nF", "nP")}
        params = {name: lower.get_param(name) for name in ("W", "b", "pad")}
        parser.model.layers[0] = Model("vectors_as_given", lambda model, docs, is_train: (self._vectors, None))
        parser.model.layers[1] = Model("precomputable_affine", _precomputed, dims=dims, params=params)

    def mark(self, docs: Sequence[Any], vectors: Floats | None = None) -> None:
        """Parse documents, and so mark where their sentences start.

        Args:
            docs: the documents.
            vectors: what the encoder gives for them, if that is known already.
        """
        if vectors is None:
            vectors = self.encoder.vectors(docs)
        ends = np.cumsum([len(doc) for doc in docs])
        for batch in _batches(docs):
            pieces = [vectors[ends[at] - len(docs[at]) : ends[at]] for at in batch]
            self._vectors = np.concatenate(pieces) @ self._weights
            self._vectors += self._bias
            chosen = [docs[at] for at in batch]
            self._parser.set_annotations(chosen, self._parser.predict(chosen))


def _batches(docs: Sequence[Any]) -> Iterator[list[int]]:
    """Yield the places of documents that are parsed together: of like length, so that all end at about one time."""
    batch: list[int] = []
    tokens = 0
    for at in sorted(range(len(docs)), key=lambda at: len(docs[at])):
        if batch and tokens + len(docs[at]) > _TOKENS:
            yield batch
            batch, tokens = [], 0
        if len(docs[at]):
            batch.append(at)
            tokens += len(docs[at])
    if batch:
        yield batch


def _precomputed(model: Any, vectors: Floats, is_train: bool) -> tuple[Floats, None]:
    """Return what each token adds to the hidden layer as each feature, after what a feature without token adds."""
    features, hidden, pieces, width = model.get_param("W").shape
    added = np.empty((len(vectors) + 1, features * hidden * pieces), np.float32)
    added[0] = model.get_param("pad").reshape(-1)
    np.matmul(vectors, model.get_param("W").reshape(-1, width).T, out=added[1:])
    return added.reshape(-1, features, hidden, pieces), None
