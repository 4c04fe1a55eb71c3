"""The hooks under pre-commit itself, in real repositories: its own stash, its own names of files, its own verdict."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from checkouts import ROOT, checkout
from finetooth.sources import container
from finetooth.sources.gitindex import SIZE_LIMIT

SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
ADDED, FULL = "finetooth", "finetooth-full"


def chat(text):
    turns = [{"role": "user", "content": "How do I reset it?"}, {"role": "assistant", "content": text}]
    return json.dumps({"messages": turns}) + "\n"


CLEAN, OTHER = chat("Hold the key for ten seconds."), chat("Hold the key for six seconds.")
LEAKY = chat(f"Sign in with {SECRET} please.")


@pytest.fixture
def repository(tmp_path, monkeypatch, git):
    """A repository that looks for secrets alone, to be quick; returns a function that runs git."""
    call = git(tmp_path / "repository")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("FINETOOTH_KEY", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    Path("finetooth.toml").write_text('policy = "secrets-only"\n')
    call("add", "finetooth.toml")
    call("commit", "-qm", "configured")
    return call


@pytest.fixture
def hooked(repository, precommit):
    """Return a function that has pre-commit run a hook as our manifest says, but in this environment."""

    def install(name=ADDED, **changed):
        hook = HOOKS[name] | {"language": "system"} | changed
        configured({"repos": [{"repo": "local", "hooks": [hook]}]}, repository)
        precommit("install")

    return install


@pytest.fixture
def precommit(repository):
    """Return a function that runs pre-commit, and gives its code and what it said."""

    def call(*arguments, check=True):
        command = [sys.executable, "-m", "pre_commit", *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert not check or not done.returncode, done.stdout
        return done.returncode, done.stdout

    return call


def configured(config, git):
    Path(".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git("add", ".pre-commit-config.yaml")


def stage(git, text, name="train.jsonl"):
    Path(name).write_text(text)
    git("add", "--", name)


def commit(git, *arguments):
    """Try to commit; return whether it was made, and what was said."""
    done = git("commit", "-m", "data", *arguments, check=False)
    return not done.returncode, done.stdout + done.stderr


def test_a_planted_key_stops_the_commit_and_the_mended_one_is_made_in_silence(repository, hooked):
    hooked()
    stage(repository, CLEAN + LEAKY)
    made, said = commit(repository)
    assert not made
    assert f"train.jsonl:2 messages[1].content@13-{13 + len(SECRET)}: ACCESS_TOKEN" in said
    assert "NO-GO, over 2 records (all of 1 file):" in said
    assert SECRET[6:14] not in said
    stage(repository, CLEAN + OTHER)
    made, said = commit(repository)
    assert made
    told = said.splitlines()
    [line] = [number for number, each in enumerate(told) if each.startswith(HOOKS[ADDED]["name"])]
    assert told[line].endswith("...Passed")
    assert told[line + 1 :] == []  # pre-commit would show here what the hook says
    assert repository("status", "--short").stdout == ""


def test_of_a_file_that_the_last_commit_has_only_what_is_added_counts(repository, hooked):
    stage(repository, CLEAN + LEAKY)
    assert commit(repository)[0]
    hooked()
    stage(repository, CLEAN + LEAKY + OTHER)
    assert commit(repository)[0]


def test_the_full_hook_finds_what_was_committed_without_one(repository, hooked):
    stage(repository, CLEAN + LEAKY)
    assert commit(repository)[0]
    hooked(FULL)
    stage(repository, CLEAN + LEAKY + OTHER)
    made, said = commit(repository)
    assert not made
    assert "train.jsonl:2 " in said
    assert "NO-GO, over 3 records (all of 1 file):" in said
    stage(repository, CLEAN + OTHER)
    assert commit(repository)[0]


@pytest.mark.parametrize("hook", [ADDED, FULL])
def test_what_is_staged_is_judged_and_not_what_lies_in_the_tree(repository, hooked, hook):
    hooked(hook)
    stage(repository, CLEAN + LEAKY)
    Path("train.jsonl").write_text(CLEAN)  # mended, and not yet staged
    made, said = commit(repository)
    assert not made
    assert "train.jsonl:2 " in said
    stage(repository, CLEAN)
    Path("train.jsonl").write_text(CLEAN + LEAKY)  # not to be committed
    assert commit(repository)[0]
    assert Path("train.jsonl").read_text() == CLEAN + LEAKY
    assert repository("show", "HEAD:train.jsonl").stdout == CLEAN
    made, said = commit(repository, "--all")  # now it is, in an index that git makes for this commit alone
    assert not made
    assert "train.jsonl:2 " in said


def test_all_files_are_judged_whole_when_pre_commit_names_all(repository, precommit, hooked):
    stage(repository, CLEAN + LEAKY)
    assert commit(repository)[0]
    hooked()
    code, said = precommit("run", "--all-files", check=False)
    assert code == 1
    assert "train.jsonl:2 " in said
    stage(repository, CLEAN)
    assert precommit("run", "--all-files")[0] == 0


@pytest.mark.parametrize("hook", [ADDED, FULL])
def test_a_pointer_stops_the_commit_as_incomplete(repository, hooked, hook):
    hooked(hook)
    stage(repository, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "train.parquet")
    made, said = commit(repository)
    assert not made
    assert "train.parquet: a pointer to data that git does not hold (Git LFS, git-annex)" in said
    assert "INCOMPLETE, over 0 records" in said


def test_a_link_of_git_annex_is_not_passed_over(repository, hooked):
    hooked()
    Path("train.jsonl").symlink_to(".git/annex/objects/wx/12/SHA256E-s5--4d7a.jsonl/SHA256E-s5--4d7a.jsonl")
    repository("add", "train.jsonl")
    made, said = commit(repository)
    assert not made
    assert "train.jsonl: a link to data that git does not hold (git-annex)" in said


@pytest.mark.slow
def test_a_file_that_is_too_large_stops_the_commit_as_incomplete(repository, hooked):
    hooked()
    repository("config", "core.compression", "1")
    with Path("train.jsonl").open("wb") as file:
        file.write(CLEAN.encode())
        file.truncate(SIZE_LIMIT + 1)
    repository("add", "train.jsonl")
    made, said = commit(repository)
    assert not made
    assert f"train.jsonl: larger than {SIZE_LIMIT >> 20} MiB; scan it with `finetooth scan`" in said
    assert "INCOMPLETE" in said


def test_a_file_that_is_called_as_an_option_is_a_file(repository, hooked):
    hooked()
    stage(repository, LEAKY, "--policy=none.jsonl")
    made, said = commit(repository)
    assert not made
    assert "--policy=none.jsonl:1 " in said


def test_what_is_no_dataset_by_its_name_is_left_alone(repository, hooked):
    hooked()
    stage(repository, f"Sign in with {SECRET} please.\n", "NOTES.md")
    made, said = commit(repository)
    assert made
    assert "(no files to check)Skipped" in said


def test_both_hooks_at_once_and_arguments_of_ones_own(repository, precommit):
    hooks = [hook | {"language": "system", "args": ["--policy", "strict", "--"]} for hook in HOOKS.values()]
    configured({"repos": [{"repo": "local", "hooks": hooks}]}, repository)
    precommit("install")
    stage(repository, chat("Write to jane.roe@acme-widgets.com, or call 202-555-0143."))
    made, said = commit(repository)
    assert not made
    assert said.count("EMAIL_ADDRESS") == len(HOOKS)


def test_pre_commit_takes_the_manifest(precommit):
    precommit("validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))


def test_what_the_page_shows_is_what_pre_commit_takes_and_what_the_manifest_has(precommit):
    page = (ROOT / "docs" / "hook.md").read_text("utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    for text in shown:
        Path("config.yaml").write_text(text)
        precommit("validate-config", "config.yaml")
    remote, local = (yaml.safe_load(text)["repos"][0] for text in shown)
    assert {hook["id"] for hook in remote["hooks"]} <= set(HOOKS)
    [hook] = local["hooks"]
    own = hook | {"language": "python", "name": HOOKS[ADDED]["name"]}
    assert own == {name: value for name, value in HOOKS[ADDED].items() if name in own}
    prose = [each for each in container.TEXT_ENDINGS if each not in (".txt", ".text")]
    assert f"(`{' '.join(prose)}`)" in page


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_the_names_of_all_that_can_be_read_are_matched(repository, precommit, hooked, hook):
    read = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".tar", ".tgz", ".zip"]
    read += [".jsonl.gz", ".csv.zst", ".json.BZ2", ".tar.xz", ".parquet.lz4", ".jsonl.gz.zstd", ".TXT", ".text"]
    prose = [each for each in container.TEXT_ENDINGS if each not in (".txt", ".text")]
    others = [".py", ".jsonl.orig", ".csvs", ".json.py"]
    hooked(hook["id"], entry="printf %s,", args=[], verbose=True)
    for ending in (*read, *prose, *others):
        stage(repository, "", f"file{ending}")
    _, said = precommit("run")
    [named] = [line for line in said.splitlines() if line.startswith("file")]
    assert sorted(named.strip(",").split(",")) == sorted(f"file{ending}" for ending in read)


@pytest.mark.slow
def test_pre_commit_builds_finetooth_itself(repository, precommit, tmp_path, monkeypatch, git):
    """As a user has it: from a repository at a revision, in an environment that pre-commit makes."""
    source = checkout(tmp_path / "finetooth")
    there = git(source)
    there("add", ".")
    there("commit", "-qm", "a revision")
    revision = there("rev-parse", "HEAD").stdout.strip()
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.setenv("PIP_CONSTRAINT", str(ROOT / "constraints.txt"))
    hooks = [{"id": name} for name in HOOKS]
    configured({"repos": [{"repo": str(source), "rev": revision, "hooks": hooks}]}, repository)
    precommit("install", "--install-hooks")
    monkeypatch.setenv("PATH", os.pathsep.join(_without_finetooth()))
    stage(repository, CLEAN + LEAKY)
    made, said = commit(repository)
    assert not made
    assert said.count(f"train.jsonl:2 messages[1].content@13-{13 + len(SECRET)}: ACCESS_TOKEN") == len(HOOKS)
    stage(repository, CLEAN)
    made, said = commit(repository)
    assert made
    assert said.count("Passed") == len(HOOKS)


def _without_finetooth():
    folders = os.environ["PATH"].split(os.pathsep)
    kept = [folder for folder in folders if not (Path(folder) / "finetooth").exists()]
    assert shutil.which("git", path=os.pathsep.join(kept))
    return kept
