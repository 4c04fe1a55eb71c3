"""A program that renders one chat template, and nothing else: ``python -P -m finetooth.targets.templateprogram``.

The template is a stranger's. It runs in the sandbox of Jinja, in this process, which may take so much time and memory
and no more, and which can open no file and no connection once it has begun. It is started by `templating`, which
tells what the messages are; standard library and Jinja are all that it loads.

The environment is that of transformers (``utils/chat_template_utils.py``, 5.23), so that a conversation looks as it
did in training; a test compares the two.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Any, BinaryIO, Final

from jinja2 import Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

LENGTH: Final = struct.Struct("!I")
"""Stands before each message, which is JSON: how many bytes it has."""

READY: Final = b"R"
"""Is said once, when conversations can be taken."""


class _Generation(Extension):
    """``{% generation %}`` marks what training falls on; here it only stands for what it holds."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's own way

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_said"), [], [], body).set_lineno(line)

    def _said(self, caller: Macro) -> str:
        return caller()


class _Dict:
    """``dict`` without the attributes of a class."""

    def __call__(self, *args: Any, **more: Any) -> dict[Any, Any]:
        return dict(*args, **more)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


class _Namespace(Namespace):
    """``namespace`` that takes no name with an underscore before it."""

    def __init__(*args: Any, **more: Any) -> None:
        self, *rest = args
        given = dict(*rest, **more)
        for name in given:
            _allowed(name)
        Namespace.__init__(self, given)

    def __setitem__(self, name: str, value: Any) -> None:
        _allowed(name)
        Namespace.__setitem__(self, name, value)


def _allowed(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError("a namespace takes no name with an underscore before it")


def _raise(message: str) -> None:
    raise TemplateError(message)


def _tojson(
    value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _now(form: str) -> str:
    return datetime.now().strftime(form)


class Renderer:
    """A template, compiled."""

    def __init__(self, source: str) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
        )
        self._environment.filters["tojson"] = _tojson
        self._environment.globals |= {
            "raise_exception": _raise,
            "strftime_now": _now,
            "dict": _Dict(),
            "namespace": _Namespace,
        }
        self._compiled: Template = self._environment.from_string(source)
        self._own_words = frozenset(
            call.args[0].value
            for call in self._environment.parse(source).find_all(nodes.Call)
            if isinstance(call.node, nodes.Name) and call.node.name == "raise_exception"
            if call.args and isinstance(call.args[0], nodes.Const)
        )

    def render(self, variables: dict[str, Any]) -> str:
        """Return what the template makes of it."""
        return self._compiled.render(**variables)

    def reason(self, error: Exception) -> str:
        """Return what is wrong, without a word of any conversation: a message only where the template holds it."""
        message = getattr(error, "message", None)
        return f": {message}" if message in self._own_words else f" ({type(error).__name__})"


def main() -> None:
    """Render until standard input ends."""
    orders, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    begin = _heard(orders)
    _warm()
    _limit(begin["memory"])
    out.write(READY)
    out.flush()
    renderer: Renderer | None = None
    while True:
        for variables in _heard(orders):
            _give_time(begin["seconds"])
            try:
                renderer = renderer or Renderer(begin["template"])
                answer = [True, renderer.render(variables)]
            except MemoryError:
                answer = [False, f" (it takes more than {begin['memory'] >> 20} MiB of memory)"]
            except Exception as error:  # noqa: BLE001 - a template is a stranger's program: it may raise anything
                answer = [False, renderer.reason(error) if renderer else f" ({type(error).__name__})"]
            _say(out, answer)


def _warm() -> None:
    """Load all that a template may need while files can still be opened."""
    Renderer("{{ strftime_now('%d %B %Y') }}{{ [{'a': 1}] | map(attribute='a') | list | tojson(indent=1) }}").render({})
    with suppress(TemplateError):
        Renderer("{% for x in").render({})


def _limit(memory: int) -> None:
    """Take no more memory, and open nothing any more: no file, no connection."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ValueError, OSError):  # macOS has no such limit
        threading.Thread(target=_watch, args=(memory,), daemon=True).start()
    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(what, (0, 0))


def _watch(memory: int) -> None:
    unit = 1 if sys.platform == "darwin" else 1024
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit < memory:
        time.sleep(0.02)
    os._exit(1)


def _give_time(seconds: int) -> None:
    """End when this takes longer, also where nobody waits for it any more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _heard(orders: BinaryIO) -> Any:
    head = orders.read(LENGTH.size)
    if len(head) < LENGTH.size:
        os._exit(0)  # the owner is gone
    return json.loads(orders.read(*LENGTH.unpack(head)))


def _say(out: BinaryIO, answer: list[Any]) -> None:
    payload = json.dumps(answer).encode()
    out.write(LENGTH.pack(len(payload)) + payload)
    out.flush()


if __name__ == "__main__":
    main()
