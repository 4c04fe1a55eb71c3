"""Patterns of `regex`, compiled once for all processes: to load one takes a hundredth of the time to compile it.

Presidio has some two hundred patterns and compiles each twice, which is a quarter of a second at every start. What
`regex` makes of a pattern can be pickled, so it is kept in the user's cache. That is for patterns that come with a
library alone: those of a user's own may be made of the very values that they look for.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import regex

from finetooth import runfolder
from finetooth.detectors.cachefolder import cache_folder

_PASSED_ON: Final = int(regex.LOCALE | regex.DEBUG)
"""Flags under which a pattern is more than what it was compiled to."""


class _Table:
    """Compiled patterns by their text and flags, those of earlier processes too."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[tuple[str, int], Any] = _read(file) if file else {}
        self._new = False
        self._shipped: set[str] = set()
        self.serving = False
        """Whether what is compiled now comes with a library, as it is being imported."""

    def compile(self, pattern: Any, flags: int = 0, **more: Any) -> Any:
        """Return what `regex.compile` returns."""
        flags = int(flags)
        if not isinstance(pattern, str) or flags & _PASSED_ON or more:
            return regex.compile(pattern, flags, **more)
        if self.serving:
            self._shipped.add(pattern)
        found = self._known.get((pattern, flags))
        if found is None:
            found = regex.compile(pattern, flags)
            if pattern in self._shipped:
                self._known[pattern, flags] = found
                self._new = True
        return found

    def keep(self) -> None:
        """Write down what is new, if that is possible."""
        if self._new and self._file:
            self._new = False
            known = _read(self._file) | self._known  # another process may have been here
            with contextlib.suppress(OSError):
                runfolder.replace(self._file, pickle.dumps(known))


@cache
def _table() -> _Table:
    # What is compiled is for this version of the engine, on such a machine, alone.
    made_by = f"{regex.__version__} {sys.version} {platform.machine()} {sys.byteorder}"
    folder = cache_folder("patterns")
    return _Table(folder and folder / hashlib.sha256(made_by.encode()).hexdigest()[:32])


def keep() -> None:
    """Keep what was compiled for the next process. Where there is nothing new, it takes no time."""
    if _table.cache_info().currsize:
        _table().keep()


@contextmanager
def serving() -> Iterator[None]:
    """Have the modules that are imported meanwhile compile their patterns here, in the place of `regex`.

    What they compile later is kept too where it was compiled now, with other flags.
    """
    table = _table()

    class Served(ModuleType):
        compile = staticmethod(table.compile)

        def __getattr__(self, name: str) -> Any:
            return getattr(regex, name)

    sys.modules["regex"] = Served("regex")
    table.serving = True
    try:
        yield
    finally:
        table.serving = False
        sys.modules["regex"] = regex


class _Patterns(pickle.Unpickler):
    """Unpickles compiled patterns, and nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) != ("regex._regex", "compile"):
            raise pickle.UnpicklingError("no compiled pattern")
        return super().find_class(module, name)


def _read(file: Path) -> dict[tuple[str, int], Any]:
    try:
        with file.open("rb") as stream:
            known = _Patterns(stream).load()
    except Exception:  # noqa: BLE001 - whatever a file that was cut short makes of it: then all is compiled anew
        return {}
    return known if isinstance(known, dict) else {}
