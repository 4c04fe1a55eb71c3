"""The engine that runs jobs in this very process, one after the other. What kills it kills the run."""

from __future__ import annotations

from collections.abc import Iterable

from finetooth.engines.engine import MakePlan, Results
from finetooth.shard import Plan, Watch
from finetooth.shardjob import Job


class InlineEngine:
    """Runs jobs here and now. The plan is made when the first one comes."""

    name = "inline"

    def run(self, jobs: Iterable[tuple[int, Job]], make: MakePlan, watch: Watch) -> Results:
        """Yield what each job gave, in the order in which they came."""
        plan: Plan | None = None
        for number, job in jobs:
            plan = plan or make()
            yield number, job.run(plan, watch)
