"""finetooth: scan fine-tuning data, probe the tuned model for what was found, give one verdict.

Importing this package is cheap; each name below loads what it needs on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finetooth.api import audit, judge, probe, scan
    from finetooth.callback import PassportCallback
    from finetooth.errors import FinetoothError, Incomplete, IncompleteError, NoGo, PassportRefused, UsageError
    from finetooth.gating import gate
    from finetooth.passporting import digest, verify
    from finetooth.report import Report
    from finetooth.tracking.mlflow import log_to_mlflow
    from finetooth.verification import Verification
    from finetooth.waiver import Waiver

__all__ = [
    "FinetoothError",
    "Incomplete",
    "IncompleteError",
    "NoGo",
    "PassportCallback",
    "PassportRefused",
    "Report",
    "UsageError",
    "Verification",
    "Waiver",
    "audit",
    "digest",
    "gate",
    "judge",
    "log_to_mlflow",
    "probe",
    "scan",
    "verify",
]

__version__ = "0.1.0"

_HOMES = {
    "audit": "api",
    "judge": "api",
    "probe": "api",
    "scan": "api",
    "gate": "gating",
    "digest": "passporting",
    "verify": "passporting",
    "FinetoothError": "errors",
    "Incomplete": "errors",
    "IncompleteError": "errors",
    "NoGo": "errors",
    "PassportRefused": "errors",
    "UsageError": "errors",
    "Report": "report",
    "Verification": "verification",
    "Waiver": "waiver",
    "PassportCallback": "callback",
    "log_to_mlflow": "tracking.mlflow",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'finetooth' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - loaded on first use, on purpose

    return getattr(import_module(f"finetooth.{_HOMES[name]}"), name)
