"""The hook, in real repositories: what a commit adds is judged, quietly. To be quick, it looks for secrets alone."""

import json
import shutil
import stat
import sys
from datetime import date

import pytest

from finetooth import waiveredit
from finetooth.waiver import Waiver

SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
POLICY = """
schema: finetooth.policy/v1
name: quick
detect: {identifiers: false, ner: null}
train:
  - {id: enough, metric: records, at_least: 1000}
  - {id: coverage, metric: records_unread, at_most: 0}
  - {id: no-credentials, metric: findings, where: {category: credential, tier: block}, at_most: 0}
  - {id: few, metric: records_with_findings_rate, where: {category: credential}, at_most: 0.4}
"""


def chat(text):
    turns = [{"role": "user", "content": "How do I reset it?"}, {"role": "assistant", "content": text}]
    return json.dumps({"messages": turns}) + "\n"


CLEAN, LEAKY = chat("Hold the key for ten seconds."), chat(f"Sign in with {SECRET} please.")


@pytest.fixture
def repository(tmp_path, git):
    """A new repository in the working directory, with a policy of its own; returns a function that runs git."""
    call = git(tmp_path)
    (tmp_path / "quick.yaml").write_text(POLICY)
    (tmp_path / "finetooth.toml").write_text('policy = "quick.yaml"\n')
    return call


@pytest.fixture
def stage(repository, tmp_path):
    def write(text, name="train.jsonl"):
        (tmp_path / name).write_text(text)
        repository("add", "--", name)

    return write


@pytest.fixture
def commit(repository, stage):
    def write(text, name="train.jsonl"):
        stage(text, name)
        repository("commit", "-qm", "more")

    return write


def test_a_clean_commit_passes_in_silence(run, stage):
    stage(CLEAN)
    assert run("hook", "train.jsonl") == (0, "", "")


def test_a_secret_in_what_is_added_stops_the_commit(run, stage, commit):
    commit(CLEAN * 49)
    stage(CLEAN * 49 + "\n" + CLEAN.replace("ten", "six") + LEAKY)
    code, out, err = run("hook", "train.jsonl")
    assert (code, err) == (1, "")
    place = f"train.jsonl:52 messages[1].content@13-{13 + len(SECRET)}: ACCESS_TOKEN "
    assert out.splitlines()[0].startswith(place)
    assert "NO-GO, over 2 records (new or changed in 1 file):" in out
    assert "FAIL no-credentials: 1 finding, at most 0 is allowed" in out
    assert "FAIL few: 1 of 2 records with findings (50.00%)" in out
    assert "Revoke the credentials" in out
    assert "git add" in out
    assert SECRET[6:14] not in out


def test_what_was_committed_before_is_not_scanned_again(run, stage, commit):
    commit(LEAKY + "{broken\n")
    stage(LEAKY + "{broken\n" + CLEAN)
    assert run("hook", "train.jsonl") == (0, "", "")


def test_what_is_staged_is_judged_and_not_the_working_tree(run, stage, commit, tmp_path):
    commit(CLEAN)
    stage(CLEAN + LEAKY)
    (tmp_path / "train.jsonl").write_text(CLEAN)
    assert run("hook", "train.jsonl")[0] == 1
    stage(CLEAN * 2)
    (tmp_path / "train.jsonl").write_text(LEAKY)
    assert run("hook", "train.jsonl") == (0, "", "")


def test_taking_a_leak_out_passes(run, stage, commit):
    commit(CLEAN + LEAKY)
    stage(CLEAN)
    assert run("hook", "train.jsonl") == (0, "", "")


def test_a_commit_that_adds_nothing_loads_no_detector(run, repository, commit, monkeypatch):
    monkeypatch.setattr("finetooth.detectors.suite.build", None)  # whoever calls it breaks
    commit(CLEAN + LEAKY)
    repository("mv", "train.jsonl", "moved.jsonl")
    assert run("hook", "moved.jsonl") == (0, "", "")
    repository("rm", "-qf", "moved.jsonl")
    assert run("hook", "train.jsonl") == (0, "", "")


def test_an_empty_new_file_adds_nothing(run, stage):
    stage("")
    assert run("hook", "train.jsonl") == (0, "", "")


def test_a_file_that_the_commit_does_not_touch_is_scanned_whole(run, commit):
    """As `pre-commit run --all-files` names it: what was committed without the hook must not look clean."""
    commit(CLEAN + LEAKY)
    code, out, _ = run("hook", "train.jsonl")
    assert code == 1
    assert "over 2 records (all of 1 file)" in out


def test_all_that_is_staged_is_judged_where_it_is_asked_for(run, repository, stage, commit, tmp_path):
    commit(LEAKY + CLEAN)
    commit(LEAKY, "other.jsonl")
    stage(LEAKY + CLEAN * 2)
    (tmp_path / "train.jsonl").write_text(CLEAN)  # the index is asked here too
    code, out, _ = run("hook", "--full", "train.jsonl")
    assert code == 1
    assert out.startswith("train.jsonl:1 messages[1]")
    assert "over 3 records (all of 1 file)" in out
    assert "other.jsonl" not in out
    repository("reset", "-q", "--hard")
    repository("mv", "train.jsonl", "moved.jsonl")
    assert run("hook", "moved.jsonl") == (0, "", "")
    assert "moved.jsonl:1 " in run("hook", "--full", "moved.jsonl")[1]
    assert run("hook", "--full", "train.jsonl") == (0, "", "")  # which is removed


def test_an_unreadable_line_of_an_earlier_commit_is_incomplete_where_all_is_judged(run, stage, commit):
    commit(CLEAN + "{broken\n")
    stage("{broken\n" + CLEAN)
    assert run("hook", "train.jsonl") == (0, "", "")
    code, out, _ = run("hook", "--full", "train.jsonl")
    assert code == 3
    assert "train.jsonl:1: not valid JSON" in out


def test_a_file_outside_of_any_repository_is_scanned_whole(run, tmp_path, repository):
    (tmp_path / "data.jsonl").write_text(CLEAN + LEAKY)
    shutil.rmtree(tmp_path / ".git")
    assert run("hook", "data.jsonl")[0] == 1


def test_a_bad_line_that_is_added_is_incomplete_and_named(run, stage, commit):
    commit(CLEAN)
    stage(CLEAN + "{broken\n")
    code, out, _ = run("hook", "train.jsonl")
    assert code == 3
    assert "train.jsonl:2: not valid JSON" in out
    assert "INCOMPLETE, over 0 records" in out


def test_a_pointer_is_incomplete_and_not_clean(run, stage):
    stage("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
    code, out, _ = run("hook", "train.jsonl")
    assert code == 3
    assert "Git LFS" in out


def test_other_containers_are_read_record_by_record(run, stage, commit):
    commit(f'id,note\n1,"{SECRET}\n"\n2,fine\n', "notes.csv")
    stage(f'id,note\n0,added\n1,"{SECRET}\n"\n2,fine\n', "notes.csv")
    assert run("hook", "notes.csv") == (0, "", "")
    stage(f'id,note\n0,added\n1,"{SECRET}\n"\n2,"fine\n\n{SECRET}"\n', "notes.csv")
    code, out, _ = run("hook", "notes.csv")
    assert code == 1
    assert out.startswith("notes.csv:5 note@6-")


def test_several_files_at_once(run, stage, commit):
    commit(CLEAN)
    stage(CLEAN + CLEAN.replace("ten", "six"))
    stage(LEAKY, "new.jsonl")
    code, out, _ = run("hook", "train.jsonl", "new.jsonl", "train.jsonl")
    assert code == 1
    assert out.startswith("new.jsonl:1 ")
    assert "over 2 records (new or changed in 1 file, all of 1 file)" in out


def test_a_run_is_not_replaced_and_git_sees_nothing_new(run, repository, stage, tmp_path):
    stage(CLEAN)
    stage(POLICY, "quick.yaml")
    stage("", "finetooth.toml")
    latest = tmp_path / ".finetooth" / "runs" / "latest"
    latest.mkdir(parents=True)
    (latest / "report.json").write_text("kept")
    run("hook", "train.jsonl", "--policy", "quick.yaml")
    assert [path.name for path in latest.iterdir()] == ["report.json"]
    assert (latest / "report.json").read_text() == "kept"
    assert not [line for line in repository("status", "--short").stdout.splitlines() if not line.startswith("A ")]


@pytest.mark.parametrize("before", ["", CLEAN])
def test_the_same_change_is_scanned_once(run, stage, commit, monkeypatch, before):
    commit(before or CLEAN, "train.jsonl" if before else "other.jsonl")
    stage(before + CLEAN.replace("ten", "six") + LEAKY)
    first = run("hook", "train.jsonl")
    assert first[0] == 1
    monkeypatch.setattr("finetooth.detectors.suite.build", None)  # whoever calls it breaks
    assert run("hook", "train.jsonl") == first
    assert run("hook", "train.jsonl", "--no-resume")[0] == 3


def test_another_change_is_scanned_anew(run, stage, commit):
    commit(CLEAN)
    stage(CLEAN + LEAKY)
    assert run("hook", "train.jsonl")[0] == 1
    stage(CLEAN + CLEAN.replace("ten", "six"))
    assert run("hook", "train.jsonl")[0] == 0
    stage(CLEAN + LEAKY)
    assert run("hook", "train.jsonl")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl"], "none.jsonl: there is no such file"),
        (["folder"], "folder: is a folder"),
        (["train.jsonl", "--policy", "standrad"], "no such policy"),
        (["train.jsonl", "--policy", "records.yaml"], "no requirements for the train gate"),
        ([], "FILES"),
    ],
)
def test_what_cannot_be_judged_ends_with_2(run, stage, tmp_path, arguments, message):
    stage(CLEAN)
    (tmp_path / "folder").mkdir()
    one = POLICY.splitlines()[:6]
    (tmp_path / "records.yaml").write_text("\n".join(one) + "\n")
    code, out, err = run("hook", *arguments)
    assert (code, out) == (2, "")
    assert message in err


@pytest.fixture
def accept(run, tmp_path):
    """Return a function that accepts the secret of what is staged until a day, under a policy that lets it."""
    (tmp_path / "quick.yaml").write_text(POLICY + "waivers: {credentials: true}\n")

    def until(day):
        run("scan", "train.jsonl", "-o", "scanned")
        [line] = (tmp_path / "scanned" / "findings.jsonl").read_text().splitlines()
        waiver = Waiver(
            fingerprint=json.loads(line)["fingerprint"],
            entity_type="ACCESS_TOKEN",
            reason="revoked",
            owner="security@acme.example",
            expires=day,
        )
        key_id = json.loads((tmp_path / "scanned" / "report.json").read_text())["key_id"]
        waiveredit.add(tmp_path / "finetooth-waivers.yaml", waiver, key_id)

    return until


def test_what_was_accepted_passes_and_is_shown_with_its_owner(run, stage, accept, tmp_path):
    stage(CLEAN + LEAKY)
    accept(date(9999, 12, 31))
    code, out, err = run("hook", "train.jsonl")
    assert (code, err) == (0, "")
    place = f"train.jsonl:2 messages[1].content@13-{13 + len(SECRET)}: ACCESS_TOKEN ••••••••••••…"
    assert out == f"{place}: waived, until 9999-12-31, security@acme.example: revoked\n"
    stage(CLEAN)  # a waiver whose finding is not in the commit is not told of: a part of the data says nothing of it
    assert run("hook", "train.jsonl") == (0, "", "")


def test_what_was_accepted_once_stops_the_commit_and_is_told(run, stage, accept):
    stage(CLEAN + LEAKY)
    accept(date(2020, 1, 1))
    code, out, _ = run("hook", "train.jsonl")
    assert code == 1
    assert "its waiver is EXPIRED and does not count: its last day was 2020-01-01" in out
    assert "FAIL no-credentials: 1 finding, at most 0 is allowed" in out
    code, out, _ = run("hook", "train.jsonl", "--policy", "secrets-only")
    assert code == 1


def test_what_the_policy_does_not_let_waive_stops_the_commit(run, stage, accept):
    stage(CLEAN + LEAKY)
    accept(date(9999, 12, 31))
    code, out, _ = run("hook", "train.jsonl", "--policy", "secrets-only")
    assert code == 1
    assert "its waiver is REFUSED and does not count: the policy 'secrets-only' lets nobody waive a credential" in out


def test_only_what_is_not_accepted_is_listed_as_the_ground(run, stage, accept):
    stage(CLEAN + LEAKY)
    accept(date(9999, 12, 31))
    stage(CLEAN + LEAKY + LEAKY.replace(SECRET, SECRET.swapcase().replace("GHP", "ghp")))
    code, out, _ = run("hook", "train.jsonl")
    assert code == 1
    listed = [line for line in out.splitlines() if line.startswith("train.jsonl:")]
    assert len(listed) == 2
    assert listed[0].startswith("train.jsonl:3 ")
    assert "waived" in listed[1]


def test_quiet_and_exit_zero(run, stage):
    stage(LEAKY)
    assert run("hook", "train.jsonl", "-q") == (1, "", "")
    assert run("hook", "train.jsonl", "--exit-zero")[0] == 0
    stage("{broken\n")
    assert run("hook", "train.jsonl", "--exit-zero")[0] == 3


def test_git_itself_runs_it_before_a_commit(repository, stage, commit, tmp_path):
    commit(CLEAN)
    script = tmp_path / ".git" / "hooks" / "pre-commit"
    script.write_text(
        "#!/bin/sh\n"
        "git diff --cached --name-only -z | "
        f"xargs -0 {sys.executable} -m finetooth.cli.main hook --policy secrets-only\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    stage(CLEAN + LEAKY)
    stopped = repository("commit", "-m", "leaks", check=False)
    assert stopped.returncode != 0
    assert "train.jsonl:2 messages[1].content@13-53: ACCESS_TOKEN" in stopped.stdout + stopped.stderr
    stage(CLEAN * 2)
    (tmp_path / "train.jsonl").write_text(CLEAN + LEAKY)
    (tmp_path / "other.jsonl").write_text(CLEAN)
    repository("add", "other.jsonl")
    repository("commit", "-m", "clean")  # the index that git has by then, with the working tree still leaking
    assert repository("commit", "-am", "leaks", check=False).returncode != 0
    assert repository("log", "--format=%s").stdout.splitlines() == ["clean", "more"]
