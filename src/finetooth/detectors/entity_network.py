"""spaCy's entity recognizer of the small pipelines, computed in NumPy: the same network, the same entities, less time.

What spaCy computes for one document at a time and each token anew is computed for many texts at once, and what depends
on a word alone is remembered by word: its embedding, and what the first convolution makes of it at each of its three
places. The transitions of a document follow one another, but hardly any opens an entity: the scores outside of entities
are those of all tokens in one matrix product, and only entities of several tokens are followed step by step.

The architecture is `spacy.TransitionBasedParser.v2` with state type ``ner`` over a `spacy.MultiHashEmbed.v2` and a
`spacy.MaxoutWindowEncoder.v2` (https://spacy.io/api/architectures). A network of another one is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_WORDS: Final = 200_000
"""So many words are remembered at most: 80 KB each thousand."""

_PAD_FROM_DEPTH = 1


class UnsupportedNetworkError(Exception):
    """The recognizer is of an architecture that is not known here; spaCy computes it itself."""


class Entity(NamedTuple):
    """One entity of a document."""

    label: str
    """What the model calls it."""
    start: int
    """First token."""
    end: int
    """One past the last."""


class _Norm(NamedTuple):
    gain: Floats
    bias: Floats


class EntityNetwork:
    """A trained recognizer.

    Args:
        ner: the pipeline's component.

    Raises:
        UnsupportedNetworkError: it is of another architecture.
    """

    def __init__(self, ner: Any) -> None:
        model = ner.model
        try:
            embed, encode, reduce = _layers(model)
            self._columns = embed.get("columns")
            self._tables = embed["tables"]
            self._mix, self._mix_bias, self._mix_norm = embed["mix"]
            self._convolutions = encode
            lower, upper = model.layers[1], model.layers[2]
            if lower.get_dim("nF") != 3 or not model.attrs["has_upper"] or model.attrs["unseen_classes"]:
                raise UnsupportedNetworkError("state features")
            weights = lower.get_param("W")  # (features, hidden, pieces, width)
            self._features = np.ascontiguousarray(weights.reshape(3, -1, weights.shape[-1]).transpose(0, 2, 1))
            self._pad = lower.get_param("pad").reshape(3, -1)
            self._state_bias = lower.get_param("b").reshape(-1)
            self._pieces = weights.shape[2]
            self._reduce = reduce
            self._upper, self._upper_bias = upper.get_param("W").T.copy(), upper.get_param("b")
        except (KeyError, AttributeError, IndexError, ValueError) as error:
            raise UnsupportedNetworkError(str(type(error).__name__)) from error
        # NOTE: `ner.move_names` leaves one out, which the classes do not.
        names = [ner.moves.get_class_name(at) for at in range(ner.moves.n_moves)]
        moves = [name.partition("-") for name in names]
        classes = self._upper.shape[1]
        self._labels = [label for _, _, label in moves]
        kinds = np.array([kind for kind, _, _ in moves] + ["?"] * (classes - len(moves)))
        if set(kinds) - set("BILUO?"):
            raise UnsupportedNetworkError("moves")
        labelled = np.array([bool(label) for label in self._labels] + [False] * (classes - len(moves)))
        self._begin, self._unit = (kinds == "B") & labelled, (kinds == "U") & labelled
        self._out = kinds == "O"
        # Of each label: where its I and its L stand.
        self._inside = {l: int(np.flatnonzero((kinds[: len(moves)] == "I") & (np.array(self._labels) == l))[0]) for l in set(self._labels) if l}
        self._last = {l: int(np.flatnonzero((kinds[: len(moves)] == "L") & (np.array(self._labels) == l))[0]) for l in set(self._labels) if l}
        self._kinds = kinds
        self._rows: dict[int, int] = {}
        self._words = np.zeros((1024, self._mix_norm.gain.size), np.float32)
        self._first = np.zeros((1024, 3, self._convolutions[0][0].shape[1]), np.float32)

    def entities(self, docs: Sequence[Any], starts: Sequence[NDArray[np.bool_] | None]) -> list[list[Entity]]:
        """Return the entities of each document, in order.

        Args:
            docs: tokenised.
            starts: for each document whether a sentence starts at each token, or None where that is not known and
                entities may cross.
        """
        vectors, offsets = self._vectors(docs)
        return self._decode(docs, vectors, offsets, starts)

    # --- tokens to vectors

    def _vectors(self, docs: Sequence[Any]) -> tuple[Floats, list[int]]:
        pad = len(self._convolutions)
        rows: list[NDArray[np.intp]] = []
        offsets: list[int] = []
        padding = np.full(pad, -1)
        at = pad
        rows.append(padding)
        for doc in docs:
            here = self._rows_of(doc)
            offsets.append(at)
            at += len(here) + pad
            rows += (here, padding)
        all_rows = np.concatenate(rows)
        known = all_rows >= 0
        x = np.where(known[:, None], self._words[all_rows], np.float32(0))
        width = x.shape[1]
        weights, bias, norm = self._convolutions[0]
        first = self._first[all_rows]
        first[~known] = 0
        y = np.empty((len(x), weights.shape[1]), np.float32)
        y[:] = bias
        y[1:] += first[:-1, 0]
        y += first[:, 1]
        y[:-1] += first[1:, 2]
        x += _normed(_maxout(y, width), norm)
        window = np.empty((len(x), 3 * width), np.float32)
        for weights, bias, norm in self._convolutions[1:]:
            window[0, :width] = 0
            window[1:, :width] = x[:-1]
            window[:, width : 2 * width] = x
            window[:-1, 2 * width :] = x[1:]
            window[-1, 2 * width :] = 0
            y = window @ weights
            y += bias
            x += _normed(_maxout(y, width), norm)
        reduce_weights, reduce_bias = self._reduce
        return x @ reduce_weights + reduce_bias, offsets

    def _rows_of(self, doc: Any) -> NDArray[np.intp]:
        keys = doc.to_array(self._columns)
        # A word's own id would do, but two words of one spelling have the same four attributes.
        ids = doc.to_array("ORTH")
        rows = self._rows
        found = [rows.get(key, -1) for key in ids.tolist()]
        if -1 in found:
            if len(rows) > _WORDS:
                rows.clear()
                found = [-1] * len(found)
            new: dict[int, int] = {}
            for at, key in enumerate(ids.tolist()):
                if key not in rows and key not in new:
                    new[key] = at
            self._learn(list(new), keys[list(new.values())])
            found = [rows[key] for key in ids.tolist()]
        return np.array(found, np.intp)

    def _learn(self, words: list[int], keys: NDArray[np.uint64]) -> None:
        start = len(self._rows)
        need = start + len(words)
        if need > len(self._words):
            size = max(need, 2 * len(self._words))
            self._words = np.concatenate([self._words, np.zeros((size - len(self._words), self._words.shape[1]), np.float32)])
            self._first = np.concatenate([self._first, np.zeros((size - len(self._first), *self._first.shape[1:]), np.float32)])
        embedded = np.concatenate([table(np.ascontiguousarray(keys[:, at])) for at, table in enumerate(self._tables)], axis=1)
        x = _normed(_maxout(embedded @ self._mix + self._mix_bias, self._words.shape[1]), self._mix_norm)
        width = x.shape[1]
        weights = self._convolutions[0][0]
        self._words[start:need] = x
        for place in range(3):
            self._first[start:need, place] = x @ weights[place * width : (place + 1) * width]
        for at, word in enumerate(words):
            self._rows[word] = start + at

    # --- vectors to entities

    def _hidden(self, summed: Floats) -> Floats:
        return summed.reshape(len(summed), -1, self._pieces).max(axis=2)

    def _decode(self, docs: Sequence[Any], vectors: Floats, offsets: list[int], starts: Sequence[Any]) -> list[list[Entity]]:
        lengths = [len(doc) for doc in docs]
        if not sum(lengths):
            return [[] for _ in docs]
        tokens = np.concatenate([np.arange(offset, offset + length) for offset, length in zip(offsets, lengths, strict=True)])
        vectors = vectors[tokens]
        ends = np.zeros(len(vectors), bool)
        ends[np.cumsum(lengths)[np.array(lengths) > 0] - 1] = True
        spaces = np.concatenate([doc.to_array("IS_SPACE") for doc in docs]).astype(bool)
        # Whether the next token starts a sentence.
        next_starts = np.zeros(len(vectors), bool)
        position = 0
        for length, start in zip(lengths, starts, strict=True):
            if start is not None and length > 1:
                next_starts[position : position + length - 1] = start[1:]
            position += length
        at_buffer = vectors @ self._features[0]
        outside = at_buffer + (self._pad[1] + self._pad[2] + self._state_bias)
        scores = self._hidden(outside) @ self._upper + self._upper_bias
        low = np.float32(-np.inf)
        scores[:, ~(self._begin | self._unit | self._out)] = low
        blocked = ends | next_starts | spaces
        scores[np.ix_(blocked, self._begin)] = low
        scores[np.ix_(spaces, self._unit)] = low
        actions = scores.argmax(axis=1)
        closing = self._followed(vectors, at_buffer, actions, ends, next_starts)
        found: list[list[Entity]] = []
        position = 0
        telling = np.flatnonzero(~self._out[actions])
        cursor = 0
        for length in lengths:
            entities: list[Entity] = []
            free = position
            while cursor < len(telling) and telling[cursor] < position + length:
                token = int(telling[cursor])
                cursor += 1
                if token < free:
                    continue
                action = int(actions[token])
                end = token + 1 if self._unit[action] else closing[token]
                free = end
                entities.append(Entity(self._labels[action], token - position, end - position))
            found.append(entities)
            position += length
        return found

    def _followed(self, vectors: Floats, at_buffer: Floats, actions: NDArray[np.intp], ends: Any, next_starts: Any) -> dict[int, int]:
        """Return where each entity that begins at a token ends; all are followed at once, a token a round."""
        begun = np.flatnonzero(self._begin[actions])
        closing: dict[int, int] = {}
        if not len(begun):
            return closing
        at_start = vectors[begun] @ self._features[1]
        inside = np.array([self._inside[self._labels[a]] for a in actions[begun]])
        last = np.array([self._last[self._labels[a]] for a in actions[begun]])
        place = begun + 1
        open_ = np.arange(len(begun))
        while len(open_):
            here = place[open_]
            summed = at_buffer[here] + at_start[open_] + vectors[here - 1] @ self._features[2] + self._state_bias
            scores = self._hidden(summed) @ self._upper + self._upper_bias
            rows = np.arange(len(open_))
            i, l = inside[open_], last[open_]
            si, sl = scores[rows, i], scores[rows, l]
            # Of equal scores the first class wins.
            goes_on = ((si > sl) | ((si == sl) & (i < l))) & ~ends[here] & ~next_starts[here]
            for which in open_[~goes_on]:
                closing[int(begun[which])] = int(place[which]) + 1
            open_ = open_[goes_on]
            place[open_] += 1
        return closing


def _maxout(summed: Floats, width: int) -> Floats:
    pieces = summed.reshape(len(summed), width, -1)
    best = np.maximum(pieces[:, :, 0], pieces[:, :, 1])
    for piece in range(2, pieces.shape[2]):
        np.maximum(best, pieces[:, :, piece], out=best)
    return best


def _normed(x: Floats, norm: _Norm) -> Floats:
    mean = x.mean(axis=1, keepdims=True)
    x = x - mean
    variance = np.einsum("ij,ij->i", x, x)[:, None] / x.shape[1] + np.float32(1e-8)
    x *= variance ** np.float32(-0.5)
    x *= norm.gain
    x += norm.bias
    return x


def _layers(model: Any) -> tuple[dict[str, Any], list[Any], Any]:
    """Take the network apart."""
    nodes = list(model.layers[0].walk())
    hash_embeds = [node for node in nodes if node.name == "hashembed"]
    extract = next(node for node in nodes if node.name == "extract_features")
    maxouts = [node for node in nodes if node.name == "maxout"]
    norms = [node for node in nodes if node.name == "layernorm"]
    linears = [node for node in nodes if node.name == "linear"]
    windows = [node for node in nodes if node.name == "expand_window"]
    known = {"hashembed", "maxout", "layernorm", "linear", "expand_window", "extract_features", "dropout", "list2ragged", "ragged2list", "list2array", "ints-getitem"}
    if any(not node.layers and node.name not in known for node in nodes) or len(linears) != 1:
        raise UnsupportedNetworkError("layers")
    if len(maxouts) != len(norms) or len(windows) != len(maxouts) - 1 or any(w.attrs["window_size"] != 1 for w in windows):
        raise UnsupportedNetworkError("encoder")

    def pair(at: int) -> Any:
        weights = maxouts[at].get_param("W")
        return (
            np.ascontiguousarray(weights.reshape(-1, weights.shape[-1]).T),
            maxouts[at].get_param("b").reshape(-1),
            _Norm(norms[at].get_param("G"), norms[at].get_param("b")),
        )

    def table(node: Any) -> Any:
        return lambda ids: node.predict(ids)

    embed = {"columns": extract.attrs["columns"], "tables": [table(node) for node in hash_embeds], "mix": pair(0)}
    return embed, [pair(at) for at in range(1, len(maxouts))], (linears[0].get_param("W").T.copy(), linears[0].get_param("b"))
