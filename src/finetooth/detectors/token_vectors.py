"""spaCy's encoder of the small pipelines, computed in NumPy: from words to vectors that know what stands around them.

spaCy computes one document after another and every token anew. Here many texts are computed at once, and what depends
on a word alone is remembered by word: its embedding, and what the first convolution makes of it at each of its three
places. What is left are matrix products, done in blocks of rows that fit the processor's cache.

The architecture is a `spacy.MultiHashEmbed.v2` and a `spacy.MaxoutWindowEncoder.v2` (https://spacy.io/api/architectures).
An encoder of another one is refused, and spaCy computes it itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors.native_convolutions import Layer, NativeConvolutions

Floats = NDArray[np.float32]

_WORDS: Final = 16_384
"""So many words are remembered, the first that come, at 4 KB each; the others are forgotten after their batch."""

BLOCK: Final = 1_024
"""Rows that are computed at once: at 288 sums of four bytes each they stay in a second-level cache."""

_LAYERS: Final = frozenset(
    {"hashembed", "maxout", "layernorm", "linear", "expand_window", "extract_features", "dropout"}
    | {"list2ragged", "ragged2list", "list2array", "ints-getitem"}
)
"""What the innermost layers of an encoder are called."""

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number without pattern (2^64 over the golden ratio), so that sums of hashes don't meet."""


class UnsupportedNetworkError(Exception):
    """A component is of an architecture that is not known here."""


def blocks(rows: int) -> Iterator[slice]:
    """Yield pieces of so many rows, each as large as is computed at once."""
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


class _Maxout:
    """A layer of units that each give the greatest of several sums, normed to mean 0 and variance 1 over the units."""

    def __init__(self, maxout: Any, norm: Any) -> None:
        weights = maxout.get_param("W")  # units, pieces, inputs
        self.units, self._pieces, inputs = weights.shape
        # All first pieces together, then all second ones: what is compared lies in one row then.
        self.weights: Floats = np.ascontiguousarray(weights.transpose(1, 0, 2).reshape(-1, inputs).T)
        self.bias: Floats = np.ascontiguousarray(maxout.get_param("b").T.reshape(-1))
        self._ones = np.full(self.units, 1 / self.units, np.float32)
        self.gain, self.shift = norm.get_param("G").copy(), norm.get_param("b").copy()

    def of(self, sums: Floats) -> Floats:
        """Return what the units give for weighted sums, rows × (pieces × units), bias and all."""
        best = np.maximum(sums[:, : self.units], sums[:, self.units : 2 * self.units])
        for piece in range(2, self._pieces):
            np.maximum(best, sums[:, piece * self.units : (piece + 1) * self.units], out=best)
        best -= (best @ self._ones)[:, None]
        variance = np.einsum("ij,ij->i", best, best)
        variance /= np.float32(self.units)
        variance += np.float32(1e-8)
        best *= (1 / np.sqrt(variance))[:, None]
        best *= self.gain
        best += self.shift
        return best


class TokenEncoder:
    """A trained encoder.

    `reach` is how many tokens on either side a vector depends on.

    Args:
        model: the layers of a spaCy component that end in it, or in the linear layer that follows it in a recognizer.

    Raises:
        UnsupportedNetworkError: it is of another architecture.
    """

    def __init__(self, model: Any) -> None:
        from spacy.attrs import IDS  # noqa: PLC0415 - heavy

        nodes = list(model.walk())
        maxouts, norms = named(nodes, "maxout"), named(nodes, "layernorm")
        windows, linears = named(nodes, "expand_window"), named(nodes, "linear")
        if any(not node.layers and node.name not in _LAYERS for node in nodes):
            raise UnsupportedNetworkError("layers")
        if len(maxouts) != len(norms) or len(windows) != len(maxouts) - 1 or len(linears) > 1:
            raise UnsupportedNetworkError("encoder")
        if any(window.attrs["window_size"] != 1 for window in windows) or any(
            maxout.get_dim("nP") < 2  # noqa: PLR2004 - a single piece is no maxout
            for maxout in maxouts
        ):
            raise UnsupportedNetworkError("window")
        layers = [_Maxout(maxout, norm) for maxout, norm in zip(maxouts, norms, strict=True)]
        self._columns = named(nodes, "extract_features")[0].attrs["columns"]
        self._tables = named(nodes, "hashembed")
        self._mixed, *self._convolutions = layers
        self.reach = len(self._convolutions)
        self._reduced = (linears[0].get_param("W").T.copy(), linears[0].get_param("b")) if linears else None
        # One spelling has one prefix, suffix and shape, but two norms: "ca" of "can't" is normed to "can".
        telling = ["ORTH", "NORM", *(column for column in ("SPACY",) if column in self._columns)]
        # A part of a document takes numbers only.
        self._columns, self._telling = (
            [IDS[column] if isinstance(column, str) else column for column in columns]
            for columns in (self._columns, telling)
        )
        self._rows: dict[int, int] = {}
        width, sums = self._mixed.units, self._convolutions[0].weights.shape[1]
        # The first row stands for what is around a text: nothing. Rows that nobody has written yet take no memory.
        self._words = np.zeros((1 + _WORDS, width), np.float32)
        self._places = np.zeros((3, 1 + _WORDS, sums), np.float32)
        self._places[1, 0] = self._convolutions[0].bias
        self._native = NativeConvolutions.of(
            [Layer(each.weights, each.bias, each.gain, each.shift) for each in self._convolutions]
        )

    def vectors(self, docs: Sequence[Any]) -> Floats:
        """Return a vector for each token of all documents, one document after another."""
        if len(self._rows) > _WORDS:
            self._rows = dict(islice(self._rows.items(), _WORDS))
        # thinc puts as many rows of zeros around each document as there are convolutions; these then see them too.
        between = np.zeros(len(self._convolutions), np.intp)
        pieces = [between]
        for words in np.split(self._rows_of(docs), np.cumsum([len(doc) for doc in docs])[:-1]):
            pieces += (words, between)
        rows = np.concatenate(pieces)
        x = self._convolved(rows)[rows > 0]
        if self._reduced is None:
            return x
        weights, bias = self._reduced
        reduced: Floats = x @ weights
        reduced += bias
        return reduced

    def _convolved(self, rows: NDArray[np.intp]) -> Floats:
        if self._native is not None:
            convolved = self._native.convolved(rows.astype(np.int64, copy=False), self._words, self._places)
            if convolved is not None:
                return convolved
        x = self._words[rows]
        around = np.pad(rows, 1)
        layer = self._convolutions[0]
        for block in blocks(len(rows)):
            sums = self._places[1][rows[block]]
            sums += self._places[0][around[block]]
            sums += self._places[2][around[block.start + 2 : block.stop + 2]]
            x[block] += layer.of(sums)
        most, width = min(len(rows), BLOCK), x.shape[1]
        seen = np.empty((most, 3, width), np.float32)
        room = np.empty((most, self._convolutions[0].weights.shape[1]), np.float32)
        before = np.zeros((len(x) + 2, width), np.float32)
        for layer in self._convolutions[1:]:
            before[1:-1] = x
            for block in blocks(len(rows)):
                for place in range(3):
                    seen[: block.stop - block.start, place] = before[block.start + place : block.stop + place]
                window = seen[: block.stop - block.start].reshape(block.stop - block.start, -1)
                sums = np.matmul(window, layer.weights, out=room[: len(window)])
                sums += layer.bias
                x[block] += layer.of(sums)
        return x

    def _rows_of(self, docs: Sequence[Any]) -> NDArray[np.intp]:
        told = np.concatenate([doc.to_array(self._telling) for doc in docs]).astype(np.uint64)
        keys = told[:, 0]
        for column in range(1, told.shape[1]):
            keys = keys * _SPREAD + told[:, column]
        words = keys.tolist()
        rows = self._rows
        if not rows.keys() >= set(words):
            new: dict[int, int] = {}
            for at, word in enumerate(words):
                if word not in rows:
                    new.setdefault(word, at)  # its first place, so that they stay in order
            self._learn(list(new), self._features(docs, np.fromiter(new.values(), np.intp, len(new))))
        return np.fromiter(map(rows.__getitem__, words), np.intp, len(words))

    def _features(self, docs: Sequence[Any], places: NDArray[np.intp]) -> NDArray[np.uint64]:
        """Return what the embedding sees of tokens, by their places in all documents, in order."""
        ends = np.cumsum([len(doc) for doc in docs])
        holding = np.searchsorted(ends, places, "right")
        features = [
            docs[at].to_array(self._columns)[places[holding == at] - (ends[at] - len(docs[at]))]
            for at in np.unique(holding).tolist()
        ]
        return np.concatenate(features)

    def _learn(self, words: list[int], features: NDArray[np.uint64]) -> None:
        start, end = len(self._rows) + 1, len(self._rows) + 1 + len(words)
        if end > len(self._words):
            more = max(end, 2 * len(self._words)) - len(self._words)
            self._words = np.pad(self._words, ((0, more), (0, 0)))
            self._places = np.pad(self._places, ((0, 0), (0, more), (0, 0)))
        embedded = np.concatenate(
            [table.predict(np.ascontiguousarray(features[:, at])) for at, table in enumerate(self._tables)], axis=1
        )
        x = self._mixed.of(embedded @ self._mixed.weights + self._mixed.bias)
        self._words[start:end] = x
        layer, width = self._convolutions[0], self._mixed.units
        for place in range(3):
            self._places[place, start:end] = x @ layer.weights[place * width : (place + 1) * width]
        self._places[1, start:end] += layer.bias
        self._rows.update(zip(words, range(start, end), strict=True))


def named(nodes: Iterable[Any], name: str) -> list[Any]:
    """Return the layers of a name."""
    return [node for node in nodes if node.name == name]
