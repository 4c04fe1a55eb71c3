"""What a GGUF file says that it holds, checked against the file before any library believes it.

The format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): a head with counts, keys with values, the
tensors' names, shapes and places, and after some padding their bytes. Every count and length is compared with what is
left of the file before it is followed: the usual reader counts to 2^61 where an array says so.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

from finetooth.errors import ModelError

_VERSIONS: Final = (2, 3)
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_HEAD: Final = 4 + 4 + 8 + 8  # bytes: the name of the format, its version, two counts
_STRING: Final = 8
_ARRAY: Final = 9
_LONGEST_NAME: Final = 65_535  # bytes, by the format
_MOST_DIMENSIONS: Final = 4
_LEAST: Final = {"key": 8 + 4 + 1, "tensor": 8 + 4 + 4 + 8}  # bytes that each takes at least


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a file was found to hold."""

    values: Mapping[str, Any]
    """Single values by key; of an array, how many it holds."""
    shapes: Mapping[str, tuple[int, ...]]
    """The shape of each tensor, by name, in the order of the file."""

    @property
    def architecture(self) -> str:
        """Such as ``llama``."""
        return str(self.values.get("general.architecture", ""))


def read_gguf(path: Path) -> GgufHeader:
    """Return what a file holds, proven to lie within it.

    Raises:
        ModelError: it is no GGUF file, or a damaged one, or of a version or byte order that is not read.
    """
    size = path.stat().st_size
    if size < _HEAD:
        raise _damaged(path, "it is shorter than a header")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
        try:
            return _Reader(held, size).header()
        except _DamagedError as error:
            raise _damaged(path, str(error)) from None


class _DamagedError(Exception):
    """Says what is wrong."""


class _Reader:
    def __init__(self, held: mmap.mmap, size: int) -> None:
        self._held = held
        self._size = size
        self._at = 0

    def header(self) -> GgufHeader:
        if self._take(4) != b"GGUF":
            raise _DamagedError("it does not begin as a GGUF file does")
        version = self._number("I")
        if version not in _VERSIONS:
            raise _DamagedError(f"version {version} is not read, only little-endian {_VERSIONS[0]} and {_VERSIONS[1]}")
        tensors, keys = self._number("Q"), self._number("Q")
        self._fits(tensors * _LEAST["tensor"] + keys * _LEAST["key"])
        values: dict[str, Any] = {}
        for _ in range(keys):
            key = self._string(_LONGEST_NAME)
            if key in values:
                raise _DamagedError("a key stands twice")
            values[key] = self._value(self._number("I"))
        described = [self._tensor() for _ in range(tensors)]
        self._placed(described, values.get("general.alignment", 32))
        shapes = {name: shape for name, shape, _, _ in described}
        if len(shapes) < len(described):
            raise _DamagedError("a tensor stands twice")
        return GgufHeader(values, shapes)

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string(self._size)
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind != _ARRAY:
            raise _DamagedError("a value is of no known type")
        of, count = self._number("I"), self._number("Q")
        if of == _STRING:
            self._fits(8 * count)
            for _ in range(count):
                self._skip(self._number("Q"))
        elif of in _SCALARS:
            self._skip(count * struct.calcsize(_SCALARS[of]))
        else:
            raise _DamagedError("an array is of no known type")
        return count

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        """Return name, shape, size and place, the last two in bytes."""
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType  # noqa: PLC0415 - only here

        name = self._string(_LONGEST_NAME)
        dimensions = self._number("I")
        if not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise _DamagedError("a tensor has too many dimensions")
        shape = tuple(self._number("Q") for _ in range(dimensions))
        kind, place = self._number("I"), self._number("Q")
        if kind not in {known.value for known in GGML_QUANT_SIZES}:
            raise _DamagedError("a tensor is of no known type")
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        if prod(shape) == 0 or shape[0] % block:
            raise _DamagedError("a tensor has a shape that its type cannot have")
        return name, shape, prod(shape) // block * size, place

    def _placed(self, described: list[tuple[str, tuple[int, ...], int, int]], alignment: Any) -> None:
        if type(alignment) is not int or alignment < 1 or alignment & (alignment - 1):
            raise _DamagedError("its alignment is no power of two")
        begin = -(-self._at // alignment) * alignment
        reached = 0
        for _, _, size, place in sorted(described, key=lambda tensor: tensor[3]):
            if place < reached or place % alignment:
                raise _DamagedError("its tensors overlap")
            reached = place + size
        if begin + reached > self._size:
            raise _DamagedError("it ends before its tensors do: it was cut off")

    def _string(self, longest: int) -> str:
        length = self._number("Q")
        if length > longest:
            raise _DamagedError("a name or a text is longer than it may be")
        try:
            return self._take(length).decode()
        except UnicodeDecodeError:
            raise _DamagedError("a name or a text is no UTF-8") from None

    def _number(self, form: str) -> Any:
        (number,) = struct.unpack(f"<{form}", self._take(struct.calcsize(form)))
        return number

    def _take(self, count: int) -> bytes:
        begin = self._at
        self._skip(count)
        return self._held[begin : self._at]

    def _skip(self, count: int) -> None:
        self._fits(count)
        self._at += count

    def _fits(self, count: int) -> None:
        if count > self._size - self._at:
            raise _DamagedError("it ends before what its header counts: it was cut off, or made to mislead")


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(f"{path}: no GGUF file that can be read ({what}); convert or copy the model again")
