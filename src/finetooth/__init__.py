"""finetooth: scan fine-tuning data, probe the tuned model for what was found, give one verdict.

Importing this package is cheap; each name below loads what it needs on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finetooth.api import audit, judge, probe, scan
    from finetooth.errors import FinetoothError, IncompleteError, UsageError
    from finetooth.report import Report
    from finetooth.waiver import Waiver

__all__ = ["FinetoothError", "IncompleteError", "Report", "UsageError", "Waiver", "audit", "judge", "probe", "scan"]

__version__ = "0.1.0"

_HOMES = {
    "audit": "api",
    "judge": "api",
    "probe": "api",
    "scan": "api",
    "FinetoothError": "errors",
    "IncompleteError": "errors",
    "UsageError": "errors",
    "Report": "report",
    "Waiver": "waiver",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'finetooth' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - loaded on first use, on purpose

    return getattr(import_module(f"finetooth.{_HOMES[name]}"), name)
