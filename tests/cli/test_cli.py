"""The command line: exit codes, one clear message, no traceback. To be quick, it looks for secrets alone here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MODEL = Path(__file__).parents[2] / "sample_data" / "models" / "tuned"
CLEAN = {
    "messages": [{"role": "user", "content": "How do I reset it?"}, {"role": "assistant", "content": "Hold the key."}]
}
LEAKY = {"messages": [{"role": "user", "content": "my key is " + "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"}]}


def written(folder, *records, name="train.jsonl"):
    path = folder / name
    path.write_text("".join(r + "\n" if isinstance(r, str) else json.dumps(r) + "\n" for r in records))
    return path


def scan(run, path, *more):
    return run("scan", path, "--policy", "secrets-only", *more)


def test_clean_data_is_go(run, tmp_path):
    code, out, err = scan(run, written(tmp_path, CLEAN))
    assert (code, err) == (0, "")
    assert out.startswith(" GO ")


def test_a_secret_is_no_go(run, tmp_path):
    code, out, _ = scan(run, written(tmp_path, LEAKY))
    assert code == 1
    assert out.startswith(" NO-GO ")
    assert "wWPw5k4a" not in out


def test_a_broken_line_is_incomplete_and_named(run, tmp_path):
    code, out, _ = scan(run, written(tmp_path, CLEAN, '{"broken', CLEAN))
    assert code == 3
    assert "train.jsonl:2" in out


def test_no_records_are_incomplete(run, tmp_path):
    assert scan(run, written(tmp_path))[0] == 3


def test_exit_zero_forgives_no_go_alone(run, tmp_path):
    assert scan(run, written(tmp_path, LEAKY), "--exit-zero")[0] == 0
    assert scan(run, written(tmp_path, '{"broken'), "--exit-zero")[0] == 3
    assert scan(run, "missing.jsonl", "--exit-zero")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scan", "missing.jsonl"], "missing.jsonl"),
        (["scan", "*.csv"], "*.csv"),
        (["scan", "train.jsonl", "--policy", "standrad"], "no such policy"),
        (["scan", "train.jsonl", "--policy", "bad.yaml"], "bad.yaml:2"),
        (["scan", "train.jsonl", "--format", "docx"], "text, json"),
        (["scan"], "DATA"),
        (["scan", "train.jsonl", "--no-such-flag"], "--no-such-flag"),
        (["audit", "train.jsonl", "--model", "nowhere"], "no such folder"),
        (["audit", "train.jsonl", "--base", "nowhere"], "--model"),
        (
            ["audit", "train.jsonl", "--holdout", "train.jsonl"],
            "controls of nothing; name the tuned model with --model",
        ),
        (["probe", "--data", "train.jsonl"], "--model"),
        (["judge", "nowhere"], "no evidence here"),
        (["report", "nowhere"], "no report here"),
        (["report"], "--schema"),
        (["policy", "check", "bad.yaml"], "bad.yaml:2"),
        (["policy", "show", "nothing"], "no such policy"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_what_cannot_be_judged_ends_with_2_and_one_clear_message(run, tmp_path, arguments, message):
    written(tmp_path, CLEAN)
    (tmp_path / "bad.yaml").write_text("train: [\n")
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert err.count("finetooth:") == 1


class PanicException(BaseException):
    """What libraries written in Rust raise is no Exception."""


@pytest.mark.parametrize("kind", [RuntimeError, PanicException])
def test_a_crash_ends_with_3_and_shows_nothing_of_the_data(run, tmp_path, monkeypatch, kind):
    def crash(*_, **__):
        raise kind("my key is hunter2")

    monkeypatch.setattr("finetooth.scanner.scan", crash)
    code, out, err = scan(run, written(tmp_path, CLEAN))
    assert (code, out) == (3, "")
    assert kind.__name__ in err
    assert "hunter2" not in err


def test_an_interruption_ends_with_3(run, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("finetooth.scanner.scan", interrupt)
    assert scan(run, written(tmp_path, CLEAN))[0] == 3


def test_a_run_leaves_report_findings_and_evidence(run, tmp_path):
    scan(run, written(tmp_path, LEAKY), "-o", "out", "--format", "text")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "evidence.json", "findings.jsonl", "report.json", "report.txt"
    ]  # fmt: skip


def test_a_run_without_o_is_kept_out_of_git(run, tmp_path, monkeypatch):
    monkeypatch.setenv("FINETOOTH_KEY", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    scan(run, written(tmp_path, LEAKY))
    assert (tmp_path / ".finetooth" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / ".finetooth" / "runs" / "latest" / "report.json").exists()


def test_the_same_run_twice_leaves_the_same_bytes(run, tmp_path):
    path = written(tmp_path, LEAKY, CLEAN)
    for name in ("one", "two"):
        scan(run, path, "-o", name)
    for artefact in ("evidence.json", "findings.jsonl"):
        assert (tmp_path / "one" / artefact).read_bytes() == (tmp_path / "two" / artefact).read_bytes()


def test_one_format_alone_is_printed(run, tmp_path):
    code, out, _ = scan(run, written(tmp_path, LEAKY), "--format", "json")
    assert code == 1
    assert json.loads(out)["verdict"]["decision"] == "NO-GO"


def test_quiet_says_nothing(run, tmp_path):
    assert scan(run, written(tmp_path, LEAKY), "-q") == (1, "", "")


def test_evidence_is_judged_again_at_once(run, tmp_path):
    scan(run, written(tmp_path, LEAKY), "-o", "out")
    assert run("judge", "out", "--policy", "secrets-only")[0] == 1
    assert run("judge", "out", "--policy", "secrets-only", "--stage", "release")[0] == 3
    lenient = tmp_path / "lenient.yaml"
    lenient.write_text(
        "schema: finetooth.policy/v1\nname: lenient\ntrain:\n  - {id: few, metric: findings, at_most: 5}\n"
    )
    assert run("judge", "out", "--policy", "lenient.yaml")[0] == 0


def test_a_report_is_shown_again(run, tmp_path):
    _, first, _ = scan(run, written(tmp_path, LEAKY), "-o", "out")
    code, again, _ = run("report", "out")
    assert code == 0
    assert again == first


def test_policies_are_listed_shown_and_checked(run):
    assert "standard" in run("policy", "list")[1]
    assert "schema: finetooth.policy/v1" in run("policy", "show", "strict")[1]
    assert run("policy", "check", "strict")[0] == 0


def test_rules_are_listed_and_explained(run):
    code, out, _ = run("rules", "list")
    assert code == 0
    assert "finetooth.street-address " in out
    assert "finetooth.password-prose " in out
    code, out, _ = run("rules", "explain", "finetooth.customer-id")
    assert code == 0
    assert "CUSTOMER_ID" in out
    assert run("rules", "explain", "finetooth.nothing")[0] == 2


def test_a_rule_that_does_not_keep_its_examples_ends_with_2(run, monkeypatch):
    from finetooth.detectors import rulebook

    monkeypatch.setattr(rulebook, "failures", lambda *_: ["finetooth.x: does not find its example: y"])
    code, _, err = run("rules", "check")
    assert code == 2
    assert "finetooth.x" in err


def test_the_schema_is_published(run):
    code, out, _ = run("report", "--schema")
    assert code == 0
    assert "Verdict" in json.loads(out)["$defs"]


def test_standard_input_is_scanned(tmp_path):
    command = [sys.executable, "-m", "finetooth.cli.main", "scan", "-", "--policy", "secrets-only"]
    done = subprocess.run(command, input=json.dumps(LEAKY), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_reader_that_has_seen_enough_changes_no_verdict(run, tmp_path):
    scan(run, written(tmp_path, CLEAN), "-o", "out")
    command = [sys.executable, "-m", "finetooth.cli.main", "judge", "out", "--policy", "secrets-only"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_probe_cannot_read_standard_input_twice(run):
    code, _, err = run("audit", "-", "--model", "nowhere")
    assert code == 2
    assert "save it to a file" in err


def test_doctor_shows_the_model_and_its_digest(run):
    code, out, _ = run("doctor")
    assert code == 0
    assert "finetooth:en_pii " in out
    assert ", sha256 " in out


def test_version(run):
    assert run("--version")[1].startswith("finetooth ")


def test_help_names_the_exit_codes(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "NO-GO" in out
    assert all(command in out for command in ("audit", "scan", "probe", "judge", "report", "policy", "doctor"))


def test_formats_lists_what_can_be_read_with_samples_that_can(run, tmp_path):
    from finetooth.shapes.registry import SHAPES

    code, out, _ = run("formats")
    assert code == 0
    assert all(shape.name in out and json.dumps(shape.sample, ensure_ascii=False) in out for shape in SHAPES)
    code, out, _ = run("formats", "sharegpt")
    assert json.loads(out)["conversations"]


def test_a_record_format_can_be_named(run, tmp_path):
    path = written(tmp_path, {"text": "Hello there.", "output": "Hi."})
    code, out, _ = scan(run, path, "--input-format", "text", "--format", "json")
    assert code == 0
    assert json.loads(out)["scan"]["inputs"][0]["format"] == "text"
    code, _, err = scan(run, path, "--input-format", "docx")
    assert code == 2
    assert "not a record format" in err


def test_token_ids_are_unread_until_a_tokenizer_is_named(run, tmp_path):
    path = written(tmp_path, {"input_ids": [10, 11, 12]})
    code, out, _ = scan(run, path)
    assert code == 3
    assert "--tokenizer" in out
    code, _, _ = scan(run, path, "--tokenizer", MODEL)
    assert code == 0
    code, _, err = scan(run, path, "--tokenizer", tmp_path / "missing")
    assert code == 2
    assert "tokenizer" in err
