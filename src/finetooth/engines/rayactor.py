"""What an actor of Ray does: it feeds one worker process, the same that the local engine has, on a node of a cluster.

The actor itself sees no data but masked results. What crashes is the worker behind it, which Ray never hears of; and no
exception leaves the actor, because Ray writes the text of each into its logs, and shows it.
"""

from __future__ import annotations

import json
import os
import pickle
from contextlib import suppress
from typing import Final

from finetooth.detectors.identity import identity
from finetooth.engines.engine import MakePlan
from finetooth.engines.frames import Kind
from finetooth.engines.local import Crew, Task
from finetooth.errors import FinetoothError, place
from finetooth.policy import Detect
from finetooth.shard import Stretch
from finetooth.shardjob import Job, Recipe

Answer = tuple[str, bytes, list[tuple[int, int, int]]]
"""The name of a `Kind` of frame, what such a frame holds, and the records that were looked at on the way."""

_ONE: Final = 0
"""The number of the only task."""


class Actor:
    """Has one worker process, from its first job on. To be prepared before anything else."""

    _crew: Crew
    _looked_at: list[tuple[int, int, int]]

    def prepare(self, plan: bytes, folder: str) -> str:
        """Take what is the same for all jobs; return what `installation` says here, or nothing where it cannot.

        Args:
            plan: the pickled maker of plans.
            folder: the owner's working folder, from which paths count, where there is the same one here.
        """
        with suppress(OSError):
            os.chdir(folder)
        self._crew = Crew(1, plan, self._watch)
        with suppress(Exception):  # such as a class that this machine does not have
            return installation(pickle.loads(plan))  # noqa: S301 - from the driver, through Ray
        return ""

    def run(self, pickled: bytes) -> Answer:
        """Do a pickled job."""
        self._looked_at = []
        try:
            job: Job = pickle.loads(pickled)  # noqa: S301 - from the driver, through Ray
            return Kind.DONE.name, self._done(job), self._looked_at
        except FinetoothError as error:
            told = [type(error).__name__, str(error)]
        except Exception as error:  # noqa: BLE001 - Ray would log it
            told = ["IncompleteError", f"internal error on a node: {place(error)}; please report it"]
        return Kind.REFUSED.name, json.dumps(told).encode(), []

    def _done(self, job: Job) -> bytes:
        self._crew.takes(Task(_ONE, job))
        given = []
        while self._crew.busy:
            given += [payload for _, payload in self._crew.results()]
        [payload] = given
        return payload

    def _watch(self, at: Stretch | None) -> None:
        if at is not None:
            self._looked_at.append((at.first, at.last, at.characters))


def installation(make: MakePlan) -> str:
    """Return what identifies the code, libraries, models and policy files that a plan would be made of here."""
    return identity(make.detect if isinstance(make, Recipe) else Detect())
