"""What docs/pipelines.md shows is run with the real tools, as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import finetooth
from finetooth import policyfile

PAGE = (Path(__file__).parents[1] / "docs" / "pipelines.md").read_text("utf-8")
SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
CLEAN, LEAKY = {"text": "How do I reset it?"}, {"text": f"Sign in with {SECRET} please."}
TRAIN = """
from pathlib import Path

def train(data, passport):
    import finetooth
    found = finetooth.verify(passport, data)
    assert found.status == "valid", found.reasons
    Path("model").mkdir(exist_ok=True)
    with Path("trained.log").open("a") as log:
        log.write("trained\\n")

if __name__ == "__main__":
    train("data/train.jsonl", "gate/passport.json")
"""


def block(named):
    [found] = [each for each in re.findall(r"```\w+\n(.*?)```", PAGE, re.DOTALL) if each.startswith(f"# {named}\n")]
    return found


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with data, a policy and something that trains; and a function that runs a command in it."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    write(CLEAN)
    Path("policy.yaml").write_text(policyfile.shipped()["secrets-only"])
    Path("finetooth.toml").write_text('policy = "policy.yaml"\n')
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DVC_NO_ANALYTICS": "1",
        "DO_NOT_TRACK": "1",
    }

    def run(*command):
        if shutil.which(command[0], path=environment["PATH"]) is None:
            pytest.fail(f"{command[0]} is not installed; `make test-slow` installs it")
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)
        assert SECRET not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    return run


def write(*rows):
    Path("data/train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def trained():
    log = Path("trained.log")
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def dvc(project):
    Path("dvc.yaml").write_text(block("dvc.yaml"))
    Path("train.py").write_text(TRAIN)
    code, said = project("dvc", "init", "--no-scm", "--quiet")
    assert code == 0, said
    return project


@pytest.mark.slow
def test_dvc_trains_on_a_go_and_once(dvc):
    for _ in range(2):
        code, said = dvc("dvc", "repro")
        assert code == 0, said
        assert trained() == 1
    assert Path("gate/passport.json").exists()


@pytest.mark.slow
def test_dvc_stops_where_the_data_is_refused(dvc):
    assert dvc("dvc", "repro")[0] == 0
    write(CLEAN, LEAKY)
    code, said = dvc("dvc", "repro")
    assert code != 0
    assert "failed to reproduce 'gate'" in said
    assert trained() == 1
    assert not Path("gate/passport.json").exists()
    assert "NO-GO" in Path("gate/report.html").read_text()


@pytest.mark.slow
def test_dvc_does_not_train_on_data_that_was_edited_after_the_gate(dvc):
    assert dvc("dvc", "repro", "gate")[0] == 0
    write(CLEAN, LEAKY)
    code, said = dvc("dvc", "repro", "--single-item", "train")
    assert code != 0
    assert "REFUSED" in said
    assert trained() == 0


def test_the_stage_for_the_model_is_one_that_dvc_can_read():
    stages = yaml.safe_load(block("dvc.yaml, under stages"))
    assert set(stages["release"]) == {"cmd", "deps", "outs"}


@pytest.fixture
def dagster(project):
    Path("pipeline.py").write_text(block("pipeline.py"))
    Path("training.py").write_text(TRAIN)
    Path("home/dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return lambda: project("dagster", "job", "execute", "-f", "pipeline.py", "-j", "__ASSET_JOB")


@pytest.mark.slow
def test_dagster_trains_on_a_go(dagster):
    code, said = dagster()
    assert code == 0, said
    assert trained() == 1


@pytest.mark.slow
def test_dagster_stops_where_the_data_is_refused_and_says_why(dagster):
    write(CLEAN, LEAKY)
    code, said = dagster()
    assert code != 0
    assert "may_be_trained_on" in said
    assert "no-credentials" in said
    assert trained() == 0
    assert Path("gate/report.html").exists()


@pytest.mark.slow
def test_dagster_stops_where_something_could_not_be_read(dagster):
    Path("data/train.jsonl").write_text(json.dumps(CLEAN) + "\n{\n")
    assert dagster()[0] != 0
    assert trained() == 0


@pytest.mark.filterwarnings("default")  # what a library announces says nothing of ours
def test_mlflow_has_a_run_that_holds_the_report(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", Path("mlruns").absolute().as_uri())
    import mlflow

    finetooth.gate("data/train.jsonl", out="gate")
    [code] = [each for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "log_to_mlflow" in each]
    exec(compile(code, "pipelines.md", "exec"), {})
    [run] = mlflow.search_runs(experiment_ids=["0"], output_format="list")
    assert run.data.tags["finetooth.train.verdict"] == "GO"
    assert run.data.params["finetooth.train.records_sha256"] == finetooth.digest("data/train.jsonl")
    items = mlflow.MlflowClient().list_artifacts(run.info.run_id, "finetooth/train")
    assert "finetooth/train/passport.json" in {item.path for item in items}
