"""The gate in a program opens on a GO alone, and its exceptions tell why."""

import json
from pathlib import Path

import pytest

import finetooth

SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
CLEAN, LEAKY = {"text": "How do I reset it?"}, {"text": f"Sign in with {SECRET} please."}
POLICY = "secrets-only"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_go_gives_the_report_and_writes_nothing():
    report = finetooth.gate([CLEAN], POLICY)
    assert report.verdict.decision == "GO"
    assert {path.name for path in Path.cwd().iterdir()} == {".finetooth"}
    assert not Path(".finetooth/runs").exists()


def test_a_go_leaves_a_passport_where_a_folder_is_named():
    finetooth.gate([CLEAN], POLICY, out="out", formats=["markdown"])
    assert finetooth.verify("out/passport.json", [CLEAN]).status == "valid"
    assert Path("out/report.md").exists()


def test_a_no_go_is_an_exception_that_carries_the_report():
    with pytest.raises(finetooth.NoGo, match="no-credentials") as caught:
        finetooth.gate([CLEAN, LEAKY], POLICY, out="out")
    assert caught.value.report.verdict.decision == "NO-GO"
    assert SECRET not in str(caught.value)
    assert not Path("out/passport.json").exists()
    assert json.loads(Path("out/report.json").read_text())["verdict"]["decision"] == "NO-GO"


def test_what_was_not_read_keeps_it_shut():
    Path("train.jsonl").write_text(json.dumps(CLEAN) + "\n{\n")
    with pytest.raises(finetooth.Incomplete, match="coverage") as caught:
        finetooth.gate("train.jsonl", POLICY)
    assert caught.value.report.verdict.decision == "INCOMPLETE"
    assert isinstance(caught.value, finetooth.IncompleteError)


def test_no_records_are_no_go():
    with pytest.raises(finetooth.FinetoothError):
        finetooth.gate([], POLICY)
