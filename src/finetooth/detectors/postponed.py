"""Modules that others import at their beginning and seldom use: imported when something of theirs is asked for.

`import spacy` loads a command line with an HTTP client, a project manager and a training loop, for the sake of one
function, which is a third of its time; `import presidio_analyzer` loads spaCy, for what it calls NLP engines, and an
HTTP client, which nothing here may use.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


@contextmanager
def postponed(*names: str) -> Iterator[None]:
    """Have whoever imports these modules meanwhile import them when they first use them, whenever that is.

    Names of classes, functions and objects can be imported from them; to make a subclass of such a class, it must be
    imported afterwards. A module that is there already is left alone.
    """
    missing = [name for name in names if name not in sys.modules]
    stand_ins = {name: _Module(name) for name in missing}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, module in stand_ins.items():
            module.importing = False
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if (package := sys.modules.get(parent)) is not None and not isinstance(package, _Module):
                vars(package).setdefault(child, module)


class _Module(ModuleType):
    """Stands for a module."""

    __path__: list[str]

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []
        self.importing = True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.importing:
            return _Name(name, (), {"__module__": self.__name__})
        return getattr(import_module(self.__name__), name)


class _Name(type):
    """Stands for what was imported from a module, mostly a class: it can be called, asked, and named in annotations."""

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        return _real(cls)(*arguments, **named)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(cls), name)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _real(cls))

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _real(cls))


def _real(stand_in: type) -> Any:
    return getattr(import_module(stand_in.__module__), stand_in.__name__)
