"""The part of finetooth that is written in C, where it was built when finetooth was installed; it is optional.

`hatch_build.py` compiles ``_transitions.c`` to ``_transitions.so`` beside it. Nothing is compiled here. What was built
from another source than the one beside it is not used.
"""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors.token_vectors import Floats
from finetooth.detectors.transitions import Asked, Places, Transitions, Tree

_SOURCE: Final = Path(__file__).with_name("_transitions.c")
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


class _Tokens(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_void_p)
        for name in ("head", "move", "below", "waiting", "left", "right", "sibling", "starts", "put_back")
    )


@cache
def library() -> ctypes.CDLL | None:
    """Return the shared library; None where there is none, or one that was built from another source."""
    try:
        loaded = ctypes.CDLL(str(_SOURCE.with_suffix(".so")))
        told = loaded.finetooth_source
        told.restype = ctypes.c_char_p
        if told() != hashlib.sha256(_SOURCE.read_bytes()).hexdigest().encode():
            return None
    except (OSError, AttributeError):
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    loaded.finetooth_transitions.argtypes = (pointer, pointer, number, number, *(pointer,) * 6)
    loaded.finetooth_transitions.restype = None
    return loaded


def state() -> str:
    """Return whether the native part is in use, and if not, why."""
    if library() is not None:
        return "in use"
    if _SOURCE.with_suffix(".so").exists():
        return "not used: it was built from other source, or for another platform; install finetooth again"
    return "not built, NumPy does its work: there was no C compiler when finetooth was installed"


class NativeTransitions:
    """The transitions of a parser, in C.

    Args:
        plain: the same in NumPy.
    """

    def __init__(self, plain: Transitions) -> None:
        features, sums = plain.nothing.shape
        moves = plain.upper.shape[1]
        padding = -moves % _PADDED
        self._width = len(plain.lower) // features
        weights = plain.lower.reshape(features, self._width, sums)
        self._lower: Floats = np.ascontiguousarray(weights.swapaxes(0, 1).reshape(self._width, -1))
        self._room = np.empty((_ROOM, features * sums), np.float32)
        self._moves = moves
        self._held = (
            np.ascontiguousarray(plain.nothing),
            np.ascontiguousarray(plain.bias),
            np.ascontiguousarray(np.pad(plain.upper, ((0, 0), (0, padding)))),
            np.ascontiguousarray(np.pad(plain.allowed, ((0, 0), (0, padding)), constant_values=-np.inf)),
            np.pad(plain.kind, (0, padding)).astype(np.int32),
        )
        self._network = _Network(*(each.ctypes.data for each in self._held), sums // 2, moves + padding)

    @staticmethod
    def fits(plain: Transitions) -> bool:
        """Tell whether the library is there, and takes a network of this size."""
        hidden, moves = plain.upper.shape
        return library() is not None and hidden % _HIDDEN == 0 and hidden <= _LARGEST >= moves + _PADDED

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

    def added(self, vectors: Floats) -> Floats:
        """Return what tokens add to the hidden layer, as each feature: tokens × (features × sums)."""
        if len(vectors) > len(self._room):
            added: Floats = vectors @ self._lower
            return added
        return np.matmul(vectors, self._lower, out=self._room[: len(vectors)])


class _Run:
    """Documents, and what is known of their tokens."""

    def __init__(self, network: NativeTransitions, vectors: Floats, asked: Asked) -> None:
        self._network, self._vectors, self._asked = network, vectors, asked
        self.ends: Places = np.cumsum(asked.lengths)
        self.begins: Places = self.ends - asked.lengths
        self.reached: NDArray[np.int64] = self.begins.astype(np.int64)
        self._until = self.begins + asked.until
        self.tokens: dict[str, NDArray[Any]] = {
            name: np.zeros(len(vectors), np.uint8)
            if name in ("starts", "put_back")
            else np.full(len(vectors), _NONE, np.int32)
            for name, _ in _Tokens._fields_
        }
        self._pointers = _Tokens(*(each.ctypes.data for each in self.tokens.values()))

    def parse(self, first: int, last: int, known: Places, *, more: bool = False) -> None:
        """Parse some documents on from where they are, up to tokens that are known."""
        loaded = library()
        assert loaded is not None
        begins = self.reached[first:last].copy()
        # What hangs on the first token from before is seen as well.
        base = int(begins[0])
        if base < len(self._vectors) and (left := int(self.tokens["left"][base])) != _NONE:
            base = left
        added = self._network.added(self._vectors[base : known[-1]])
        ends = known.astype(np.int64)
        until = np.minimum(self._until[first:last], ends).astype(np.int64)
        goes_on = np.ascontiguousarray((self._asked.more[first:last] | more).astype(np.uint8))
        reached = np.empty(last - first, np.int64)
        loaded.finetooth_transitions(
            ctypes.byref(self._network._network),
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
