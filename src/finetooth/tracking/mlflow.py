"""MLflow: a report in a run, as tags, parameters, metrics and files.

Digests are finetooth's own. MLflow's digest of a dataset covers its first 10,000 rows and leaves out lists, so that two
datasets in which different things are said can have the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time_ns
from typing import Any, Final

from finetooth import api, passportfile
from finetooth.errors import UsageError
from finetooth.formats.registry import FORMATS
from finetooth.report import Report
from finetooth.tracking.summary import Summary, summary

_FORMATS: Final = ("json", "html")
_METRICS_AT_ONCE, _OTHERS_AT_ONCE = 1000, 100
"""What MLflow's servers take in one request."""


def log_to_mlflow(report: Report | str | Path, run_id: str | None = None) -> str:
    """Log a report to MLflow, and return the id of the run that has it.

    Tags ``finetooth.GATE.verdict`` and ``finetooth.GATE.requirement.ID`` say what was decided; parameters which data,
    models, policy and version it is about, by SHA-256; metrics what was observed, rates with both ends of their
    intervals; the artefacts in ``finetooth/GATE`` are ``report.html`` and ``report.json``, and ``passport.json`` where
    the folder has one. ``GATE`` is ``train`` or ``release``: a run can hold a report of each. None of it holds a value
    that was found.

    Args:
        report: the folder that a run of finetooth left, or a report. A folder has the passport as well.
        run_id: of the MLflow run; the active one by default.

    Raises:
        UsageError: MLflow is not installed, no run is active and none is named, there is no report in the folder, or
            the run has a report of this gate already, of other data or by another policy.
    """
    if find_spec("mlflow") is None:
        raise UsageError("MLflow is not installed; call: pip install 'finetooth[mlflow]'")
    import mlflow  # noqa: PLC0415 - heavy, and only for whoever logs to it

    if run_id is None:
        active = mlflow.active_run()
        if active is None:
            raise UsageError("no MLflow run is active; call mlflow.start_run() first, or name a run with run_id")
        run_id = str(active.info.run_id)
    told = report if isinstance(report, Report) else api.load(report)
    client = mlflow.MlflowClient()
    said = summary(told)
    _refuse_another(client, run_id, said)
    with _files(report, told) as files:
        _log(client, run_id, said)
        for file in files:
            client.log_artifact(run_id, str(file), f"finetooth/{told.verdict.stage}")
    return run_id


def _refuse_another(client: Any, run_id: str, said: Summary) -> None:
    """Refuse before anything is written: MLflow would take half of it, as parameters never change."""
    has = client.get_run(run_id).data.params
    differing = [name for name, value in said.params.items() if has.get(name, value) != value]
    if differing:
        raise UsageError(
            f"MLflow run {run_id} has a report already in which {differing[0]} is another; log this one to a new run"
        )


def _log(client: Any, run_id: str, said: Summary) -> None:
    from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - as above

    now = time_ns() // 1_000_000
    for metrics in _pieces(said.metrics, _METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=[Metric(name, value, now, 0) for name, value in metrics.items()])
    for params in _pieces(said.params, _OTHERS_AT_ONCE):
        client.log_batch(run_id, params=[Param(name, value) for name, value in params.items()])
    for tags in _pieces(said.tags, _OTHERS_AT_ONCE):
        client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])


def _pieces(named: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    items = iter(named.items())
    while piece := dict(islice(items, size)):
        yield piece


@contextmanager
def _files(report: Report | str | Path, told: Report) -> Iterator[list[Path]]:
    """Yield the files of a run's folder, and those rendered now that it lacks."""
    folder = None if isinstance(report, Report) else Path(report)
    with TemporaryDirectory(prefix="finetooth-") as made:
        there = {name: folder / FORMATS[name].file for name in _FORMATS} if folder else {}
        lacking = [name for name in _FORMATS if name not in there or not there[name].is_file()]
        files = [path for name, path in there.items() if name not in lacking]
        files += api.write(told, Path(made), lacking)
        if folder and (folder / passportfile.NAME).is_file():
            files.append(folder / passportfile.NAME)
        yield files
