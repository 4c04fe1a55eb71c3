"""The transitions of a parser in C, one document after another: see ``_transitions.c``."""

from __future__ import annotations

import ctypes
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors import native
from finetooth.detectors.token_vectors import Floats
from finetooth.detectors.transitions import Asked, Places, Transitions, Tree

_LARGEST: Final = 256
"""Hidden units, and moves with their padding."""
_HIDDEN, _PADDED = 4, 16
"""What their numbers are multiples of."""
_ROOM: Final = 1024
"""Tokens of which is computed at once what they add to the hidden layer, at 4 KB each."""
_NONE: Final = -1


class _Network(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("nothing", "bias", "upper", "allowed", "kind")),
        *((name, ctypes.c_int64) for name in ("hidden", "moves")),
    )


_OF_TOKENS: Final = ("head", "move", "below", "waiting", "left", "right", "sibling", "starts", "put_back")
_FLAGS: Final = frozenset({"starts", "put_back"})


class _Tokens(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in _OF_TOKENS)


class NativeTransitions:
    """The transitions of a parser, in C.

    Args:
        plain: the same in NumPy.
    """

    def __init__(self, plain: Transitions) -> None:
        self.native: Any = native.loaded()
        features, sums = plain.nothing.shape
        moves = plain.upper.shape[1]
        padding = -moves % _PADDED
        width = len(plain.lower) // features
        weights = plain.lower.reshape(features, width, sums)
        self.lower: Floats = np.ascontiguousarray(weights.swapaxes(0, 1).reshape(width, -1))
        self._moves = moves
        self._held = (
            np.ascontiguousarray(plain.nothing),
            np.ascontiguousarray(plain.bias),
            np.ascontiguousarray(np.pad(plain.upper, ((0, 0), (0, padding)))),
            np.ascontiguousarray(np.pad(plain.allowed, ((0, 0), (0, padding)), constant_values=-np.inf)),
            np.pad(plain.kind, (0, padding)).astype(np.int32),
        )
        self.network = _Network(*(each.ctypes.data for each in self._held), sums // 2, moves + padding)

    @staticmethod
    def fits(plain: Transitions) -> bool:
        """Tell whether the library is there, and takes a network of this size."""
        hidden, moves = plain.upper.shape
        return native.loaded() is not None and hidden % _HIDDEN == 0 and hidden <= _LARGEST >= moves + _PADDED

    def tree(self, vectors: Floats, asked: Asked) -> Tree:
        """Return how the tokens of documents hang together."""
        run = _Run(self, vectors, asked)
        documents, ends = len(asked.lengths), run.ends
        first = 0
        while first < documents:
            last = max(first + 1, int(np.searchsorted(ends, run.begins[first] + _ROOM, "right")))
            if last == first + 1:
                run.alone(first)
            else:
                run.parse(first, last, ends[first:last])
            first = last
        heads, moves = (run.tokens[name].astype(np.intp) for name in ("head", "move"))
        return Tree(
            np.where(heads == _NONE, np.arange(len(heads)), heads),
            np.where(moves == _NONE, self._moves, moves),
            run.reached - (ends - asked.lengths),
        )


class _Run:
    """Documents, and what is known of their tokens."""

    def __init__(self, network: NativeTransitions, vectors: Floats, asked: Asked) -> None:
        self._network, self._vectors, self._asked = network, vectors, asked
        self.ends: Places = np.cumsum(asked.lengths)
        self.begins: Places = self.ends - asked.lengths
        self.reached: NDArray[np.int64] = self.begins.astype(np.int64)
        self._until = self.begins + asked.until
        self.tokens: dict[str, NDArray[Any]] = {
            name: np.zeros(len(vectors), np.uint8) if name in _FLAGS else np.full(len(vectors), _NONE, np.int32)
            for name in _OF_TOKENS
        }
        self._pointers = _Tokens(*(each.ctypes.data for each in self.tokens.values()))

    def parse(self, first: int, last: int, known: Places, *, more: bool = False) -> None:
        """Parse some documents on from where they are, up to tokens that are known."""
        begins = self.reached[first:last].copy()
        # What hangs on the first token from before is seen as well.
        base = int(begins[0])
        if base < len(self._vectors) and (left := int(self.tokens["left"][base])) != _NONE:
            base = left
        added = self._vectors[base : known[-1]] @ self._network.lower
        ends = known.astype(np.int64)
        until = np.minimum(self._until[first:last], ends).astype(np.int64)
        goes_on = np.ascontiguousarray((self._asked.more[first:last] | more).astype(np.uint8))
        reached = np.empty(last - first, np.int64)
        self._network.native.finetooth_transitions(
            ctypes.byref(self._network.network),
            added.ctypes.data,
            base,
            last - first,
            *(each.ctypes.data for each in (begins, ends, until, goes_on)),
            ctypes.addressof(self._pointers),
            reached.ctypes.data,
        )
        self.reached[first:last] = reached

    def alone(self, document: int) -> None:
        """Parse one document piece by piece; a piece in which no sentence ends is read again with more behind it."""
        end, until = int(self.ends[document]), int(self._until[document])
        size = _ROOM
        while True:
            before = int(self.reached[document])
            known = min(before + size, end)
            self.parse(document, document + 1, np.array([known]), more=known < end)
            reached = int(self.reached[document])
            if known == end or reached >= until:
                return
            size = _ROOM if reached > before else 2 * size
