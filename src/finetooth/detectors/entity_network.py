"""spaCy's entity recognizer of the small pipelines, computed in NumPy: the same network and entities, in less time.

spaCy computes one document after another and every token anew. Here many texts are computed at once, and what depends
on a word alone is remembered by word: its embedding, and what the first convolution makes of it at each of its three
places. The transitions of a document follow one another, but hardly any opens an entity: the scores outside of entities
are those of all tokens in one matrix product, and only entities of several tokens are followed step by step.

The architecture is `spacy.TransitionBasedParser.v2` with state type ``ner`` over a `spacy.MultiHashEmbed.v2` and a
`spacy.MaxoutWindowEncoder.v2` (https://spacy.io/api/architectures). A recognizer of another one is refused, and spaCy
computes it itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_WORDS: Final = 16_384
"""So many words are remembered, the first that come, at 4 KB each; the others are forgotten after their batch."""

_LAYERS: Final = frozenset(
    {"hashembed", "maxout", "layernorm", "linear", "expand_window", "extract_features", "dropout"}
    | {"list2ragged", "ragged2list", "list2array", "ints-getitem"}
)
"""What the innermost layers of the encoder are called."""


class UnsupportedNetworkError(Exception):
    """The recognizer is of an architecture that is not known here."""


class Entity(NamedTuple):
    """One entity of a document."""

    label: str
    """What the model calls it."""
    start: int
    """First token."""
    end: int
    """One past the last."""


class _Maxout(NamedTuple):
    """A layer of units that each give the greatest of several sums, normed to mean 0 and variance 1 over the units."""

    weights: Floats
    """Inputs × (units × pieces)."""
    bias: Floats
    """Units × pieces."""
    gain: Floats
    """Of each unit, after the norm."""
    shift: Floats
    """Of each unit, after the norm."""

    def of(self, sums: Floats) -> Floats:
        """Return what the units give for weighted sums, rows × (units × pieces), bias and all."""
        pieces = sums.reshape(len(sums), len(self.gain), -1)
        best = np.maximum(pieces[:, :, 0], pieces[:, :, 1])
        for piece in range(2, pieces.shape[2]):
            np.maximum(best, pieces[:, :, piece], out=best)
        best -= best.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", best, best)[:, None] / np.float32(best.shape[1]) + np.float32(1e-8)
        best *= variance ** np.float32(-0.5)
        best *= self.gain
        best += self.shift
        return best


class EntityNetwork:
    """A trained recognizer.

    Args:
        ner: the component of a spaCy pipeline.

    Raises:
        UnsupportedNetworkError: it is of another architecture.
    """

    def __init__(self, ner: Any) -> None:
        try:
            self._encoder = _Encoder(ner.model.layers[0])
            self._decoder = _Decoder(ner)
        except (AttributeError, IndexError, KeyError, StopIteration, ValueError) as error:
            raise UnsupportedNetworkError(type(error).__name__) from error
        # The matrices are small: a second thread waits longer than it works, and burns a core while it does.
        self._threads = ThreadpoolController()

    def entities(self, docs: Sequence[Any]) -> list[list[Entity]]:
        """Return the entities of each tokenised document, in order. None crosses a sentence start that is marked."""
        if not any(len(doc) for doc in docs):
            return [[] for _ in docs]
        with self._threads.limit(limits=1, user_api="blas"):
            return self._decoder.entities(docs, self._encoder.vectors(docs))


class FastRecognizer:
    """A component that takes the recognizer's place in a pipeline."""

    def __init__(self, ner: Any) -> None:
        self._network = EntityNetwork(ner)

    def __call__(self, doc: Any) -> Any:
        """Mark the entities of a document."""
        return next(iter(self.pipe([doc])))

    def pipe(self, stream: Iterable[Any], *, batch_size: int = 64) -> Iterator[Any]:
        """Mark the entities of many documents."""
        from spacy.tokens import Span  # noqa: PLC0415 - heavy

        documents = iter(stream)
        while batch := list(islice(documents, batch_size)):
            for doc, entities in zip(batch, self._network.entities(batch), strict=True):
                doc.set_ents([Span(doc, start, end, label=label) for label, start, end in entities])
                yield doc


class _Encoder:
    """From tokens to vectors."""

    def __init__(self, model: Any) -> None:
        nodes = list(model.walk())
        maxouts, norms = _named(nodes, "maxout"), _named(nodes, "layernorm")
        windows, linears = _named(nodes, "expand_window"), _named(nodes, "linear")
        if any(not node.layers and node.name not in _LAYERS for node in nodes):
            raise UnsupportedNetworkError("layers")
        if len(maxouts) != len(norms) or len(windows) != len(maxouts) - 1 or len(linears) != 1:
            raise UnsupportedNetworkError("encoder")
        if any(window.attrs["window_size"] != 1 for window in windows):
            raise UnsupportedNetworkError("window")
        layers = [
            _Maxout(
                np.ascontiguousarray(maxout.get_param("W").reshape(-1, maxout.get_dim("nI")).T),
                maxout.get_param("b").reshape(-1),
                norm.get_param("G"),
                norm.get_param("b"),
            )
            for maxout, norm in zip(maxouts, norms, strict=True)
        ]
        self._columns = _named(nodes, "extract_features")[0].attrs["columns"]
        self._tables = _named(nodes, "hashembed")
        self._mixed, *self._convolutions = layers
        self._width = len(self._mixed.gain)
        self._reduced = linears[0].get_param("W").T.copy(), linears[0].get_param("b")
        self._rows: dict[int, int] = {}
        self._words = np.zeros((0, self._width), np.float32)
        self._first = np.zeros((0, 3, self._convolutions[0].weights.shape[1]), np.float32)

    def vectors(self, docs: Sequence[Any]) -> Floats:
        """Return a vector for each token of all documents, one document after another."""
        if len(self._rows) > _WORDS:
            self._rows = dict(islice(self._rows.items(), _WORDS))
        # thinc puts as many rows of zeros around each document as there are convolutions; these then see them too.
        between = np.full(len(self._convolutions), -1)
        pieces = [between]
        for doc in docs:
            pieces += (self._rows_of(doc), between)
        rows = np.concatenate(pieces)
        known = rows >= 0
        x = np.where(known[:, None], self._words[rows], np.float32(0))
        layer = self._convolutions[0]
        first = self._first[rows]
        first[~known] = 0
        sums = first[:, 1] + layer.bias
        sums[1:] += first[:-1, 0]
        sums[:-1] += first[1:, 2]
        x += layer.of(sums)
        window = np.zeros((len(x), 3, self._width), np.float32)
        for layer in self._convolutions[1:]:
            window[1:, 0], window[:, 1], window[:-1, 2] = x[:-1], x, x[1:]
            sums = window.reshape(len(x), -1) @ layer.weights
            sums += layer.bias
            x += layer.of(sums)
        weights, bias = self._reduced
        reduced: Floats = x[known] @ weights + bias
        return reduced

    def _rows_of(self, doc: Any) -> NDArray[np.intp]:
        # One spelling has one norm, prefix, suffix and shape.
        words = doc.to_array("ORTH").tolist()
        rows = self._rows
        if not rows.keys() >= set(words):
            new = {word: at for at, word in enumerate(words) if word not in rows}
            self._learn(list(new), doc.to_array(self._columns)[list(new.values())])
        return np.array([rows[word] for word in words], np.intp)

    def _learn(self, words: list[int], features: NDArray[np.uint64]) -> None:
        start, end = len(self._rows), len(self._rows) + len(words)
        if end > len(self._words):
            more = max(end, 2 * len(self._words)) - len(self._words)
            self._words = np.concatenate([self._words, np.zeros((more, *self._words.shape[1:]), np.float32)])
            self._first = np.concatenate([self._first, np.zeros((more, *self._first.shape[1:]), np.float32)])
        embedded = np.concatenate(
            [table.predict(np.ascontiguousarray(features[:, at])) for at, table in enumerate(self._tables)], axis=1
        )
        x = self._mixed.of(embedded @ self._mixed.weights + self._mixed.bias)
        self._words[start:end] = x
        for place in range(3):
            weights = self._convolutions[0].weights[place * self._width : (place + 1) * self._width]
            self._first[start:end, place] = x @ weights
        self._rows.update(zip(words, range(start, end), strict=True))


class _Decoder:
    """From vectors to entities, by the transitions B, I, L, U and O, each the best that is allowed."""

    def __init__(self, ner: Any) -> None:
        lower, upper = ner.model.layers[1], ner.model.layers[2]
        if lower.get_dim("nF") != 3 or lower.get_dim("nP") != 2 or not ner.model.attrs["has_upper"]:  # noqa: PLR2004
            raise UnsupportedNetworkError("state")
        if ner.model.attrs["unseen_classes"] or ner.cfg.get("beam_width", 1) != 1:
            raise UnsupportedNetworkError("search")
        weights = lower.get_param("W")  # features, hidden, pieces, width
        self._at_token, self._at_start, self._before = (
            np.ascontiguousarray(feature.reshape(-1, feature.shape[-1]).T) for feature in weights
        )
        padding = lower.get_param("pad").reshape(3, -1)
        self._bias = lower.get_param("b").reshape(-1)
        self._outside = padding[1] + padding[2] + self._bias
        self._upper, self._upper_bias = upper.get_param("W").T.copy(), upper.get_param("b")
        # NOTE: `ner.move_names` leaves one out, which the classes do not.
        moves = [ner.moves.get_class_name(at).partition("-") for at in range(ner.moves.n_moves)]
        if len(moves) != self._upper.shape[1] or {kind for kind, _, _ in moves} != set("BILUO"):
            raise UnsupportedNetworkError("moves")
        self._labels = [label for _, _, label in moves]
        self._begin, self._unit, self._out = (
            np.array([kind == which and (bool(label) or kind == "O") for kind, _, label in moves]) for which in "BUO"
        )
        self._in, self._last = (
            {label: at for at, (kind, _, label) in enumerate(moves) if kind == which} for which in "IL"
        )

    def entities(self, docs: Sequence[Any], vectors: Floats) -> list[list[Entity]]:
        """Return the entities of each document."""
        lengths = np.array([len(doc) for doc in docs])
        ends = np.zeros(len(vectors), np.bool_)
        ends[np.cumsum(lengths)[lengths > 0] - 1] = True
        spaces = np.concatenate([doc.to_array("IS_SPACE") for doc in docs]).astype(np.bool_)
        # An entity may go on neither beyond its document nor beyond its sentence.
        starts = np.concatenate([doc.to_array("SENT_START") for doc in docs]) == 1
        ends[:-1] |= starts[1:]
        at_token = vectors @ self._at_token
        scores = self._scores(at_token + self._outside)
        scores[:, ~(self._begin | self._unit | self._out)] = -np.inf
        scores[np.ix_(ends | spaces, self._begin)] = -np.inf
        scores[np.ix_(spaces, self._unit)] = -np.inf
        actions = scores.argmax(axis=1)
        closed = self._closed(vectors, at_token, actions, ends)
        found: list[list[Entity]] = []
        telling = iter(np.flatnonzero(~self._out[actions]).tolist())
        token = next(telling, None)
        position = 0
        for length in lengths.tolist():
            entities: list[Entity] = []
            free = position
            while token is not None and token < position + length:
                if token >= free:
                    free = closed.get(token, token + 1)
                    entities.append(Entity(self._labels[actions[token]], token - position, free - position))
                token = next(telling, None)
            found.append(entities)
            position += length
        return found

    def _closed(self, vectors: Floats, at_token: Floats, actions: NDArray[np.intp], ends: Flags) -> dict[int, int]:
        """Return where each entity of several tokens ends, by its first token; all are followed at once."""
        begun = np.flatnonzero(self._begin[actions])
        labels = [self._labels[action] for action in actions[begun]]
        inside = np.array([self._in[label] for label in labels], np.intp)
        last = np.array([self._last[label] for label in labels], np.intp)
        at_start = vectors[begun] @ self._at_start
        place = begun + 1
        opened = np.arange(len(begun))
        while len(opened):
            here = place[opened]
            sums = at_token[here] + at_start[opened] + vectors[here - 1] @ self._before + self._bias
            scores = self._scores(sums)
            rows = np.arange(len(opened))
            going, ending = scores[rows, inside[opened]], scores[rows, last[opened]]
            # Of equal scores the first class wins.
            goes_on = (going > ending) | ((going == ending) & (inside[opened] < last[opened]))
            opened = opened[goes_on & ~ends[here]]
            place[opened] += 1
        return dict(zip(begun.tolist(), (place + 1).tolist(), strict=True))

    def _scores(self, sums: Floats) -> Floats:
        hidden = np.maximum(sums[:, ::2], sums[:, 1::2])
        scores: Floats = hidden @ self._upper + self._upper_bias
        return scores


def _named(nodes: Iterable[Any], name: str) -> list[Any]:
    return [node for node in nodes if node.name == name]
