"""The part of finetooth that is written in C, where it was built when finetooth was installed; it is optional.

`hatch_build.py` compiles the C files here to ``_native.so`` beside them. Nothing is compiled when finetooth runs, and
what was built from other sources than those beside it is not used.
"""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

SOURCES: Final = ("_convolutions.c", "_convolutions.h", "_transitions.c")
_LIBRARY: Final = Path(__file__).with_name("_native.so")

_POINTER, _NUMBER = ctypes.c_void_p, ctypes.c_int64


@cache
def loaded() -> ctypes.CDLL | None:
    """Return the shared library; None where there is none that fits."""
    try:
        part = ctypes.CDLL(str(_LIBRARY))
        told = part.finetooth_source
        told.restype = ctypes.c_char_p
        if told() != _digest().encode():
            return None
    except (OSError, AttributeError):
        return None
    part.finetooth_transitions.argtypes = (_POINTER, _POINTER, _NUMBER, _NUMBER, *(_POINTER,) * 6)
    part.finetooth_transitions.restype = None
    part.finetooth_convolutions.argtypes = (
        *(_POINTER, _NUMBER, _POINTER, _POINTER, _NUMBER),
        *(_POINTER, _NUMBER, _NUMBER, _POINTER, _POINTER, _NUMBER),
    )
    part.finetooth_convolutions.restype = ctypes.c_int
    return part


def state() -> str:
    """Return whether the native part is in use, and if not, why."""
    if loaded() is not None:
        return "in use"
    if _LIBRARY.exists():
        return "not used, NumPy does its work: it was built from other sources or elsewhere; install finetooth again"
    return "not built, NumPy does its work: install a C compiler, and finetooth again"


def _digest() -> str:
    return hashlib.sha256(b"".join(_LIBRARY.with_name(name).read_bytes() for name in SOURCES)).hexdigest()
