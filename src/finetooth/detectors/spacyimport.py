"""spaCy without its command line, which `import spacy` loads for the sake of one function.

It takes a third of the time of that import: an HTTP client, a project manager, a training loop. Without it nothing here
can download a model either.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, Final

_PACKAGE: Final = "spacy.cli"
_MODULE: Final = "spacy.cli.info"


@contextmanager
def without_command_line() -> Iterator[None]:
    """Have spaCy, if it is imported meanwhile, load its command line only when somebody asks for it afterwards."""
    if "spacy" in sys.modules or _PACKAGE in sys.modules:
        yield
        return
    package, module = _Later(_PACKAGE), ModuleType(_MODULE)
    package.__path__ = []
    module.info = _info  # type: ignore[attr-defined]
    sys.modules.update({_PACKAGE: package, _MODULE: module})
    try:
        yield
    finally:
        for name in (_PACKAGE, _MODULE):
            del sys.modules[name]
        if (spacy := sys.modules.get("spacy")) is not None:
            spacy.cli = package  # type: ignore[attr-defined]  # until the real one is imported


class _Later(ModuleType):
    """Stands for the real package, which it imports when something of it is wanted."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(_PACKAGE), name)


def _info(*arguments: Any, **named: Any) -> Any:
    """Do what spaCy's own function of that name does."""
    return import_module(_MODULE).info(*arguments, **named)
