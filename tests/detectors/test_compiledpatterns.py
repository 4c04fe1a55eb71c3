"""Compiled patterns are kept for the next process: the same patterns, by nobody else, and none of a user's own."""

import importlib
import os
import pickle
import stat
import sys

import pytest
import regex

from finetooth.detectors import compiledpatterns

LIBRARY = """
import regex as re
EARLY = re.compile(r"(?P<year>\\d{4})-\\d\\d")
def find(pattern, flags, text):
    return re.compile(pattern, flags).findall(text)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "finetooth" / "patterns"


@pytest.fixture
def library(tmp_path, monkeypatch, folder):
    """Return a function that imports a library as a new process would, and tells what it compiled."""
    (tmp_path / "somebodys.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(str(tmp_path))
    compiled = []
    compile_pattern = regex.compile

    def noting(pattern, flags=0, **more):
        compiled.append(pattern)
        return compile_pattern(pattern, flags, **more)

    monkeypatch.setattr(regex, "compile", noting)

    def load():
        compiled.clear()
        compiledpatterns._table.cache_clear()
        sys.modules.pop("somebodys", None)
        with compiledpatterns.serving():
            return importlib.import_module("somebodys"), compiled

    yield load
    compiledpatterns._table.cache_clear()
    sys.modules.pop("somebodys", None)


def test_a_second_process_compiles_nothing(library):
    first, compiled = library()
    assert first.find(r"(?P<year>\d{4})-\d\d", regex.IGNORECASE, "in 2024-05") == ["2024"]
    assert len(compiled) == 2
    compiledpatterns.keep()
    second, compiled = library()
    assert second.find(r"(?P<year>\d{4})-\d\d", regex.IGNORECASE, "in 2024-05") == ["2024"]
    assert compiled == []
    assert second.EARLY.groupindex == {"year": 1}


def test_a_pattern_of_a_users_own_is_not_kept(library, folder):
    found, _ = library()
    assert found.find("somebody's name", 0, "it is somebody's name") == ["somebody's name"]
    compiledpatterns.keep()
    [kept] = folder.iterdir()
    assert b"somebody" not in kept.read_bytes()


def test_the_file_is_private(library, folder):
    library()
    compiledpatterns.keep()
    [kept] = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)


@pytest.mark.parametrize(
    "content", [b"", b"nothing", pickle.dumps(Trap()), pickle.dumps({("a", 0): Trap()}), pickle.dumps([])]
)
def test_a_file_that_holds_anything_else_is_not_believed(library, folder, tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    library()
    compiledpatterns.keep()
    [kept] = folder.iterdir()
    kept.write_bytes(content)
    found, compiled = library()
    assert compiled == [found.EARLY.pattern]
    assert not (tmp_path / "sprung").exists()


def test_without_a_folder_all_is_compiled(library, folder):
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    library()
    compiledpatterns.keep()
    assert len(library()[1]) == 1


def test_patterns_with_named_lists_or_of_bytes_are_left_alone(library):
    found, _ = library()
    assert found.re.compile(r"\L<names>", names=["a"]).findall("ab") == ["a"]
    assert found.re.compile(rb"a").findall(b"ab") == [b"a"]


def test_the_import_is_as_it_was_afterwards(library):
    library()
    assert sys.modules["regex"] is regex
