"""Chat templates of strangers, rendered by a process of their own that has limits.

Jinja's sandbox keeps a template from calling what it must not; it does not keep it from counting to a billion or from
padding a letter to three gigabytes. So it runs elsewhere, in `templateprogram`, and is stopped.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, Final, cast

from finetooth.printable import printable
from finetooth.targets.target import TemplateError
from finetooth.targets.templateprogram import LENGTH, READY

SECONDS: Final = 5
"""How long a template may take over one conversation; an honest one takes a thousandth of it."""

MEMORY: Final = 512 << 20
"""Bytes of memory that its process may have, of which an honest one takes a tenth."""

LONGEST: Final = 64 << 20
"""Bytes that one rendered conversation may have."""

_DEATHS: Final = 3  # after so many the template is given up: each of a thousand conversations would take its seconds
_START_SECONDS: Final = 60.0
_NEEDED: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "TZ")
_PIECE: Final = 1 << 20
_MESSAGE: Final = 1 << 20  # characters of conversations in one message, more or less


class ChatTemplate:
    """A chat template, and the process that renders it, which is started when it is first needed.

    >>> template = ChatTemplate("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
    >>> template.render([[{"role": "user", "content": "Hello"}]])
    ['<user>Hello']
    """

    def __init__(
        self,
        source: str,
        variables: Mapping[str, Any] | None = None,
        *,
        seconds: int = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        """Keep the template.

        Args:
            source: the template.
            variables: what it is given with every conversation, such as ``bos_token``.
            seconds: how long it may take over one conversation.
            memory: bytes that its process may have.
        """
        self._source = source
        self._variables = {"tools": None, "documents": None, "add_generation_prompt": False, **(variables or {})}
        self._seconds = seconds
        self._memory = memory
        self._process: _Process | None = None
        self._deaths = 0
        self._last = ""

    def render(self, conversations: Sequence[Sequence[Mapping[str, Any]]], **more: Any) -> list[str | TemplateError]:
        """Return each conversation as the template renders it, or why it does not.

        Args:
            conversations: messages with ``role`` and ``content``, and whatever else the template reads of them.
            **more: further variables, such as ``tools`` and ``add_generation_prompt``.
        """
        asked = [{"messages": list(messages), **self._variables, **more} for messages in conversations]
        answers: list[str | TemplateError] = []
        while len(answers) < len(asked):
            if self._deaths == _DEATHS:
                given_up = TemplateError(f"the chat template was given up after {_DEATHS} conversations: {self._last}")
                return answers + [given_up] * (len(asked) - len(answers))
            try:
                for answer in self._asked(_batch(asked[len(answers) :])):
                    answers.append(answer)  # noqa: PERF402 - those before a death are kept
            except _DiedError as death:
                self._deaths += 1
                self._last = str(death)
                answers.append(TemplateError(f"the chat template was stopped: {death}"))
        return answers

    def _asked(self, batch: Sequence[Mapping[str, Any]]) -> Iterator[str | TemplateError]:
        if self._process is None:
            begin = {"template": self._source, "seconds": self._seconds, "memory": self._memory}
            self._process = _Process(begin)
        try:
            for rendered, text in self._process.ask(batch, self._seconds):
                yield text if rendered else TemplateError(f"the chat template refuses a conversation{text}")
        except _DiedError:
            self._process.end()
            self._process = None
            raise


class _DiedError(Exception):
    """The process ended, or was ended; the message says over which limit."""


class _Process:
    def __init__(self, begin: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", "finetooth.targets.templateprogram"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self._process)
        self._memory = begin["memory"]
        self._send(begin)
        self._ready = False

    def ask(self, batch: Sequence[Mapping[str, Any]], seconds: float) -> Iterator[tuple[bool, str]]:
        """Yield whether each was rendered, and the text or what is wrong."""
        if not self._ready:
            self._read(len(READY), time.monotonic() + _START_SECONDS, _START_SECONDS)
            self._ready = True
        self._send(batch)
        for _ in batch:
            until = time.monotonic() + seconds
            (length,) = LENGTH.unpack(self._read(LENGTH.size, until, seconds))
            if length > LONGEST:
                raise _DiedError(f"it renders more than {LONGEST >> 20} MiB")
            yield _answer(self._read(length, until + seconds, seconds))

    def _send(self, message: Any) -> None:
        payload = json.dumps(message).encode()
        orders = cast("IO[bytes]", self._process.stdin)
        with suppress(BrokenPipeError):  # it is dead then, as the end of its output tells
            orders.write(LENGTH.pack(len(payload)) + payload)
            orders.flush()

    def _read(self, count: int, until: float, seconds: float) -> bytes:
        source = cast("IO[bytes]", self._process.stdout).fileno()
        held = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            while len(held) < count:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise _DiedError(f"it takes longer than {seconds:g} s")
                piece = os.read(source, min(count - len(held), _PIECE))
                if not piece:
                    raise _DiedError(self._why(seconds))
                held += piece
        return bytes(held)

    def _why(self, seconds: float) -> str:
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return f"it takes longer than {seconds:g} s"
        return f"its process ended with {code}; it may have {self._memory >> 20} MiB of memory"


def _answer(said: bytes) -> tuple[bool, str]:
    """Return an answer. Who broke out of the sandbox could say anything here, and is not believed."""
    try:
        match json.loads(said):
            case [True, str(text)]:
                return True, text
            case [False, str(text)]:
                return False, printable(text)
    except (ValueError, RecursionError):
        pass
    raise _DiedError("it speaks out of turn")


def _environment() -> dict[str, str]:
    """Return what Python needs to start, and nothing else: an environment holds keys, and who breaks out would look."""
    kept = {name: value for name, value in os.environ.items() if name in _NEEDED}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "PYTHONUTF8": "1"}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            if pipe:
                pipe.close()


def _batch(asked: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the first ones that fit one message, one at least."""
    room = _MESSAGE
    for count, variables in enumerate(asked):
        room -= sum(len(str(message.get("content") or "")) for message in variables["messages"])
        if room < 0:
            return asked[: max(1, count)]
    return asked
