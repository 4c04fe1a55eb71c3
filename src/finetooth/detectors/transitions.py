"""The transitions of spaCy's parser: from vectors of tokens to how these hang together.

A document is parsed word by word, each move the best that is allowed after those before it. Here all documents of a
batch move at once: a step of all is a few operations on arrays, and two matrix products.
:mod:`finetooth.detectors.native_transitions` does the same in C, one document after another, where that was built.

The moves are those of `spacy/pipeline/_parser_internals/arc_eager.pyx` (arc-eager with non-monotonic transitions:
Honnibal, Goldberg and Johnson 2013, and Honnibal and Johnson 2015).

Where the stack is empty and no word was put back, nothing that was read before has a say in what follows, but for
the words that hang on the next one. So one can stop there, and what was read is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors.token_vectors import Floats, UnsupportedNetworkError

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

_TOGETHER: Final = 128
"""Documents that move at once, at most: another begins where one ends."""

_MOVES: Final = "SDLRB"
"""What spaCy calls the kinds of moves."""
_SHIFT, _REDUCE, _LEFT, _RIGHT, _BREAK = range(5)
"""The same as numbers: push a word; pop one, or put it back; pop it as a child of the next word; push that as one of
the last; begin a sentence."""


class Asked(NamedTuple):
    """Documents, one after another, and how far each is to be parsed."""

    lengths: Places
    """How many tokens of each are given."""
    until: Places
    """So many at least are to be parsed; all of them, where that is as many."""
    more: Flags
    """Whether the document goes on behind those that are given."""


class Tree(NamedTuple):
    """How the tokens of documents hang together."""

    heads: Places
    """The head of each token; itself where it has none."""
    moves: Places
    """Which move tied it there; one past the last where none did."""
    reached: Places
    """For how many tokens of each document this is final: fewer than were asked where that hung on what was not given.
    A token at that place is the head of any before it that belong to its sentence."""


class Transitions:
    """A trained parser, from the vectors on.

    Args:
        lower: the layer that sums over what stands before the parser.
        upper: the layer that scores the moves.
        names: what spaCy calls them.

    Raises:
        UnsupportedNetworkError: it has other moves.
    """

    def __init__(self, lower: Any, upper: Any, names: Sequence[str]) -> None:
        kinds = [name[0] for name in names]
        plain = [name for name in names if "-" not in name]
        if not set(kinds) <= set(_MOVES) or plain != ["S", "D"] or any(name.endswith("-subtok") for name in names):
            raise UnsupportedNetworkError("moves")
        # All first pieces together, then all second ones: what is compared lies in one row then.
        weights = lower.get_param("W").swapaxes(1, 2)  # features, pieces, hidden, width
        features, pieces, hidden, width = weights.shape
        self.lower: Floats = np.ascontiguousarray(
            weights.reshape(features, pieces * hidden, width).swapaxes(1, 2).reshape(features * width, -1)
        )
        self.nothing: Floats = np.ascontiguousarray(lower.get_param("pad")[0].swapaxes(1, 2).reshape(features, -1))
        self.bias: Floats = np.ascontiguousarray(lower.get_param("b").T.reshape(-1))
        self.upper: Floats = upper.get_param("W").T.copy()
        self.kind = np.array([_MOVES.index(kind) for kind in kinds], np.intp)
        # For each set of allowed kinds of moves, as bits, what is added to the scores: a bias, or what forbids them.
        allowed = (np.arange(1 << len(_MOVES))[:, None] >> self.kind) & 1
        self.allowed: Floats = np.where(allowed, upper.get_param("b"), np.float32(-np.inf)).astype(np.float32)

    def tree(self, vectors: Floats, asked: Asked) -> Tree:  # noqa: PLR0915 - one loop, and its state
        """Return how the tokens of documents hang together."""
        lengths = asked.lengths
        none = len(vectors)  # stands for no token
        words = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
        heads, moves = np.full(none + 1, none), np.full(none + 1, len(self.kind))
        # The stacks and what was put back, as chains; and of each token its last child on either side.
        below, waiting = np.full(none + 1, none), np.full(none + 1, none)
        left, right, sibling = np.full(none + 1, none), np.full(none + 1, none), np.full(none + 1, none)
        starts, put_back = np.zeros(none + 1, np.bool_), np.zeros(none + 1, np.bool_)
        ends = np.cumsum(lengths)
        reached = ends - lengths
        until = reached + asked.until
        queue = np.flatnonzero(lengths)[np.argsort(-lengths[lengths > 0], kind="stable")]
        position = min(_TOGETHER, len(queue))
        which = queue[:position]
        front, end = reached[which], ends[which]
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
            sums = np.take(words, ids, axis=0).reshape(len(ids), -1) @ self.lower
            sums += (ids == none) @ self.nothing
            sums += self.bias
            half = sums.shape[1] // 2
            scores = np.maximum(sums[:, :half], sums[:, half:]) @ self.upper
            rest = end - front + held
            empty, begins = depth == 0, starts[b0]
            may_shift = empty | ((rest > 1) & ~begins & ~put_back[b0])
            may_tie = ~empty & (rest > 0) & ~begins
            may_break = (rest > 1) & (b1 == b0 + 1) & ~starts[b1]
            scores += self.allowed[
                may_shift
                + ~empty * (1 << _REDUCE)
                + may_tie * ((1 << _LEFT) + (1 << _RIGHT))
                + may_break * (1 << _BREAK)
            ]
            move = scores.argmax(axis=1)
            kind = self.kind[move]
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
            free = (depth == 0) & (held == 0)
            reached[which[free]] = front[free]
            going = ~(free & (front >= until[which])) & ~(asked.more[which] & (front + 1 >= end))
            if not going.all():
                new = queue[position : position + len(going) - np.count_nonzero(going)]
                position += len(new)
                which = np.concatenate([which[going], new])
                front = np.concatenate([front[going], (ends - lengths)[new]])
                end = np.concatenate([end[going], ends[new]])
                top, back = (np.concatenate([each[going], np.full(len(new), none)]) for each in (top, back))
                depth, held = (np.concatenate([each[going], np.zeros(len(new), np.intp)]) for each in (depth, held))
        own = np.arange(none)
        return Tree(np.where(heads[:none] == none, own, heads[:none]), moves[:none], reached - (ends - lengths))
