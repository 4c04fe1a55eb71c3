"""The engine that runs jobs on Ray: on this machine, or on the cluster that ``RAY_ADDRESS`` names.

    RayEngine ── pipe ── driver ── Ray ── actors on nodes ── pipe ── a worker each
    (here)               (raydriver)      (rayactor)                (the local engine's)

What costs a worker its life is settled beside it, by the actor, as the local engine does; here it is settled what
becomes of a job whose actor or node died: that costs another try. docs/decisions/0005 tells why it is built so.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import chain
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Final, cast

from finetooth import errors
from finetooth.engines.engine import MakePlan, Results
from finetooth.engines.frames import Frames, Kind, frame
from finetooth.engines.inline import InlineEngine
from finetooth.engines.local import Task
from finetooth.engines.program import start, why
from finetooth.engines.rayactor import installation
from finetooth.engines.raydriver import END_SECONDS, NUMBER, Orders
from finetooth.errors import IncompleteError, UsageError
from finetooth.shard import Stretch, Watch
from finetooth.shardjob import Death, Job

TRIES: Final = 4
"""So often a job may lose its actor: a node that is taken away is none of its doing, memory that runs out may be."""

CONNECTING_SECONDS: Final = 120.0
"""How long Ray may take to start here, or to answer."""

_AHEAD: Final = 2
"""Jobs that are with the driver, for each actor: the one it does, and the next."""

_LONG: Final = 40  # characters of a folder's path; that of a socket of Ray's below it may have 107
_PIECE: Final = 1 << 20


class RayEngine:
    """Runs jobs on Ray.

    Args:
        workers: how many actors at most; one for each CPU of the cluster by default.
        address: of a cluster; what ``RAY_ADDRESS`` says by default, and else a Ray is started here, for the run.

    Raises:
        UsageError: Ray is not installed.
    """

    name = "ray"

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        if find_spec("ray") is None:
            raise UsageError("--engine ray: Ray is not installed; call: pip install 'finetooth[ray]'")
        self._workers = workers
        named = address or os.environ.get("RAY_ADDRESS")
        self._address = None if named in ("", "local") else named

    def run(self, jobs: Iterable[tuple[int, Job]], make: MakePlan, watch: Watch) -> Results:
        """Yield what each job gave, as actors come to an end with it; what cannot leave this process is run here."""
        stay: list[tuple[int, Job]] = []
        moving = _moving(jobs, stay)
        first = next(moving, None)
        if first is not None:
            plan, here = pickle.dumps(make), installation(make)
            with (
                TemporaryDirectory(prefix="ft", dir=_short(), ignore_cleanup_errors=True) as folder,
                _Driver(Orders(self._address, folder, self._workers, plan, here, CONNECTING_SECONDS)) as driver,
            ):
                yield from driver.results(chain((first,), moving), watch)
        yield from InlineEngine().run(stay, make, watch)


def _moving(jobs: Iterable[tuple[int, Job]], stay: list[tuple[int, Job]]) -> Iterator[tuple[int, Job]]:
    """Yield the jobs that another process can do, and add the others to ``stay``."""
    for number, job in jobs:
        if job.movable:
            yield number, job
        else:
            stay.append((number, job))


class _Driver:
    """The process that speaks with Ray, and the tasks that it has."""

    def __init__(self, orders: Orders) -> None:
        self._process = start("finetooth.engines.raydriver")
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._tasks: dict[int, Task] = {}
        self._room = 0
        self._send(frame(Kind.PLAN, pickle.dumps(orders)))

    def __enter__(self) -> _Driver:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self._orders.close()  # it ends in order then
        self._answers.close()
        try:
            self._process.wait(END_SECONDS + 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def results(self, jobs: Iterator[tuple[int, Job]], watch: Watch) -> Results:
        """Yield what each job gave."""
        for kind, payload in self._heard():
            match kind:
                case Kind.READY:
                    [slots] = NUMBER.unpack(payload)
                    self._room = _AHEAD * slots
                case Kind.AT:
                    watch(Stretch(*json.loads(payload)))
                case Kind.DONE:
                    [number] = NUMBER.unpack_from(payload)
                    del self._tasks[number]
                    yield number, payload[NUMBER.size :]
                case Kind.FAILED:
                    [number] = NUMBER.unpack_from(payload)
                    yield from self._again(self._tasks[number], payload[NUMBER.size :].decode())
                case _:
                    name, message = json.loads(payload)
                    raise getattr(errors, name)(message)
            while len(self._tasks) < self._room and (following := next(jobs, None)):
                self._give(Task(*following))
            if self._room and not self._tasks:
                return
        reason = why(self._process)
        raise IncompleteError(
            f"the connection to Ray was lost ({reason}); run the same command again, it goes on there"
        )

    def _give(self, task: Task) -> None:
        self._tasks[task.number] = task
        self._send(frame(Kind.JOB, NUMBER.pack(task.number) + pickle.dumps(task.job)))

    def _again(self, task: Task, reason: str) -> Results:
        task.deaths.append(Death(reason, None))
        if len(task.deaths) < TRIES:
            self._give(task)
        else:
            del self._tasks[task.number]
            yield task.number, task.job.lost(task.deaths)

    def _heard(self) -> Iterator[tuple[Kind, bytes]]:
        frames = Frames()
        while piece := os.read(self._answers.fileno(), _PIECE):
            yield from frames.feed(piece)

    def _send(self, message: bytes) -> None:
        with suppress(BrokenPipeError):  # it is dead then, as the end of its output tells
            self._orders.write(message)
            self._orders.flush()


def _short() -> str | None:
    """Return a folder for temporary files whose path is not too long; None is the usual one."""
    return "/tmp" if len(gettempdir()) > _LONG else None  # noqa: S108 - the folder made in it is private
