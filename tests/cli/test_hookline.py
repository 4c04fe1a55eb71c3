"""The hook's own reading of a plain command line is typer's, and of any other it says nothing."""

from pathlib import Path

import pytest

from finetooth.cli import hookline
from finetooth.cli.commands import app

DEFAULTS = {"policy": None, "waivers": None, "input_format": None, "tokenizer": None}
DEFAULTS |= {"full": False, "resume": True, "quiet": False, "exit_zero": False}


@pytest.fixture
def typed(monkeypatch):
    """Return a function that gives what typer makes of a command line."""
    called = []

    def judge(files, policy, waivers, input_format, tokenizer, **more):
        names = ("files", "policy", "waivers", "input_format", "tokenizer")
        called.append(dict(zip(names, (files, policy, waivers, input_format, tokenizer), strict=True)) | more)
        return 0

    def read(line):
        called.clear()
        with monkeypatch.context() as context:
            context.setattr(hookline, "judge", judge)
            app(line, standalone_mode=False)
        return called[0]

    return read


@pytest.mark.parametrize(
    "line",
    [
        "a.jsonl",
        "a.jsonl b.csv",
        "a --policy strict b",
        "--policy=strict a",
        "--policy= a",
        "--policy strict --policy lax a",
        "a --waivers w.yaml --input-format alpaca --tokenizer t",
        "--waivers=x=y a",
        "-q a",
        "--quiet --exit-zero --no-resume a",
        "--no-resume --resume a",
        "a --full",
        "-- a --policy",
        "a -- -q",
        "a -- b -- c",
    ],
)
def test_a_plain_line_is_read_alike(typed, line):
    words = ["hook", *line.split(" ")]
    assert DEFAULTS | hookline.read(words) == typed(words)


def test_types_are_alike(typed):
    words = ["hook", "a", "--waivers", "w.yaml"]
    assert type(hookline.read(words)["waivers"]) is type(typed(words)["waivers"]) is type(Path())


@pytest.mark.parametrize(
    "line",
    [
        *("", "--help", "-h", "a --help", "--policy", "a --policy", "a -v", "-qq a", "-", "--quiet=1 a", "--pol x a"),
        *("--policy -q a", "--policy --quiet a", "--policy -- a", "-q", "--", "-p x a", "--exit-zero=yes a"),
    ],
)
def test_any_other_is_left_to_typer(line):
    assert hookline.read(["hook", *line.split()]) is None
    assert hookline.read(line.split()) is None


def test_other_commands_are_left_to_typer():
    assert hookline.read(["scan", "a"]) is None
    assert hookline.read(["--version"]) is None
    assert hookline.read([]) is None
