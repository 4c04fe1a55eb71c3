"""What holds for every test."""

import sys

import pytest
from hypothesis import settings

from finetooth.cli import main

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
