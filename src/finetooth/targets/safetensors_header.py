"""What a safetensors file says that it holds, checked against the file before any library believes it.

The format (https://huggingface.co/docs/safetensors, "Format"): eight bytes with the length of a JSON object, the
object, and the tensors' bytes, which the object tells the places of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, Final

from finetooth.errors import ModelError

LONGEST_HEADER: Final = 100_000_000
"""Bytes; the format's own limit."""

_LONGEST_INDEX: Final = 64 << 20  # bytes; one of a million tensors has as many

_HEAD: Final = 8  # bytes of the header's length
_MOST_DIMENSIONS: Final = 16
_LONGEST_SIDE: Final = 1 << 63
_BITS: Final = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}

Shapes = Mapping[str, tuple[int, ...]]
"""The shape of each tensor, by name."""


def read_safetensors(path: Path) -> Shapes:
    """Return the tensors that a file holds, proven to lie within it, apart and without a gap.

    Raises:
        ModelError: the header is damaged or does not fit the file.
    """
    size = regular(path).stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_HEAD), "little")
        if size < _HEAD or length > min(size - _HEAD, LONGEST_HEADER):
            raise _damaged(path, "its header is longer than the file, or than a header may be: it was cut off")
        raw = file.read(length)
    try:
        header = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _damaged(path, "its header is no JSON, or names a tensor twice") from None
    if not isinstance(header, dict):
        raise _damaged(path, "its header is no JSON object")
    header.pop("__metadata__", None)
    return _laid_out(path, header, size - _HEAD - length)


def read_folder(folder: Path) -> Shapes:
    """Return the tensors of all safetensors files of a folder, checked, and so its index where it has one.

    Raises:
        ModelError: a file is damaged, or an index names one that is not in the folder.
    """
    shards = {path.name: read_safetensors(path) for path in sorted(folder.glob("*.safetensors"))}
    for index in sorted(folder.glob("*.safetensors.index.json")):
        for tensor, shard in _index(index).items():
            if shard not in shards:  # nor does one in another folder, such as ../x
                raise ModelError(f"{index}: names weights that are not in this folder; copy the folder whole")
            if tensor not in shards[shard]:
                raise ModelError(f"{folder / shard}: lacks weights that {index.name} names; copy the folder whole")
    return {name: shape for tensors in shards.values() for name, shape in tensors.items()}


def regular(path: Path) -> Path:
    """Return the path of a file. What a link leads to may be one, as in the hub's cache, but no device and no pipe.

    Raises:
        ModelError: it is none; a pipe would never end.
    """
    if not path.is_file():
        raise ModelError(f"{path}: is no regular file; copy the model again")
    return path


def _index(path: Path) -> dict[str, str]:
    if regular(path).stat().st_size > _LONGEST_INDEX:
        raise _damaged(path, "it is too long for an index of weights")
    try:
        named = json.loads(path.read_text("utf-8"))["weight_map"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise _damaged(path, "it is no index of weights") from None
    if not isinstance(named, dict) or not all(isinstance(shard, str) for shard in named.values()):
        raise _damaged(path, "it is no index of weights")
    return named


def _laid_out(path: Path, header: dict[str, Any], room: int) -> Shapes:
    shapes: dict[str, tuple[int, ...]] = {}
    places: list[tuple[int, int]] = []
    for name, told in header.items():
        match told:
            case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]} if (
                dtype in _BITS
                and len(shape) <= _MOST_DIMENSIONS
                and all(type(side) is int and 0 <= side < _LONGEST_SIDE for side in shape)
            ):
                if 0 <= begin <= end and (end - begin) * 8 == prod(shape) * _BITS[dtype]:
                    shapes[name] = tuple(shape)
                    places.append((begin, end))
                    continue
        raise _damaged(path, "its header describes a tensor that cannot be")
    reached = 0
    for begin, end in sorted(places):
        if begin != reached:
            raise _damaged(path, "its tensors overlap, or leave a gap")
        reached = end
    if reached != room:
        raise _damaged(path, f"its header speaks of {reached} bytes of weights, and there are {room}: it was cut off")
    return shapes


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(f"{path}: the file is damaged ({what}); copy or save the model again")
