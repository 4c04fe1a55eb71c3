"""``finetooth verify``: its codes, and what it says."""

import json
import subprocess
from pathlib import Path

import pytest

CLEAN = {"text": "How do I reset it?"}


@pytest.fixture
def judged(run):
    """A function that runs a command, where clean data has been judged GO."""
    Path("train.jsonl").write_text(json.dumps(CLEAN) + "\n")
    code, said, _ = run("scan", "train.jsonl", "--policy", "secrets-only", "-o", "out")
    assert code == 0
    assert "Passport: out/passport.json, unsigned, good until" in said
    return run


def test_valid(judged):
    code, said, wrong = judged("verify", "out/passport.json", "train.jsonl", "--policy", "secrets-only")
    assert (code, wrong) == (0, "")
    assert said.startswith("VALID\n  note: unsigned")
    assert "issued for 1 record in 1 file" in said


def test_refused(judged):
    Path("train.jsonl").write_text(json.dumps({"text": "Something else"}) + "\n")
    code, said, _ = judged("verify", "out/passport.json", "train.jsonl")
    assert code == 1
    assert said.startswith("REFUSED\n  different data: train.jsonl")


def test_refused_without_a_word(judged):
    assert judged("verify", "out/passport.json", "train.jsonl", "--policy", "standard", "-q")[:2] == (1, "")


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere.json", "train.jsonl"),
        ("out/passport.json", "nowhere.jsonl"),
        ("out/passport.json", "train.jsonl", "--policy", "nowhere"),
        ("out/passport.json", "train.jsonl", "--key", "nowhere.pem"),
        ("out/passport.json", "train.jsonl", "--model", "nowhere"),
    ],
)
def test_what_does_not_exist_is_an_error(judged, words):
    code, said, wrong = judged("verify", *words)
    assert (code, said) == (2, "")
    assert "nowhere" in wrong


def test_what_cannot_be_read_is_not_checked(judged):
    Path("train.jsonl").write_text("{\n")
    code, said, _ = judged("verify", "out/passport.json", "train.jsonl", "--records")
    assert code == 3
    assert said.startswith("NOT CHECKED\n  not checked: train.jsonl:2: not valid JSON")


def test_signed_with_the_configured_key(judged):
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", "signing.pem"], check=True)
    subprocess.run(["openssl", "pkey", "-in", "signing.pem", "-pubout", "-out", "public.pem"], check=True)
    Path("finetooth.toml").write_text('policy = "secrets-only"\nsigning_key = "signing.pem"\npassport_days = 7\n')
    code, said, _ = judged("scan", "train.jsonl", "-o", "out")
    assert code == 0
    assert "signed with key" in said
    code, said, _ = judged("verify", "out/passport.json", "train.jsonl", "--key", "public.pem")
    assert code == 0
    assert "note" not in said


def test_a_signing_key_that_cannot_be_used_is_an_error_and_not_an_unsigned_passport(judged):
    Path("finetooth.toml").write_text('signing_key = "nowhere.pem"\n')
    code, _, wrong = judged("scan", "train.jsonl", "--policy", "secrets-only", "-o", "again")
    assert code == 2
    assert "nowhere.pem" in wrong
    assert not Path("again").exists()


def test_it_is_an_error_before_the_work_begins(judged, monkeypatch):
    monkeypatch.setenv("FINETOOTH_SIGNING_KEY", "no key")
    monkeypatch.setattr("finetooth.scanner.scan", lambda *_, **__: pytest.fail("it was scanned"))
    code, _, wrong = judged("scan", "train.jsonl", "--policy", "secrets-only", "-o", "again")
    assert code == 2
    assert "FINETOOTH_SIGNING_KEY" in wrong


def test_judging_evidence_again_issues_one_too(judged):
    code, _, _ = judged("judge", "out", "--policy", "secrets-only", "-o", "again")
    assert code == 0
    assert judged("verify", "again/passport.json", "train.jsonl")[0] == 0
