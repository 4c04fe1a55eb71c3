"""Reports in MLflow: the real client, and a store of files, as it keeps them without a server."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from reports import REPORTS

import finetooth
from finetooth import api
from finetooth.errors import UsageError
from finetooth.tracking.summary import summary

# What libraries announce for their next versions is theirs, and says nothing of ours.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """Return MLflow with a store of its own. Nothing is sent anywhere."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("DO_NOT_TRACK", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    import mlflow

    yield mlflow
    while mlflow.active_run():
        mlflow.end_run()


def files(mlflow, run_id, gate):
    return {item.path for item in mlflow.MlflowClient().list_artifacts(run_id, f"finetooth/{gate}")}


def test_a_report_is_in_the_active_run(mlflow):
    told = REPORTS["leaking"]
    with mlflow.start_run() as run:
        assert finetooth.log_to_mlflow(told) == run.info.run_id
    data = mlflow.get_run(run.info.run_id).data
    assert data.tags["finetooth.release.verdict"] == "NO-GO"
    assert data.tags["finetooth.release.requirement.no-leaked-credentials"].startswith("FAIL: ")
    assert data.params["finetooth.release.policy"] == "standard"
    assert data.params["finetooth.release.policy_sha256"] == told.policy.sha256
    assert data.metrics["finetooth.release.findings"] == told.scan.totals.findings
    assert data.metrics["finetooth.release.records"] == told.scan.coverage.records
    rate = next(each for each in told.probe.measurements if each.population == "findings")
    name = "finetooth.release.extraction_rate.targeted.findings"
    assert [data.metrics[f"{name}{end}"] for end in ("", ".low", ".high")] == [rate.estimate, rate.low, rate.high]
    assert files(mlflow, run.info.run_id, "release") == {
        "finetooth/release/report.html",
        "finetooth/release/report.json",
    }


def test_a_folder_brings_its_files_and_a_run_can_be_named(mlflow, tmp_path):
    api.save(REPORTS["no-go"], tmp_path / "out", ["html"])
    (tmp_path / "out" / "passport.json").write_text("{}")
    with mlflow.start_run() as run:
        pass
    finetooth.log_to_mlflow(tmp_path / "out", run_id=run.info.run_id)
    assert files(mlflow, run.info.run_id, "train") == {
        f"finetooth/train/{name}" for name in ("report.html", "report.json", "passport.json")
    }
    kept = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="finetooth/train/report.json")
    assert Path(kept).read_bytes() == (tmp_path / "out" / "report.json").read_bytes()


def test_a_run_holds_both_gates(mlflow):
    with mlflow.start_run() as run:
        finetooth.log_to_mlflow(REPORTS["go"])
        finetooth.log_to_mlflow(REPORTS["leaking"])
    tags = mlflow.get_run(run.info.run_id).data.tags
    assert (tags["finetooth.train.verdict"], tags["finetooth.release.verdict"]) == ("GO", "NO-GO")


def test_a_report_by_another_policy_is_refused_before_anything_is_written(mlflow):
    told = REPORTS["go"]
    with mlflow.start_run() as run:
        finetooth.log_to_mlflow(told)
        finetooth.log_to_mlflow(told)  # the same once more changes nothing
        other = replace(REPORTS["no-go"], policy=replace(told.policy, sha256="f" * 64))
        with pytest.raises(UsageError, match="policy_sha256"):
            finetooth.log_to_mlflow(other)
    assert mlflow.get_run(run.info.run_id).data.tags["finetooth.train.verdict"] == "GO"


def test_without_a_run_nothing_is_started(mlflow):
    with pytest.raises(UsageError, match="start_run"):
        finetooth.log_to_mlflow(REPORTS["go"])
    assert mlflow.active_run() is None


def test_without_mlflow_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr("finetooth.tracking.mlflow.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'finetooth\[mlflow\]'"):
        finetooth.log_to_mlflow(REPORTS["go"])


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_can_be_logged(name, mlflow):
    with mlflow.start_run() as run:
        finetooth.log_to_mlflow(REPORTS[name])
    assert mlflow.get_run(run.info.run_id).data.tags


def test_what_is_null_is_no_number():
    told = REPORTS["empty"]
    open_ = [ruling.requirement for ruling in told.verdict.rulings if ruling.high is None]
    assert open_
    said = summary(told)
    assert not any(f"finetooth.{told.verdict.stage}.requirement.{name}.high" in said.metrics for name in open_)


def test_counts_by_group_are_of_all_findings_or_not_told():
    said = summary(REPORTS["no-go"])
    groups = [said.metrics.get(f"finetooth.train.findings.{each}", 0) for each in ("critical", "high", "medium", "low")]
    assert sum(groups) == said.metrics["finetooth.train.findings"] > 1
    cut = summary(REPORTS["no-go"].shortened(1))
    assert not any(f"finetooth.train.findings.{each}" in cut.metrics for each in ("critical", "high", "medium", "low"))
    assert cut.metrics["finetooth.train.findings"] == said.metrics["finetooth.train.findings"]


def test_names_are_those_that_servers_take():
    told = REPORTS["attacked"]
    strange = replace(told.verdict.rulings[0], requirement="ours: 100% / “sure”" + "x" * 300)
    said = summary(replace(told, verdict=replace(told.verdict, rulings=(strange,))))
    names = [*said.tags, *said.params, *said.metrics]
    assert any("ours__100" in name for name in names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.\-]{1,250}", name) for name in names)
