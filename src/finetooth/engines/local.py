"""The engine that runs jobs in worker processes on this machine, and survives each of them.

A worker is a program of its own. One job is with it at a time. When it dies, or takes far longer than any honest work
does, its job is tried again elsewhere as the job itself sees fit; all other work goes on. docs/decisions/0004 tells why
this is no pool of a library's.
"""

from __future__ import annotations

import json
import os
import pickle
import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final, cast

from finetooth import errors
from finetooth.engines.engine import MakePlan, Results
from finetooth.engines.frames import Frames, Kind, frame
from finetooth.engines.inline import InlineEngine
from finetooth.engines.program import cores, start, why
from finetooth.errors import IncompleteError
from finetooth.shard import Stretch, Watch
from finetooth.shardjob import Death, Job

READING_SECONDS: Final = 300.0
"""How long a worker may read, or load its engines, before it counts as stuck."""

SCANNING_SECONDS: Final = 60.0
CHARACTERS_A_SECOND: Final = 1_000
"""How long it may look at records: a minute, and a second for so many code points. The slowest of the engines takes a
tenth of that, so that what takes longer never ends."""

_STARTS: Final = 3
"""So many workers may die one after another before any has come to work; then none will."""

_PIECE: Final = 1 << 20


@dataclass(slots=True)
class Task:
    """A job on its way."""

    number: int
    """The job's."""
    job: Job
    """What is tried now."""
    deaths: list[Death] = field(default_factory=list)
    """How it was tried before."""


class _Worker:
    """One process, and the task that it works on."""

    def __init__(self, plan: bytes) -> None:
        self.process = start("finetooth.engines.worker")
        self.orders = cast("IO[bytes]", self.process.stdin)
        self.answers = cast("IO[bytes]", self.process.stdout)
        self.frames = Frames()
        self.ready = False
        self.task: Task | None = None
        self.at: Stretch | None = None
        self.deadline = 0.0
        self.limit = 0.0
        self.overdue = False
        self._send(frame(Kind.PLAN, plan))

    def give(self, task: Task) -> None:
        """Give it a task."""
        self.task = task
        self.look_at(None)
        self._send(frame(Kind.JOB, pickle.dumps(task.job)))

    def look_at(self, at: Stretch | None) -> None:
        """Note what it works on, from now."""
        self.at = at
        self.limit = READING_SECONDS if at is None else SCANNING_SECONDS + at.characters / CHARACTERS_A_SECOND
        self.deadline = time.monotonic() + self.limit

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.orders, self.answers):
            with suppress(BrokenPipeError):
                pipe.close()

    def why(self) -> str:
        """Return why it ended."""
        return f"stopped after {self.limit:.0f} s" if self.overdue else why(self.process)

    def _send(self, message: bytes) -> None:
        with suppress(BrokenPipeError):  # it is dead then, as the end of its output tells
            self.orders.write(message)
            self.orders.flush()


class LocalEngine:
    """Runs jobs in worker processes.

    Args:
        workers: how many at most; as many as there are cores to run on by default.
    """

    name = "local"

    def __init__(self, workers: int | None = None) -> None:
        self._most = workers or cores()

    def run(self, jobs: Iterable[tuple[int, Job]], make: MakePlan, watch: Watch) -> Results:
        """Yield what each job gave, as workers come to an end with it; what cannot leave this process is run here."""
        with Crew(self._most, pickle.dumps(make), watch) as crew:
            stay: list[tuple[int, Job]] = []
            for number, job in jobs:
                if not job.movable:
                    stay.append((number, job))
                    continue
                while not crew.takes(Task(number, job)):
                    yield from crew.results()
            while crew.busy:
                yield from crew.results()
            yield from InlineEngine().run(stay, make, watch)


class Crew:
    """The workers, their tasks, and the tasks that wait to be tried again.

    Args:
        most: how many workers at most; each is started when there is a task for it.
        plan: the pickled maker of plans.
        watch: is told what is looked at.
    """

    def __init__(self, most: int, plan: bytes, watch: Watch) -> None:
        self._most = most
        self._plan = plan
        self._watch = watch
        self._workers: list[_Worker] = []
        self._again: deque[Task] = deque()
        self._selector = selectors.DefaultSelector()
        self._failed_starts = 0

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._selector.close()

    @property
    def busy(self) -> bool:
        """Whether any task is not done."""
        return bool(self._again) or any(worker.task for worker in self._workers)

    def takes(self, task: Task) -> bool:
        """Give the task to a worker, if one is free or may be started, and no other waits to be tried again."""
        worker = None if self._again else self._free()
        if worker is not None:
            worker.give(task)
        return worker is not None

    def results(self) -> Iterator[tuple[int, bytes]]:
        """Wait until something happens, and yield what was done by then."""
        while self._again and (worker := self._free()):
            worker.give(self._again.popleft())
        nearest = min((worker.deadline for worker in self._workers if worker.task), default=time.monotonic())
        for key, _ in self._selector.select(max(0.0, nearest - time.monotonic())):
            worker = key.data
            piece = os.read(key.fd, _PIECE)
            for kind, payload in worker.frames.feed(piece):
                yield from self._hear(worker, kind, payload)
            if not piece:
                yield from self._bury(worker, worker.why())
        now = time.monotonic()
        for worker in self._workers:
            if worker.task and now > worker.deadline:
                worker.overdue = True
                worker.process.kill()  # its output ends then, and the rest follows

    def _free(self) -> _Worker | None:
        worker = next((worker for worker in self._workers if worker.task is None), None)
        if worker is None and len(self._workers) < self._most:
            worker = _Worker(self._plan)
            self._workers.append(worker)
            self._selector.register(worker.answers, selectors.EVENT_READ, worker)
        return worker

    def _hear(self, worker: _Worker, kind: Kind, payload: bytes) -> Iterator[tuple[int, bytes]]:
        match kind:
            case Kind.READY:
                worker.ready, self._failed_starts = True, 0
                worker.look_at(None)
            case Kind.REFUSED:
                name, message = json.loads(payload)
                raise getattr(errors, name)(message)
            case Kind.AT:
                told = json.loads(payload)
                worker.look_at(told and Stretch(*told))
                self._watch(worker.at)
            case Kind.DONE if worker.task is not None:
                yield worker.task.number, payload
                worker.task = None
            case _:
                yield from self._bury(worker, payload.decode())

    def _bury(self, worker: _Worker, reason: str) -> Iterator[tuple[int, bytes]]:
        """Let a dead worker go, and see to its task."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        self._selector.unregister(worker.answers)
        worker.end()
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts == _STARTS:
                raise IncompleteError(f"no worker process can start here ({reason}); try --engine inline")
        task = worker.task
        if task is None:
            return
        if not worker.ready:
            self._again.append(task)  # it has not been tried
            return
        task.deaths.append(Death(reason, worker.at))
        following = task.job.again(task.deaths)
        if following is None:
            yield task.number, task.job.lost(task.deaths)
        else:
            self._again.append(Task(task.number, following, task.deaths))
