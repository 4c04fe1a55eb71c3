"""The port of what runs jobs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol

from finetooth.shard import Plan, Watch
from finetooth.shardjob import Job

MakePlan = Callable[[], Plan]
"""Makes the plan where a job runs. It can be pickled where the engine runs jobs elsewhere."""

Results = Generator[tuple[int, bytes], None, None]
"""What jobs gave, each under the job's number. Closing it ends the work."""


class Engine(Protocol):
    """Runs jobs, somewhere."""

    name: str
    """As ``--engine`` calls it."""

    def run(self, jobs: Iterable[tuple[int, Job]], make: MakePlan, watch: Watch) -> Results:
        """Yield what each job gave, under its number, in any order.

        Jobs are asked for as they are needed, so that they may be endless; whatever becomes of the processes that they
        run in, each gives something, or an error is raised.

        Args:
            jobs: what to do.
            make: makes the plan.
            watch: is told what is looked at.

        Raises:
            UsageError: The plan makes no sense.
            IncompleteError: No job can be run at all.
        """
