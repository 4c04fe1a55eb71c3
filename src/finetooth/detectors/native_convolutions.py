"""The convolutions of an encoder in C, a chunk of words through all layers at once: see ``_convolutions.c``."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from finetooth.detectors import native

_Floats = NDArray[np.float32]

_PIECES: Final = 3
_GROUP: Final = 16
_CHUNK: Final = 256
_EDGE: Final = 16
_WORDS: Final = 8
"""As in the C file."""
_DEEPEST: Final = _EDGE - _WORDS
_LANES: Final = 16
"""Numbers of a vector that is added and multiplied at once, at most."""


class Layer(NamedTuple):
    """A convolution."""

    weights: _Floats
    """Inputs × (pieces × units)."""
    bias: _Floats
    """Pieces × units."""
    gain: _Floats
    """Units."""
    shift: _Floats
    """Units."""


class _Layer(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in Layer._fields)


class NativeConvolutions:
    """The convolutions of one encoder.

    Args:
        layers: the layers.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._native: Any = native.loaded()
        self._units = len(layers[0].gain)
        self._held = [
            Layer(_grouped(each.weights), _grouped(each.bias[None]), each.gain.copy(), each.shift.copy())
            for each in layers
        ]
        self._layers = (_Layer * len(layers))(
            *(_Layer(*(parameter.ctypes.data for parameter in each)) for each in self._held)
        )

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> NativeConvolutions | None:
        """Return the convolutions; None where the library is missing, or knows no such layers or no such processor."""
        units = len(layers[0].gain)
        fits = all(each.weights.shape == (3 * units, _PIECES * units) for each in layers)
        if native.loaded() is None or not fits or units % _GROUP or not 1 < len(layers) <= _DEEPEST:
            return None
        made = cls(layers)
        nothing = np.zeros((1, units), np.float32)
        tried = made.convolved(np.zeros(1, np.int64), nothing, np.zeros((3, 1, _PIECES * units), np.float32))
        return None if tried is None else made

    def convolved(self, rows: NDArray[np.int64], words: _Floats, places: _Floats) -> _Floats | None:
        """Return the vectors of words after all layers; None where the processor is another one.

        Args:
            rows: of each word its row in the tables; 0 for none.
            words: what goes into the first layer.
            places: what a word adds to that layer's sums before, at and after a word.
        """
        out = np.empty((len(rows), self._units), np.float32)
        room = np.empty((2 * (_CHUNK + 2 * _EDGE) + _WORDS) * self._units, np.float32)
        failed = self._native.finetooth_convolutions(
            *(rows.ctypes.data, len(rows), words.ctypes.data, places.ctypes.data, places.shape[1]),
            *(self._layers, len(self._layers), self._units, room.ctypes.data, out.ctypes.data),
            _LANES,
        )
        return None if failed else out


def _grouped(weights: _Floats) -> _Floats:
    """Return weights as the C file has them: groups × inputs × pieces × units of a group."""
    inputs, sums = weights.shape
    groups = weights.reshape(inputs, _PIECES, sums // _PIECES // _GROUP, _GROUP)
    return np.ascontiguousarray(groups.transpose(2, 0, 1, 3), np.float32)
