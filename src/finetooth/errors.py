"""The whole error tree, drawn once.

FinetoothError
├── UsageError          nothing was judged; the command line ends with 2
│   ├── InputError      a path that does not exist, a glob that matches nothing
│   ├── PolicyError     a policy that cannot be read or that makes no sense
│   ├── KeyMismatchError  fingerprints of another key, or a key that is no key
│   └── ModelError      a folder that is no model, or not a safe one
├── IncompleteError     something could not be run at all; the command line ends with 3
│   └── Incomplete      the verdict that a gate was given: it could not be proven
├── NoGo                the verdict that a gate was given: a requirement failed
└── PassportRefused     a passport that is not good for this data, this model, this policy or this day

Messages name the place and the remedy, and never hold a matched value. What merely could not be *read* is no
exception: it is counted in the coverage, and judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

    from finetooth.report import Report
    from finetooth.verification import Verification


class FinetoothError(Exception):
    """Base of every error that finetooth raises on purpose."""

    exit_code = 3
    """What the command line ends with when this reaches it."""


class UsageError(FinetoothError):
    """The request itself is wrong: usage, configuration, policy or path. Nothing was judged."""

    exit_code = 2


class InputError(UsageError):
    """An input that does not exist or that is no dataset."""


class PolicyError(UsageError):
    """A policy that cannot be read, does not validate, or has nothing to judge by."""


class KeyMismatchError(UsageError):
    """A fingerprint key that is malformed, or not the one that the evidence was written with."""


class ModelError(UsageError):
    """A model that is not there, is incomplete, or could run code when loaded."""


class IncompleteError(FinetoothError):
    """A part of the audit could not be run, so no verdict can be given."""


class _StoppedError(FinetoothError):
    """A verdict that is no GO, where a gate was asked for one."""

    def __init__(self, report: Report) -> None:
        super().__init__(_told(report))
        self.report = report
        """What was judged, with every ruling."""


class NoGo(_StoppedError):  # noqa: N818 - the verdict's own name
    """A gate was closed: at least one requirement failed."""


class Incomplete(_StoppedError, IncompleteError):  # noqa: N818 - the verdict's own name
    """A gate stayed closed: something could not be read, run or proven."""


class PassportRefused(FinetoothError):  # noqa: N818 - says what became of it
    """A passport is not good for what it was shown for, or that could not be told."""

    def __init__(self, verification: Verification) -> None:
        super().__init__("; ".join(verification.reasons))
        self.verification = verification
        """What became of the passport, and why."""


def _told(report: Report) -> str:
    verdict = report.verdict
    why = "; ".join(f"{r.requirement}: {r.reason}" for r in verdict.rulings if r.status in ("FAIL", "UNPROVEN"))
    return f"{verdict.decision} at the {verdict.stage} gate: {why}"


def place(error: BaseException) -> str:
    """Return type and place of any exception; the message of a foreign one may quote the data, so it is left out."""
    trace = error.__traceback__
    found = "?"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "?")
        if name.startswith("finetooth"):
            found = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {found}"


def first_fault(error: ValidationError) -> str:
    """Return where a file first departs from its schema, and how; nothing of what stands there."""
    first = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
