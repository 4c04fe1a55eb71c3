"""What holds for every test."""

import os
import subprocess
import sys

import pytest
from hypothesis import settings

from finetooth.cli import main
from finetooth.sources import gitindex

# A busy machine is slow now and then, which says nothing about the code.
settings.register_profile("finetooth", deadline=None)
settings.load_profile("finetooth")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command in an empty folder and gives its code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["finetooth", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return call


@pytest.fixture
def git(monkeypatch):
    """Return a function that makes a repository of a folder, and gives one that runs git where it is called.

    Nobody's settings but git's own reach it.
    """
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    gitindex._content.cache_clear()

    def call(*arguments, check=True, told=None):
        done = subprocess.run(["git", *arguments], capture_output=True, check=check, input=told)
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def make(folder):
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        call("init", "-q", "-b", "main", ".")
        call("config", "user.email", "somebody@example.com")
        call("config", "user.name", "Somebody")
        return call

    return make
