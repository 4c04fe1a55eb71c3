"""``finetooth init``: writes a configuration once, and nothing over what is there."""

import subprocess

import pytest

from finetooth import config


def test_it_writes_a_configuration_and_says_what_comes_next(run, tmp_path):
    code, out, err = run("init")
    assert (code, err) == (0, "")
    assert config.find(tmp_path).home == tmp_path
    assert config.find(tmp_path).settings == config.Settings()
    assert "finetooth scan" in out
    assert "finetooth hook" in out


def test_it_names_a_policy(run, tmp_path):
    code, out, _ = run("init", "--policy", "gdpr")
    assert code == 0
    assert "gdpr" in out
    assert config.find(tmp_path).policy == "gdpr"


def test_a_policy_that_there_is_not_leaves_no_file(run, tmp_path):
    code, _, err = run("init", "--policy", "standrad")
    assert code == 2
    assert "no such policy" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("finetooth.toml", 'policy = "strict"\n', "finetooth.toml: already configures finetooth; edit"),
        ("finetooth.toml", "", "finetooth.toml: already configures finetooth; edit"),
        ("pyproject.toml", '[tool.finetooth]\npolicy = "strict"\n', "under [tool.finetooth]"),
    ],
)
def test_it_refuses_to_write_over_what_configures_finetooth(run, tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    code, out, err = run("init")
    assert (code, out) == (2, "")
    assert name in err
    assert told in err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: text}


def test_a_pyproject_of_something_else_is_no_hindrance(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "package"\n')
    assert run("init")[0] == 0


def test_what_stands_in_the_way_is_a_clear_error(run, tmp_path):
    (tmp_path / "finetooth.toml").mkdir()
    code, _, err = run("init")
    assert code == 2
    assert "cannot be written" in err


def test_git_ignores_what_runs_leave(run, tmp_path, git):
    call = git(tmp_path)
    run("init")
    (tmp_path / ".finetooth" / "key").write_text("secret")
    assert call("status", "--porcelain", "--untracked-files=all").stdout == "?? finetooth.toml\n"
    assert (tmp_path / ".finetooth").stat().st_mode & 0o777 == 0o700


def test_a_scan_runs_with_it(run, tmp_path):
    run("init", "--policy", "secrets-only")
    (tmp_path / "train.jsonl").write_text('{"text": "Hold the key for ten seconds."}\n')
    code, out, _ = run("scan", "train.jsonl")
    assert code == 0
    assert "policy secrets-only" in out
    assert (
        subprocess.run(["find", ".", "-name", "*.toml"], capture_output=True, check=True).stdout
        == b"./finetooth.toml\n"
    )
