"""What is made of patterns and rules, once for all processes: to load it takes a hundredth of the time to make it.

Presidio has some two hundred patterns and compiles each twice, which is a quarter of a second at every start; to read
off them what every match holds takes 40 ms more, and to compile those of our rules that a hook meets as much; the
files of rules themselves take 25 ms to parse. So it is kept in the user's cache, in a folder that nobody else can write
(:mod:`finetooth.detectors.cachefolder`). That is for what comes with a library or with finetooth alone: patterns of a
user's own may be made of the very values that they look for.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import pickle
import platform
import re
import re._compiler as compiler  # type: ignore[import-not-found]  # the standard library's own, without stubs
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

import regex

import finetooth
from finetooth import runfolder
from finetooth.detectors.cachefolder import cache_folder

_PASSED_ON: Final = int(regex.LOCALE | regex.DEBUG)
"""Flags under which a pattern is more than what it was compiled to."""

_T = TypeVar("_T")


class _Table:
    """What was made of patterns, in earlier processes too, by what it is, the pattern, and its flags."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[tuple[Any, ...], Any] = _read(file) if file else {}
        self._new = False
        self.shipped: set[str] = set()
        """Patterns that come with a library."""
        self.serving = False
        """Whether what is compiled now comes with a library, as it is being imported."""

    def compile(self, pattern: Any, flags: int = 0, **more: Any) -> Any:
        """Return what `regex.compile` returns."""
        flags = int(flags)
        if not isinstance(pattern, str) or flags & _PASSED_ON or more:
            return regex.compile(pattern, flags, **more)
        if self.serving:
            self.shipped.add(pattern)
        if pattern not in self.shipped:
            return regex.compile(pattern, flags)
        return self.known((pattern, flags), lambda: regex.compile(pattern, flags))

    def known(self, name: tuple[Any, ...], make: Callable[[], _T]) -> _T:
        """Return what is kept under a name, or what is made now, and keep it."""
        if name not in self._known:
            self._known[name] = make()
            self._new = True
        found: _T = self._known[name]
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
    # What is compiled is for this version of the engines, on such a machine, alone.
    made_by = f"{regex.__version__} {sys.version} {platform.machine()} {sys.byteorder}"
    folder = cache_folder("patterns")
    return _Table(folder and folder / hashlib.sha256(made_by.encode()).hexdigest()[:32])


def keep() -> None:
    """Keep what was made for the next process. Where there is nothing new, it takes no time."""
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


def with_regex(pattern: str) -> Any:
    """Return what `regex.compile` makes of a pattern that is put together of a library's."""
    return _table().known((pattern, 0), lambda: regex.compile(pattern))


def read_off(reader: Callable[[str], _T], pattern: str, code: Path) -> _T:
    """Return what a function tells of a pattern, kept where the pattern comes with a library.

    Args:
        reader: the function, whose answer is of plain values.
        pattern: the pattern.
        code: the file that the function stands in; what another version of it told is not asked for.
    """
    if pattern not in _table().shipped:
        return reader(pattern)
    return _table().known((_digest(code), pattern), lambda: reader(pattern))


def parsed(parse: Callable[[str], Any], text: str) -> Any:
    """Return what a function makes of the text of a file that comes with finetooth or a library: plain values."""
    name = ("parsed", parse.__name__, hashlib.sha256(text.encode()).digest())
    # Kept as bytes, so that nobody who goes on to change what he was given changes what the next one is given.
    kept = _table().known(name, lambda: pickle.dumps(parse(text)))
    try:
        return _Patterns(io.BytesIO(kept)).load()
    except Exception:  # noqa: BLE001 - a damaged file, or what is no plain value
        return parse(text)


@cache
def _digest(file: Path) -> str:
    # The version is that of this process, whose files may have been replaced since it began.
    return f"{finetooth.__version__} {hashlib.sha256(file.read_bytes()).hexdigest()}"


def with_re(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what `re.compile` makes of a pattern of finetooth's own, or of a library's."""
    name = ("re", hashlib.sha256(pattern.encode()).digest(), int(flags))
    try:
        more, code, groups, index = _table().known(name, lambda: _code(pattern, flags))
        names: list[str | None] = [None] * (groups + 1)
        for group, place in index.items():
            names[place] = group
        # It looks the code through before it takes it, so that a file that was damaged cannot make it go astray.
        made: re.Pattern[str] = compiler._sre.compile(
            pattern, more, array(_CODE, code).tolist(), groups, index, tuple(names)
        )
    except Exception:  # noqa: BLE001 - whatever a damaged file makes of it, or another Python: then it is compiled anew
        return re.compile(pattern, flags)
    return made


_CODE: Final = "I"
"""A word of `re`'s code, as `array` calls it: 32 bits."""


def _code(pattern: str, flags: int) -> tuple[int, bytes, int, dict[str, int]]:
    """Return flags, code, groups and named groups of a pattern: what `re` compiles it to (``re._compiler.compile``)."""
    parsed = compiler._parser.parse(pattern, flags)
    state = parsed.state
    code = array(_CODE, compiler._code(parsed, flags)).tobytes()
    return int(flags | state.flags), code, state.groups - 1, dict(state.groupdict)


class _Patterns(pickle.Unpickler):
    """Unpickles compiled patterns and plain values, and nothing that could run."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) != ("regex._regex", "compile"):
            raise pickle.UnpicklingError("no compiled pattern")
        return super().find_class(module, name)


def _read(file: Path) -> dict[tuple[Any, ...], Any]:
    try:
        with file.open("rb") as stream:
            known = _Patterns(stream).load()
    except Exception:  # noqa: BLE001 - whatever a file that was cut short makes of it: then all is compiled anew
        return {}
    return known if isinstance(known, dict) else {}
