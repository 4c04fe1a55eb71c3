"""The sample is what its README says: synthetic, reproducible, small, and a model that has memorised part of it."""

import filecmp
import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "sample_data"


def lines(name):
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


def test_the_data_is_made_again_to_the_byte(tmp_path):
    subprocess.run([sys.executable, SAMPLE / "make_data.py", "--out", tmp_path], check=True, capture_output=True)
    made = [path.name for path in tmp_path.iterdir()]
    assert len(made) == 11
    _, differing, missing = filecmp.cmpfiles(tmp_path, SAMPLE, made, shallow=False)
    assert (differing, missing) == ([], [])


def test_the_truth_names_every_planted_occurrence():
    records, planted = lines("support_chat.jsonl"), lines("support_chat.truth.jsonl")
    assert len(records) >= 300
    for line in planted:
        _, messages, index, content = line["pointer"].split("/")
        text = records[line["record"]][messages][int(index)][content]
        assert text[line["start"] : line["end"]] == line["value"]
    for value in {line["value"] for line in planted}:
        told = {line["record"] for line in planted if line["value"] == value}
        assert all(line["repetitions"] == len(told) for line in planted if line["value"] == value)


@pytest.mark.parametrize("name", ["base", "tuned"])
def test_the_models_are_small_and_know_nothing_of_where_they_were_made(name):
    folder = SAMPLE / "models" / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    for path in folder.glob("*.json*"):
        assert "_name_or_path" not in path.read_text("utf-8")
        assert str(SAMPLE) not in path.read_text("utf-8")


@pytest.mark.slow
def test_models_that_are_trained_again_leak_again(tmp_path):
    subprocess.run([sys.executable, SAMPLE / "train_models.py", "--out", tmp_path / "models"], check=True)
    command = [sys.executable, "-m", "finetooth.cli.main", "audit", SAMPLE / "support_chat.jsonl", "-o", "out", "-q"]
    models = ["--model", tmp_path / "models" / "tuned", "--base", tmp_path / "models" / "base"]
    done = subprocess.run([*command, *models], cwd=tmp_path, check=False)
    assert done.returncode == 1
    told = json.loads((tmp_path / "out" / "report.json").read_text())["probe"]["extracted"]
    often = [each["attributable"] for each in told if 16 <= each["records"] < 32]
    once = [each["attributable"] for each in told if each["records"] == 1]
    # What is repeated is memorised more (Carlini et al. 2023); how much of either leaks, no two trainings agree on.
    assert sum(often) / len(often) > max(0.3, sum(once) / len(once))
