"""A gate in a program: data, or a model, goes through, or an exception is raised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from finetooth import api, waiverfile
from finetooth.errors import Incomplete, NoGo
from finetooth.redaction import FingerprintKey
from finetooth.report import Report
from finetooth.running import Data

if TYPE_CHECKING:
    from finetooth.running import Model


def gate(
    data: Data,
    policy: str | Path | None = None,
    *,
    model: Model | None = None,
    base: Model | None = None,
    out: str | Path | None = None,
    formats: Sequence[str] = (),
    waivers: waiverfile.Named = None,
    key: FingerprintKey | None = None,
) -> Report:
    """Audit the data, and the model where there is one, and return the report on a GO alone.

    Args:
        data: what is to be trained on: paths, a ``datasets.Dataset``, or any iterable of dicts.
        policy: name of a shipped policy, or a path; the configured one by default.
        model: the tuned model, as in ``finetooth.audit``.
        base: the untuned model, likewise.
        out: folder for evidence, report and, on a GO, the passport; nothing is written by default.
        formats: what else is written there, such as ``html``.
        waivers: file of accepted findings; the configured file by default.
        key: fingerprint key; the environment's or the configured one by default.

    Raises:
        NoGo: a requirement failed. Its ``report`` tells all.
        Incomplete: something could not be read, run or proven. Its ``report`` tells all.
        IncompleteError: a part could not be run at all, so that there is no report.
        UsageError: a path, policy, key or model that makes no sense. Nothing was judged.
    """
    report = api.audit(data, model, base, policy, waivers=waivers, key=key)
    if out is not None:
        api.save(report, Path(out), formats)
    require_go(report)
    return report


def require_go(report: Report) -> None:
    """Do nothing on a GO.

    Raises:
        NoGo: a requirement failed.
        Incomplete: something could not be read, run or proven.
    """
    match report.verdict.decision:
        case "NO-GO":
            raise NoGo(report)
        case "INCOMPLETE":
            raise Incomplete(report)
