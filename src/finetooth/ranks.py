"""What one rank of a training job has found, told to all of them, so that all go on or all stop.

A rank that raises alone leaves the others waiting for it in the next step, until a timeout of minutes ends them with a
message that says nothing of the cause.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypeVar

T = TypeVar("T")

LONGEST: Final = timedelta(days=7)
"""How long ranks wait for the slowest: one may scan and probe while the others have nothing to do. A rank that dies
closes its connections, which the others see at once."""


def told_by_all(said: T) -> list[T]:
    """Return what each rank says, in their order, on each of them; of one process alone, what it says.

    It goes over a group of its own on the CPU (gloo), whatever the job's own backend and its timeout are. Every rank
    must call it, and what is said must be small and fit to be pickled.
    """
    from torch import distributed  # noqa: PLC0415 - heavy, and loaded already where there are ranks

    if not (distributed.is_available() and distributed.is_initialized()):
        return [said]
    group = distributed.new_group(backend="gloo", timeout=LONGEST)
    try:
        gathered: list[T | None] = [None] * distributed.get_world_size()
        distributed.all_gather_object(gathered, said, group=group)
    finally:
        distributed.destroy_process_group(group)
    return [each for each in gathered if each is not None]
