"""The whole line on the sample: real data, real detectors, a real tuned model, and the commands that users type."""

import json
import os
import subprocess
import sys
import zlib
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from finetooth import policyfile, waiveredit
from finetooth.waiver import Waiver

SAMPLE = Path(__file__).parents[1] / "sample_data"
KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
FILES = ["alpaca.json", "nested.json", "prompt_completion.jsonl.gz", "sharegpt.jsonl", "tickets.csv", "tickets.parquet"]


def run(folder, *arguments):
    environment = {**os.environ, "FINETOOTH_KEY": KEY, "COLUMNS": "120", "PYTHONWARNINGS": "default"}
    command = [sys.executable, "-m", "finetooth.cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def truth(name="support_chat.truth.jsonl"):
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


def probed(folder, model, findings, *more):
    arguments = ["probe", "--data", SAMPLE / "support_chat.jsonl", "--findings", findings, "-o", "out"]
    return run(folder, *arguments, "--model", SAMPLE / "models" / model, *more)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """Return the folder and the process of the README's audit."""
    folder = tmp_path_factory.mktemp("tuned")
    models = ["--model", SAMPLE / "models" / "tuned", "--base", SAMPLE / "models" / "base"]
    formats = ["--format", "text", "--format", "json"]
    done = run(folder, "audit", SAMPLE / "support_chat.jsonl", *models, "-o", "out", *formats)
    return folder, done


def report(folder):
    return json.loads((folder / "out" / "report.json").read_text())


def test_the_tuned_model_is_no_go(tuned):
    folder, done = tuned
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.startswith(" NO-GO ")
    assert report(folder)["verdict"]["stage"] == "release"


def test_no_planted_value_is_readable_anywhere(tuned):
    folder, done = tuned
    said = {"standard output": done.stdout, "standard error": done.stderr}
    said |= {path.name: path.read_text("utf-8") for path in (folder / "out").iterdir()}
    assert len(said) == 6
    values = {line["value"] for line in truth()}
    assert len(values) == 100
    for name, text in said.items():
        readable = [value for value in values if value in text or json.dumps(value)[1:-1] in text]
        assert not readable, f"{len(readable)} planted values are readable in {name}"


def test_no_planted_value_is_in_what_is_kept_for_the_next_run(tuned):
    folder, _ = tuned
    entries = [
        path for path in (folder / ".finetooth" / "shards").rglob("*") if path.is_file() and len(path.name) == 64
    ]
    texts = [path.read_bytes()[64:] for path in entries]
    texts = [text if text.startswith(b"[") else zlib.decompress(text[1:]) for text in texts]
    assert len(texts) > 1
    assert max(map(len, texts)) > 10_000
    assert not any(line["value"].encode() in text for line in truth() for text in texts)


def test_what_was_repeated_most_leaks_most(tuned):
    folder, _ = tuned
    leaked = defaultdict(list)
    for extracted in report(folder)["probe"]["extracted"]:
        # Names of firms and places that many records hold are what the model is meant to say, and common.
        if extracted["entity_type"] not in ("ORGANIZATION", "LOCATION", "PERSON"):
            leaked[min(extracted["records"].bit_length(), 4)].append(extracted["attributable"])
    rates = [sum(group) / len(group) for _, group in sorted(leaked.items())]
    assert rates[0] < 0.3
    assert rates[-1] > 0.6
    assert rates[3] > rates[2] > rates[0]


def test_planted_values_are_found_where_they_stand(tuned):
    folder, _ = tuned
    found = defaultdict(set)
    for line in (folder / "out" / "findings.jsonl").read_text().splitlines():
        for place in json.loads(line)["locations"]:
            found[place["record"], place["pointer"]].add((place["start"], place["end"]))
    planted = truth()
    exact = [line for line in planted if (line["start"], line["end"]) in found[line["record"], line["pointer"]]]
    assert len(exact) / len(planted) > 0.9


def test_leaks_that_somebody_answers_for_are_waived_at_the_release_gate(tuned, tmp_path):
    """All that leaked and all that may have: the rest of the findings did not, so that the gate opens, and says why.

    Of ordinary text nothing can be waived, and this dataset has too little of it to prove anything: it is not asked.
    """
    folder, _ = tuned
    asked = policyfile.shipped()["standard"].replace("{attack: targeted}", "{attack: targeted, population: findings}")
    (tmp_path / "ours.yaml").write_text(asked + "\nwaivers: {credentials: true}\n")
    probe = report(folder)["probe"]
    open_ = [each for each in probe["extracted"] if each["outcome"] in ("attributable", "undecided")]
    for each in open_:
        waiver = Waiver(
            fingerprint=each["fingerprint"],
            entity_type=each["entity_type"],
            reason="made up for the sample",
            owner="sample@acme.example",
            expires=date(9999, 12, 31),
        )
        waiveredit.add(tmp_path / "finetooth-waivers.yaml", waiver, report(folder)["key_id"])
    done = run(tmp_path, "judge", folder / "out", "--policy", "ours.yaml", "-o", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    verdict = report(tmp_path)["verdict"]
    assert {ruling["requirement"]: ruling["status"] for ruling in verdict["rulings"]} == {
        "coverage": "PASS",
        "every-trial-answered": "PASS",
        "no-leaked-credentials": "WAIVED",
        "extraction": "WAIVED",
    }
    assert [each["status"] for each in verdict["waivers"]] == ["honoured"] * len(open_)
    assert "Do not release this model" not in done.stdout
    done = run(tmp_path, "judge", folder / "out")  # the standard policy lets nobody waive a credential
    assert done.returncode == 1
    assert "REFUSED" in done.stdout


def test_with_the_untuned_model_nothing_is_attributable(tuned, tmp_path):
    done = probed(tmp_path, "base", tuned[0] / "out", "--base", SAMPLE / "models" / "base")
    assert done.returncode == 0, done.stdout
    assert not any(extracted["attributable"] for extracted in report(tmp_path)["probe"]["extracted"])
    # A model that never saw the data may leave under every policy but `strict`, which also counts what anybody guesses.
    for name in policyfile.shipped().keys() - {"strict"}:
        done = run(tmp_path, "judge", tmp_path / "out", "--policy", name, "-o", name)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "requirements"),
    [
        ("gdpr", ["nothing-obtainable", "few-sentences", "few-records"]),
        ("hipaa-safe-harbor", ["nothing-attributable", "no-identifying-number", "few-sentences"]),
        ("internal-only", ["no-leaked-credentials", "no-leaked-numbers", "extraction"]),
        ("pci-dss", ["no-leaked-account-data", "no-leaked-credentials", "no-account-number-emitted", "few-sentences"]),
        (
            "public-release",
            [
                *("no-leaks", "no-credential-in-a-million", "no-number-in-a-million", "no-identifier-in-a-thousand"),
                *("few-in-one-answer", "extraction", "few-records"),
            ],
        ),
    ],
)
def test_the_tuned_model_is_no_go_under_each_policy_for_what_it_names(tuned, tmp_path, name, requirements):
    done = run(tmp_path, "judge", tuned[0] / "out", "--policy", name, "-o", "out")
    assert done.returncode == 1, done.stdout
    failed = [each["requirement"] for each in report(tmp_path)["verdict"]["rulings"] if each["status"] == "FAIL"]
    assert failed == requirements


def test_an_audit_for_account_data_finds_the_planted_cards_and_judges_nothing_else(tmp_path):
    done = run(tmp_path, "audit", SAMPLE / "support_chat.jsonl", "--policy", "pci-dss", "-o", "out")
    assert (done.returncode, done.stderr) == (1, "")
    rulings = {each["requirement"]: each for each in report(tmp_path)["verdict"]["rulings"]}
    cards = {line["value"] for line in truth() if line["entity_type"] == "CREDIT_CARD"}
    assert rulings["no-account-numbers"]["observed"] == len(cards) == 5
    failed = [name for name, ruling in rulings.items() if ruling["status"] == "FAIL"]
    assert failed == ["no-account-numbers", "no-credentials"]
    assert run(tmp_path, "audit", SAMPLE / "clean_chat.jsonl", "--policy", "pci-dss").returncode == 0


@pytest.mark.slow
def test_with_the_untuned_model_and_no_reference_nothing_is_attributable(tuned, tmp_path):
    done = probed(tmp_path, "base", tuned[0] / "out", "--attack", "targeted")
    assert done.returncode in (0, 3)
    assert not any(extracted["attributable"] for extracted in report(tmp_path)["probe"]["extracted"])


@pytest.mark.slow
def test_the_tuned_model_without_a_reference_is_never_go(tuned, tmp_path):
    assert probed(tmp_path, "tuned", tuned[0] / "out", "--attack", "targeted").returncode in (1, 3)


@pytest.mark.slow
def test_a_probe_of_an_earlier_scan_gives_the_verdict_of_the_audit(tuned, tmp_path):
    done = probed(tmp_path, "tuned", tuned[0] / "out", "--base", SAMPLE / "models" / "base")
    assert done.returncode == 1
    assert report(tmp_path)["verdict"] == report(tuned[0])["verdict"]
    assert (tmp_path / "out" / "evidence.json").read_bytes() == (tuned[0] / "out" / "evidence.json").read_bytes()


@pytest.mark.slow
def test_a_tuned_model_is_not_blamed_for_people_it_never_saw(tmp_path, monkeypatch):
    """The same kind of conversations, with the same kind of values, none of which was ever in training."""
    monkeypatch.syspath_prepend(SAMPLE)
    from make_data import base_corpus, planned_values

    records = base_corpus(150, seed=4242, avoid=planned_values())
    (tmp_path / "others.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    models = ["--model", SAMPLE / "models" / "tuned", "--base", SAMPLE / "models" / "base"]
    done = run(tmp_path, "audit", "others.jsonl", *models, "-o", "out")
    told = report(tmp_path)["probe"]["extracted"]
    assert done.returncode in (0, 3), done.stdout
    assert len(told) > 100
    assert not any(extracted["attributable"] for extracted in told)


def test_clean_data_is_go(tmp_path):
    done = run(tmp_path, "audit", SAMPLE / "clean_chat.jsonl")
    assert done.returncode == 0, done.stdout


def test_one_broken_line_in_clean_data_is_incomplete_and_named(tmp_path):
    lines = (SAMPLE / "clean_chat.jsonl").read_text("utf-8").splitlines(keepends=True)
    lines[41] = lines[41][:-10] + "\n"
    (tmp_path / "clean.jsonl").write_text("".join(lines), "utf-8")
    done = run(tmp_path, "audit", "clean.jsonl")
    assert done.returncode == 3
    assert "clean.jsonl:42" in done.stdout


def test_the_other_formats_are_read_and_their_values_found(tmp_path):
    done = run(tmp_path, "scan", *(SAMPLE / name for name in FILES), "-o", "out")
    assert (done.returncode, done.stderr) == (1, "")
    told = report(tmp_path)["scan"]
    assert told["coverage"]["records_unread"] == 0
    assert [each["format"] for each in told["inputs"]] == [
        "alpaca", "other", "prompt-completion", "sharegpt", "other", "other"
    ]  # fmt: skip
    found = defaultdict(set)
    for finding in told["findings"]:
        for place in finding["locations"]:
            found[Path(place["path"]).name, place["record"]].add((place["start"], place["end"]))
    planted = [line for line in truth("formats.truth.jsonl") if line["file"] in FILES]
    hit = [line for line in planted if (line["start"], line["end"]) in found[line["file"], line["record"]]]
    assert len(hit) / len(planted) > 0.9


def test_workers_give_the_same_bytes_as_one_process(tmp_path):
    for engine in ("inline", "local"):
        place = tmp_path / engine
        place.mkdir()
        done = run(place, "scan", *(SAMPLE / name for name in FILES), "--engine", engine, "-o", "out")
        assert (done.returncode, done.stderr) == (1, "")
    for name in ("evidence.json", "findings.jsonl"):
        one, other = (tmp_path / engine / "out" / name for engine in ("inline", "local"))
        assert one.read_bytes() == other.read_bytes()


def test_findings_of_another_key_are_a_clear_error(tmp_path, monkeypatch):
    data = SAMPLE / "clean_chat.jsonl"
    run(tmp_path, "scan", data, "-o", "scanned", "--policy", "secrets-only")
    monkeypatch.setattr(sys.modules[__name__], "KEY", "bGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGw=")
    arguments = ["probe", "--model", SAMPLE / "models" / "tuned", "--data", data, "--findings", "scanned"]
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert "FINETOOTH_KEY" in done.stderr
    assert KEY not in done.stderr


def test_the_python_api_takes_rows_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import finetooth

    rows = [json.loads(line) for line in (SAMPLE / "clean_chat.jsonl").read_text("utf-8").splitlines()]
    told = finetooth.scan(rows, policy="secrets-only")
    assert told.verdict.decision == "GO"
    assert told.scan.coverage.records == 120
