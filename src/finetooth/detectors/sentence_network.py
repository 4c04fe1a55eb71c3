"""spaCy's parser of the small pipelines, computed in NumPy: the same transitions and trees, in less time.

A document is parsed word by word, each move the best that is allowed after those before it. Here all documents of a
batch move at once: a step of all is a few operations on arrays, and two matrix products. A long document that hardly
any other accompanies is left to spaCy's own loop, over the same vectors.

The architecture is `spacy.TransitionBasedParser.v2` with state type ``parser``, which listens to a shared encoder that
:mod:`finetooth.detectors.token_vectors` knows; its moves are those of `spacy/pipeline/_parser_internals/arc_eager.pyx`
(arc-eager with non-monotonic transitions: Honnibal, Goldberg and Johnson 2013, and Honnibal and Johnson 2015). A parser
of another one is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors.token_vectors import Floats, TokenEncoder, UnsupportedNetworkError

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

_TOGETHER: Final = 128
"""Documents that move at once, at most: another begins where one ends."""

_STEP: Final = 200
_EACH: Final = 2
_OWN: Final = 8
"""What a step of all documents costs, what each adds to it, and what a move costs in spaCy's own loop: in microseconds,
measured on one machine. Only their ratios matter, and only for the time."""

_TOKENS: Final = 16_384
"""So many tokens, roughly, are given to spaCy's own loop at once: each takes 4 KB there."""

_FEATURES: Final = 8
_MOVES: Final = "SDLRB"
"""What spaCy calls the kinds of moves."""
_SHIFT, _REDUCE, _LEFT, _RIGHT, _BREAK = range(5)
"""The same as numbers: push a word; pop one, or put it back; pop it as a child of the next word; push that as one of
the last; begin a sentence."""


class SentenceNetwork:
    """A trained parser. It takes the component over: called by itself, that would find no vectors.

    Args:
        tok2vec: the shared encoder.
        parser: the component.

    Raises:
        UnsupportedNetworkError: one of them is of another architecture.
    """

    def __init__(self, tok2vec: Any, parser: Any) -> None:
        try:
            self.encoder = TokenEncoder(tok2vec.model)
            listener, lower, upper = parser.model.layers
            [linear] = [node for node in listener.walk() if node.name == "linear"]
            if not any(node.name == "tok2vec-listener" for node in listener.walk()):
                raise UnsupportedNetworkError("listener")
            if lower.get_dim("nF") != _FEATURES or lower.get_dim("nP") != 2 or not parser.model.attrs["has_upper"]:  # noqa: PLR2004
                raise UnsupportedNetworkError("state")
            if parser.model.attrs["unseen_classes"] or parser.cfg.get("beam_width", 1) != 1:
                raise UnsupportedNetworkError("search")
            names = [parser.moves.get_class_name(at) for at in range(parser.moves.n_moves)]
        except (AttributeError, IndexError, KeyError, StopIteration, ValueError) as error:
            raise UnsupportedNetworkError(type(error).__name__) from error
        self._weights: Floats = linear.get_param("W").T.copy()
        self._bias: Floats = linear.get_param("b").copy()
        self._transitions = _Transitions(lower, upper, names)
        self._own = _OwnLoop(parser)
        strings = parser.vocab.strings
        self._labels = np.array(
            [strings.add(name.partition("-")[2]) for name in names] + [strings.add("ROOT")], "uint64"
        )
        self._lifted = np.array(["||" in name for name in names] + [False])

    def mark(self, docs: Sequence[Any], vectors: Floats | None = None) -> None:
        """Parse documents that have no sentences yet, and so mark where their sentences start.

        Args:
            docs: the documents.
            vectors: what the encoder gives for them, if that is known already.
        """
        if vectors is None:
            vectors = self.encoder.vectors(docs)
        lengths = np.array([len(doc) for doc in docs])
        vectors = vectors @ self._weights
        vectors += self._bias
        pieces = np.split(vectors, np.cumsum(lengths)[:-1])
        few = _few(lengths)
        for group in np.split(few, np.flatnonzero(np.diff(np.cumsum(lengths[few]) // _TOKENS)) + 1):
            if len(group):
                self._own.mark([docs[at] for at in group], np.concatenate([pieces[at] for at in group]))
        together = np.setdiff1d(np.flatnonzero(lengths), few)
        if not len(together):
            return
        tree = self._transitions.tree(np.concatenate([pieces[at] for at in together]), lengths[together])
        ends = np.cumsum(lengths[together])
        for at, start, end in zip(together.tolist(), ends - lengths[together], ends, strict=True):
            self._annotate(docs[at], tree.heads[start:end] - start, tree.moves[start:end])

    def _annotate(self, doc: Any, heads: Places, moves: Places) -> None:
        from spacy import attrs  # noqa: PLC0415 - heavy
        from spacy.pipeline._parser_internals.nonproj import deprojectivize  # noqa: PLC0415 - heavy

        offsets = (heads - np.arange(len(heads))).astype(np.int64).view(np.uint64)
        doc.from_array([attrs.HEAD, attrs.DEP], np.stack([offsets, self._labels[moves]], axis=1))
        if self._lifted[moves].any():
            deprojectivize(doc)


class _Tree(NamedTuple):
    """How the tokens of documents hang together."""

    heads: Places
    """The head of each token; itself where it has none."""
    moves: Places
    """Which move tied it there; one past the last where none did."""


class _Transitions:
    """From vectors to trees."""

    def __init__(self, lower: Any, upper: Any, names: Sequence[str]) -> None:
        kinds = [name[0] for name in names]
        plain = [name for name in names if "-" not in name]
        if not set(kinds) <= set(_MOVES) or plain != ["S", "D"] or any(name.endswith("-subtok") for name in names):
            raise UnsupportedNetworkError("moves")
        # All first pieces together, then all second ones: what is compared lies in one row then.
        weights = lower.get_param("W").swapaxes(1, 2)  # features, pieces, hidden, width
        features, pieces, hidden, width = weights.shape
        self._lower: Floats = np.ascontiguousarray(
            weights.reshape(features, pieces * hidden, width).swapaxes(1, 2).reshape(features * width, -1)
        )
        self._nothing: Floats = np.ascontiguousarray(lower.get_param("pad")[0].swapaxes(1, 2).reshape(features, -1))
        self._bias: Floats = np.ascontiguousarray(lower.get_param("b").T.reshape(-1))
        self._upper = upper.get_param("W").T.copy()
        self._kind = np.array([_MOVES.index(kind) for kind in kinds], np.intp)
        # For each set of allowed kinds of moves, as bits, what is added to the scores: a bias, or what forbids them.
        allowed = (np.arange(1 << len(_MOVES))[:, None] >> self._kind) & 1
        self._added = np.where(allowed, upper.get_param("b"), np.float32(-np.inf)).astype(np.float32)

    def tree(self, vectors: Floats, lengths: Places) -> _Tree:  # noqa: PLR0915 - one loop, and its state
        """Return how the tokens of documents hang together, one document after another."""
        none = len(vectors)  # stands for no token
        words = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
        heads, moves = np.full(none + 1, none), np.full(none + 1, len(self._kind))
        # The stacks and what was put back, as chains; and of each token its last child on either side.
        below, waiting = np.full(none + 1, none), np.full(none + 1, none)
        left, right, sibling = np.full(none + 1, none), np.full(none + 1, none), np.full(none + 1, none)
        starts, put_back = np.zeros(none + 1, np.bool_), np.zeros(none + 1, np.bool_)
        ends = np.cumsum(lengths)
        queue = np.flatnonzero(lengths)[np.argsort(-lengths[lengths > 0], kind="stable")]
        position = min(_TOGETHER, len(queue))
        front, end = (ends - lengths)[queue[:position]], ends[queue[:position]]
        top = np.full(position, none)
        depth, back, held = np.zeros(position, np.intp), top.copy(), np.zeros(position, np.intp)
        while len(front):
            # What stands before the parser: two words of the buffer, three of the stack, and children.
            first = np.where(front < end, front, none)
            second = np.where(front + 1 < end, front + 1, none)
            b0 = np.where(held > 0, back, first)
            b1 = np.where(held == 0, second, np.where(held == 1, first, waiting[back]))
            s1 = below[top]
            ids = np.stack([b0, b1, top, s1, below[s1], left[b0], left[top], right[top]], axis=1)
            sums = np.take(words, ids, axis=0).reshape(len(ids), -1) @ self._lower
            sums += (ids == none) @ self._nothing
            sums += self._bias
            half = sums.shape[1] // 2
            scores = np.maximum(sums[:, :half], sums[:, half:]) @ self._upper
            rest = end - front + held
            empty, begins = depth == 0, starts[b0]
            may_shift = empty | ((rest > 1) & ~begins & ~put_back[b0])
            may_tie = ~empty & (rest > 0) & ~begins
            may_break = (rest > 1) & (b1 == b0 + 1) & ~starts[b1]
            scores += self._added[
                may_shift
                + ~empty * (1 << _REDUCE)
                + may_tie * ((1 << _LEFT) + (1 << _RIGHT))
                + may_break * (1 << _BREAK)
            ]
            move = scores.argmax(axis=1)
            kind = self._kind[move]
            # The moves.
            to_left, to_right = kind == _LEFT, kind == _RIGHT
            pushed, pulled = (kind == _SHIFT) | to_right, (kind == _REDUCE) | to_left
            returned = (kind == _REDUCE) & (heads[top] == none) & (depth > 1)
            if to_left.any():
                child, head = top[to_left], b0[to_left]
                right[heads[child]] = sibling[child]  # where it had a head, it was its last child
                heads[child], moves[child], left[head], put_back[head] = head, move[to_left], child, False
            if to_right.any():
                child, head = b0[to_right], top[to_right]
                heads[child], moves[child], sibling[child], right[head] = head, move[to_right], right[head], child
            starts[b1[kind == _BREAK]] = True
            below[b0[pushed]] = top[pushed]
            drawn = pushed & (held > 0)
            if returned.any():
                word = top[returned]
                put_back[word], waiting[word] = True, back[returned]
            back = np.where(returned, top, np.where(drawn, waiting[back], back))
            held += returned
            held -= drawn
            front = front + (pushed & ~drawn)
            top = np.where(pushed, b0, np.where(pulled, s1, top))
            depth += pushed
            depth -= pulled
            going = (depth > 0) | (front < end) | (held > 0)
            if not going.all():
                new = queue[position : position + len(going) - np.count_nonzero(going)]
                position += len(new)
                front = np.concatenate([front[going], (ends - lengths)[new]])
                end = np.concatenate([end[going], ends[new]])
                top, back = (np.concatenate([each[going], np.full(len(new), none)]) for each in (top, back))
                depth, held = (np.concatenate([each[going], np.zeros(len(new), np.intp)]) for each in (depth, held))
        own = np.arange(none)
        return _Tree(np.where(heads[:none] == none, own, heads[:none]), moves[:none])


class _OwnLoop:
    """spaCy's own transitions, in C, over vectors that are given."""

    def __init__(self, parser: Any) -> None:
        from thinc.api import Model  # noqa: PLC0415 - heavy

        self._parser = parser
        self._vectors: Floats = np.zeros((0, 0), np.float32)
        lower = parser.model.layers[1]
        dims = {name: lower.get_dim(name) for name in ("nO", "nI", "nF", "nP")}
        params = {name: lower.get_param(name) for name in ("W", "b", "pad")}
        parser.model.layers[0] = Model("vectors_as_given", lambda model, docs, is_train: (self._vectors, None))
        parser.model.layers[1] = Model("precomputable_affine", _precomputed, dims=dims, params=params)

    def mark(self, docs: Sequence[Any], vectors: Floats) -> None:
        """Parse documents."""
        self._vectors = vectors
        self._parser.set_annotations(docs, self._parser.predict(docs))


def _precomputed(model: Any, vectors: Floats, is_train: bool) -> tuple[Floats, None]:
    """Return what each token adds to the hidden layer as each feature, after what a feature without token adds."""
    features, hidden, pieces, width = model.get_param("W").shape
    added = np.empty((len(vectors) + 1, features * hidden * pieces), np.float32)
    added[0] = model.get_param("pad").reshape(-1)
    np.matmul(vectors, model.get_param("W").reshape(-1, width).T, out=added[1:])
    return added.reshape(-1, features, hidden, pieces), None


def _few(lengths: Places) -> Places:
    """Return the documents that spaCy's own loop parses sooner: long ones that hardly any other accompanies."""
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    longest = lengths[order]
    own = np.concatenate([[0], np.cumsum(longest)])
    cost = own * _OWN + (own[-1] - own) * _EACH + np.append(longest, 0) * _STEP
    return order[: int(np.argmin(cost))]
