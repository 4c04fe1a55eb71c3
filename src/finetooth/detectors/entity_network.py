"""spaCy's entity recognizer of the small pipelines, computed in NumPy: the same network and entities, in less time.

The transitions of a document follow one another, but hardly any opens an entity: the scores outside of entities are
those of all tokens in one matrix product, and only entities of several tokens are followed step by step. What sentences
there are matters to those alone, so that most texts need not be parsed.

The architecture is `spacy.TransitionBasedParser.v2` with state type ``ner`` over an encoder that
:mod:`finetooth.detectors.token_vectors` knows. A recognizer of another one is refused, and spaCy computes it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from finetooth.detectors.token_vectors import Floats, TokenEncoder, UnsupportedNetworkError, blocks

Flags = NDArray[np.bool_]
Starts = NDArray[np.intp]
Marking = Callable[[Sequence[Any], Sequence[int]], list[Starts]]
"""Returns where sentences start in documents, for each among so many of its tokens at least."""


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
        telling: the labels that anybody wants to know; None for all. Entities of others may cross a sentence start.

    Raises:
        UnsupportedNetworkError: it is of another architecture.
    """

    def __init__(self, ner: Any, telling: Collection[str] | None = None) -> None:
        try:
            self._encoder = TokenEncoder(ner.model.layers[0])
            self._decoder = _Decoder(ner, telling)
        except (AttributeError, IndexError, KeyError, StopIteration, ValueError) as error:
            raise UnsupportedNetworkError(type(error).__name__) from error
        # The matrices are small: a second thread waits longer than it works, and burns a core while it does.
        self._threads = ThreadpoolController()

    def entities(self, docs: Sequence[Any], mark: Marking | None = None) -> list[list[Entity]]:
        """Return the entities of each tokenised document, in order. None crosses the start of a sentence.

        Args:
            docs: the documents, with sentence starts or without.
            mark: asked for the sentence starts of documents without, where entities hang on them, and no further.
        """
        if not any(len(doc) for doc in docs):
            return [[] for _ in docs]
        with self._threads.limit(limits=1, user_api="blas"):
            vectors = self._encoder.vectors(docs)
            found, until = self._decoder.entities(docs, vectors)
            ends = np.cumsum([len(doc) for doc in docs])
            open_ones = [at for at, last in enumerate(until) if last] if mark is not None else []
            while mark is not None and open_ones:
                longer = []
                starts = mark([docs[at] for at in open_ones], [until[at] for at in open_ones])
                for at, begun in zip(open_ones, starts, strict=True):
                    if not _crosses(begun, found[at]):
                        continue
                    own = vectors[ends[at] - len(docs[at]) : ends[at]]
                    [found[at]], [last] = self._decoder.entities([docs[at]], own, begun)
                    # What was cut off may go on behind the tokens of which the sentences are known.
                    if last > until[at]:
                        until[at] = last
                        longer.append(at)
                open_ones = longer
        return found


def _crosses(starts: Starts, entities: Sequence[Entity]) -> bool:
    first, last = np.array([each.start for each in entities]), np.array([each.end for each in entities])
    return bool(np.any(np.searchsorted(starts, first, "right") < np.searchsorted(starts, last, "left")))


class _Decoder:
    """From vectors to entities, by the transitions B, I, L, U and O, each the best that is allowed."""

    def __init__(self, ner: Any, telling: Collection[str] | None) -> None:
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
        self._telling = frozenset(self._labels if telling is None else telling)
        self._told = np.array([moves[at][2] in self._telling for at in first])

    def entities(
        self, docs: Sequence[Any], vectors: Floats, starts: Starts | None = None
    ) -> tuple[list[list[Entity]], list[int]]:
        """Return the entities of each document, and up to which of its tokens its sentences matter to them.

        Args:
            docs: the documents.
            vectors: of all their tokens.
            starts: where sentences start in the only document; None where only that is known which is marked in them.
        """
        told = [doc.to_array(["SENT_START", "IS_SPACE"]) for doc in docs]
        lengths = np.array([len(each) for each in told])
        # An entity may go on neither beyond its document nor beyond its sentence.
        ends = np.zeros(len(vectors), np.bool_)
        ends[np.cumsum(lengths)[lengths > 0] - 1] = True
        attributes = np.concatenate(told)
        ends[:-1] |= attributes[1:, 0] == 1
        if starts is not None:
            ends[starts[starts > 0] - 1] = True
        actions = self._actions(vectors, ends, attributes[:, 1] == 1)
        moves = self._first[actions]
        closed = self._closed(vectors, np.flatnonzero(self._begin[actions]), moves, ends)
        found: list[list[Entity]] = []
        until: list[int] = []
        doubtful = self._doubtful(vectors, closed, moves)
        telling = iter(np.flatnonzero(~self._out[actions]).tolist())
        token = next(telling, None)
        position = 0
        for length in lengths.tolist():
            entities: list[Entity] = []
            free = position
            last = 0
            while token is not None and token < position + length:
                if token >= free:
                    free = closed.get(token, token + 1)
                    entities.append(Entity(self._labels[moves[token]], token - position, free - position))
                    if token in doubtful:
                        last = free - position
                token = next(telling, None)
            found.append(entities)
            until.append(last)
            position += length
        return found, until

    def _doubtful(self, vectors: Floats, closed: dict[int, int], moves: NDArray[np.intp]) -> set[int]:
        """Return the first tokens of entities of several tokens that hang on sentences for whoever asks.

        One with a label that nobody wants to know does not, if all that can begin within it has such a label too, and
        ends with it.
        """
        doubtful = {token for token in closed if self._labels[moves[token]] in self._telling}
        others = [token for token in closed if token not in doubtful]
        if not others:
            return doubtful
        inside = np.concatenate([np.arange(token, closed[token]) for token in others])
        scores = self._first_scores(vectors[inside])
        best = scores.argmax(axis=1)
        scores[:, self._begin] = -np.inf  # so it is before the start of a sentence
        told = self._told[best] | self._told[scores.argmax(axis=1)]
        longest = [
            closed.get(at, at + 1) if begins else at + 1
            for at, begins in zip(inside.tolist(), self._begin[best].tolist(), strict=True)
        ]
        at = 0
        for token in others:
            length = closed[token] - token
            if told[at : at + length].any() or max(longest[at : at + length]) > closed[token]:
                doubtful.add(token)
            at += length
        return doubtful

    def _first_scores(self, vectors: Floats) -> Floats:
        """Return the scores of the moves that are possible outside of an entity."""
        sums = vectors @ self._at_token
        sums += self._outside
        scores: Floats = _hidden(sums) @ self._first_upper
        scores += self._first_bias
        return scores

    def _actions(self, vectors: Floats, ends: Flags, spaces: Flags) -> NDArray[np.intp]:
        """Return the best move at each token outside of an entity, as a place among those that are possible there."""
        actions = np.empty(len(vectors), np.intp)
        for block in blocks(len(vectors)):
            scores = self._first_scores(vectors[block])
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
