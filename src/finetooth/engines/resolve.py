"""From what a user names to an engine."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from typing import Final

from finetooth.engines.engine import Engine, MakePlan, Results
from finetooth.engines.inline import InlineEngine
from finetooth.engines.local import LocalEngine
from finetooth.errors import UsageError
from finetooth.shard import Watch
from finetooth.shardjob import Job

ENGINES: Final = ("inline", "local", "ray")

_FEW: Final = 2
"""The paths to mask, and one shard: a second process would only wait for it too."""


def resolve(name: str | None, workers: int | None) -> Engine:
    """Return an engine by name; without one, worker processes where there is more than one shard to scan.

    Raises:
        UsageError: there is no such engine, or it is not installed.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: at least one")
    match name:
        case None:
            return FittingEngine(workers)
        case "inline":
            if workers not in (None, 1):
                raise UsageError(f"--workers {workers}: the engine inline has one; name --engine local")
            return InlineEngine()
        case "local":
            return LocalEngine(workers)
        case "ray":
            from finetooth.engines.ray import RayEngine  # noqa: PLC0415 - what it stands on loads only where it is used

            return RayEngine(workers)
        case _:
            raise UsageError(f"--engine {name}: not an engine; there are: {', '.join(ENGINES)}")


class FittingEngine:
    """Worker processes for much work, this process for little."""

    name = "fitting"

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers

    def run(self, jobs: Iterable[tuple[int, Job]], make: MakePlan, watch: Watch) -> Results:
        """Yield what each job gave, from where it fits."""
        coming = iter(jobs)
        first = list(islice(coming, _FEW + 1))
        engine = InlineEngine() if len(first) <= _FEW else LocalEngine(self._workers)
        yield from engine.run(chain(first, coming), make, watch)
