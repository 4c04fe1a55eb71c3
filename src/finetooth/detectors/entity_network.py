"""spaCy's entity recognizer of the small pipelines, computed in NumPy: the same network and entities, in less time.

The transitions of a document follow one another, but hardly any opens an entity: the scores outside of entities are
those of all tokens in one matrix product, and only entities of several tokens are followed step by step. What sentences
there are matters to those alone, so that most texts need not be parsed.

The architecture is `spacy.TransitionBasedParser.v2` with state type ``ner`` over an encoder that
:mod:`finetooth.detectors.token_vectors` knows. A recognizer of another one is refused, and spaCy computes it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from finetooth.detectors.token_vectors import Floats, TokenEncoder, UnsupportedNetworkError, blocks

Flags = NDArray[np.bool_]
Marking = Callable[[Sequence[Any]], None]


class Entity(NamedTuple):
    """One entity of a document."""

    label: str
    """What the model calls it."""
    start: int
    """First token."""
    end: int
    """One past the last."""


class EntityNetwork:
    """A trained recognizer.

    Args:
        ner: the component of a spaCy pipeline.

    Raises:
        UnsupportedNetworkError: it is of another architecture.
    """

    def __init__(self, ner: Any) -> None:
        try:
            self._encoder = TokenEncoder(ner.model.layers[0])
            self._decoder = _Decoder(ner)
        except (AttributeError, IndexError, KeyError, StopIteration, ValueError) as error:
            raise UnsupportedNetworkError(type(error).__name__) from error
        # The matrices are small: a second thread waits longer than it works, and burns a core while it does.
        self._threads = ThreadpoolController()

    def entities(self, docs: Sequence[Any], mark: Marking | None = None) -> list[list[Entity]]:
        """Return the entities of each tokenised document, in order. None crosses a sentence start that is marked.

        Args:
            docs: the documents.
            mark: marks the sentence starts of documents; called once at most, with those to whose entities they matter.
        """
        if not any(len(doc) for doc in docs):
            return [[] for _ in docs]
        with self._threads.limit(limits=1, user_api="blas"):
            vectors = self._encoder.vectors(docs)
            found = self._decoder.entities(docs, vectors)
            several = [at for at, entities in enumerate(found) if any(each.end - each.start > 1 for each in entities)]
            if mark is None or not several:
                return found
            mark([docs[at] for at in several])
            cut = [at for at in several if _crosses(docs[at], found[at])]
            ends = np.cumsum([len(doc) for doc in docs])
            for at in cut:
                [found[at]] = self._decoder.entities([docs[at]], vectors[ends[at] - len(docs[at]) : ends[at]])
        return found


def _crosses(doc: Any, entities: Sequence[Entity]) -> bool:
    starts = np.flatnonzero(doc.to_array("SENT_START") == 1)
    first, last = np.array([each.start for each in entities]), np.array([each.end for each in entities])
    return bool(np.any(np.searchsorted(starts, first, "right") < np.searchsorted(starts, last, "left")))


class _Decoder:
    """From vectors to entities, by the transitions B, I, L, U and O, each the best that is allowed."""

    def __init__(self, ner: Any) -> None:
        lower, upper = ner.model.layers[1], ner.model.layers[2]
        if lower.get_dim("nF") != 3 or lower.get_dim("nP") != 2 or not ner.model.attrs["has_upper"]:  # noqa: PLR2004
            raise UnsupportedNetworkError("state")
        if ner.model.attrs["unseen_classes"] or ner.cfg.get("beam_width", 1) != 1:
            raise UnsupportedNetworkError("search")
        # All first pieces together, then all second ones: what is compared lies in one row then.
        weights = lower.get_param("W").swapaxes(1, 2)  # features, pieces, hidden, width
        self._at_token, self._at_start, self._before = (
            np.ascontiguousarray(feature.reshape(-1, feature.shape[-1]).T) for feature in weights
        )
        padding = lower.get_param("pad")[0].swapaxes(1, 2).reshape(3, -1)
        self._bias = np.ascontiguousarray(lower.get_param("b").T.reshape(-1))
        self._outside = padding[1] + padding[2] + self._bias
        self._upper, self._upper_bias = upper.get_param("W").T.copy(), upper.get_param("b")
        # NOTE: `ner.move_names` leaves one out, which the classes do not.
        moves = [ner.moves.get_class_name(at).partition("-") for at in range(ner.moves.n_moves)]
        if len(moves) != self._upper.shape[1] or {kind for kind, _, _ in moves} != set("BILUO"):
            raise UnsupportedNetworkError("moves")
        self._labels = [label for _, _, label in moves]
        self._in, self._last = (
            {label: at for at, (kind, _, label) in enumerate(moves) if kind == which} for which in "IL"
        )
        # Outside of an entity only these can follow.
        first = [at for at, (kind, _, label) in enumerate(moves) if kind == "O" or (kind in "BU" and label)]
        self._first = np.array(first)
        self._first_upper, self._first_bias = self._upper[:, first].copy(), self._upper_bias[first]
        kinds = np.array([moves[at][0] for at in first])
        self._begin, self._out = kinds == "B", kinds == "O"

    def entities(self, docs: Sequence[Any], vectors: Floats) -> list[list[Entity]]:
        """Return the entities of each document."""
        told = [doc.to_array(["SENT_START", "IS_SPACE"]) for doc in docs]
        lengths = np.array([len(each) for each in told])
        # An entity may go on neither beyond its document nor beyond its sentence.
        ends = np.zeros(len(vectors), np.bool_)
        ends[np.cumsum(lengths)[lengths > 0] - 1] = True
        attributes = np.concatenate(told)
        ends[:-1] |= attributes[1:, 0] == 1
        actions = self._actions(vectors, ends, attributes[:, 1] == 1)
        moves = self._first[actions]
        closed = self._closed(vectors, np.flatnonzero(self._begin[actions]), moves, ends)
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
                    entities.append(Entity(self._labels[moves[token]], token - position, free - position))
                token = next(telling, None)
            found.append(entities)
            position += length
        return found

    def _actions(self, vectors: Floats, ends: Flags, spaces: Flags) -> NDArray[np.intp]:
        """Return the best move at each token outside of an entity, as a place among those that are possible there."""
        actions = np.empty(len(vectors), np.intp)
        for block in blocks(len(vectors)):
            sums = vectors[block] @ self._at_token
            sums += self._outside
            scores = _hidden(sums) @ self._first_upper
            scores += self._first_bias
            scores[np.ix_(ends[block] | spaces[block], self._begin)] = -np.inf
            scores[np.ix_(spaces[block], ~self._out)] = -np.inf
            actions[block] = scores.argmax(axis=1)
        return actions

    def _closed(self, vectors: Floats, begun: NDArray[np.intp], moves: NDArray[np.intp], ends: Flags) -> dict[int, int]:
        """Return where each entity of several tokens ends, by its first token; all are followed at once."""
        labels = [self._labels[move] for move in moves[begun]]
        inside = np.array([self._in[label] for label in labels], np.intp)
        last = np.array([self._last[label] for label in labels], np.intp)
        at_start = vectors[begun] @ self._at_start
        place = begun + 1
        opened = np.arange(len(begun))
        while len(opened):
            here = place[opened]
            sums = vectors[here] @ self._at_token + at_start[opened] + vectors[here - 1] @ self._before + self._bias
            scores = _hidden(sums) @ self._upper + self._upper_bias
            rows = np.arange(len(opened))
            going, ending = scores[rows, inside[opened]], scores[rows, last[opened]]
            # Of equal scores the first class wins.
            goes_on = (going > ending) | ((going == ending) & (inside[opened] < last[opened]))
            opened = opened[goes_on & ~ends[here]]
            place[opened] += 1
        return dict(zip(begun.tolist(), (place + 1).tolist(), strict=True))


def _hidden(sums: Floats) -> Floats:
    half = sums.shape[1] // 2
    return np.maximum(sums[:, :half], sums[:, half:])
