"""What happens on one rank of a training job happens to all of them.

A rank that raises alone leaves the others waiting for it in the next step, until a timeout of minutes ends them with a
message that says nothing of the cause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from finetooth.errors import FinetoothError, Incomplete, IncompleteError, NoGo, PassportRefused, place

T = TypeVar("T")

_LONGEST: Final = timedelta(days=7)
"""How long ranks wait for the slowest: one may scan and probe while the others have nothing to do. A rank that dies
closes its connections, which the others see at once."""

_Fault = tuple[type[FinetoothError], Any]
"""A kind of error, and what makes one."""


def on_all(check: Callable[[], T]) -> T:
    """Run something on this rank, and return what it gives where it raises on no rank.

    Each rank must call it. Where there is one process alone, it is just run.

    Raises:
        FinetoothError: on every rank, what it raised on the first rank on which it did. An error that is not
            finetooth's becomes an ``IncompleteError`` without its message, which may quote the data.
    """
    given: list[T] = []
    fault: _Fault | None = None
    try:
        given.append(check())
    except FinetoothError as error:
        fault = _fault(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other ranks must hear of it
        fault = IncompleteError, f"it could not be verified: {place(error)}"
    told = told_by_all(fault)
    for rank, each in enumerate(told):
        if each is not None:
            raise _error(each, f"rank {rank}: " if len(told) > 1 else "") from None
    return given[0]


def told_by_all(said: T) -> list[T]:
    """Return what each rank says, in their order, on each of them; of one process alone, what it says.

    It goes over a group of its own on the CPU (gloo), whatever the job's own backend and its timeout are. What is said
    must be fit to be pickled.
    """
    from torch import distributed  # noqa: PLC0415 - heavy, and loaded already wherever there is a trainer

    if not (distributed.is_available() and distributed.is_initialized()):
        return [said]
    group = distributed.new_group(backend="gloo", timeout=_LONGEST)
    try:
        gathered: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(gathered, said, group=group)
    finally:
        distributed.destroy_process_group(group)
    return gathered


def _fault(error: FinetoothError) -> _Fault:
    if isinstance(error, NoGo | Incomplete):
        return type(error), error.report
    if isinstance(error, PassportRefused):
        return PassportRefused, error.verification
    return type(error), str(error)


def _error(fault: _Fault, where: str) -> FinetoothError:
    kind, made_of = fault
    if kind is PassportRefused:
        made_of = replace(made_of, reasons=tuple(where + reason for reason in made_of.reasons))
    elif isinstance(made_of, str):
        made_of = where + made_of
    return kind(made_of)
