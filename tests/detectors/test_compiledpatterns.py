"""Compiled patterns are kept for the next process: the same patterns, by nobody else, and none of a user's own."""

import importlib
import os
import pickle
import re
import stat
import sys

import pytest
import regex
import yaml

from finetooth.detectors import compiledpatterns
from finetooth.detectors.identifier_rules import FILES, compiled, load
from finetooth.detectors.rulefiles import shipped

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


@pytest.fixture
def anew(folder):
    """Return a function that forgets what this process knows, as another one would, having kept it or not."""

    def forget(*, kept=True):
        if kept:
            compiledpatterns.keep()
        compiledpatterns._table.cache_clear()

    forget(kept=False)
    yield forget
    compiledpatterns._table.cache_clear()


OURS = (r"(?P<year> \d{4} ) - (?: \d\d | [À-ÿ€😀] )+ # verbose", r"(?i)(?<![^\W_])(straße|K)(?![^\W_])\Z", "")


@pytest.mark.parametrize("pattern", OURS)
@pytest.mark.parametrize("flags", [0, re.VERBOSE, re.IGNORECASE | re.ASCII])
def test_a_pattern_of_ours_is_compiled_as_it_was(anew, monkeypatch, pattern, flags):
    # `re` holds patterns equal that were compiled to the same code from the same text.
    assert compiledpatterns.with_re(pattern, flags) == re.compile(pattern, flags)
    anew()
    monkeypatch.setattr(compiledpatterns, "_code", lambda *_: pytest.fail("compiled once more"))
    again = compiledpatterns.with_re(pattern, flags)
    assert again == re.compile(pattern, flags)
    assert (again.groupindex, again.groups) == (
        re.compile(pattern, flags).groupindex,
        re.compile(pattern, flags).groups,
    )


def test_every_pattern_of_our_rules_is_compiled_as_re_does(anew):
    patterns = {rule.pattern.pattern for file in FILES for rule in load(file)}
    assert len(patterns) > 100
    assert all(compiledpatterns.with_re(each, re.VERBOSE) == re.compile(each, re.VERBOSE) for each in patterns)


@pytest.mark.parametrize(
    "kept", [(0, b"\x01\x02\x03", 0, {}), (0, b"\xff" * 16, 0, {}), ("", b"", 1, {"a": 9}), "no", 7]
)
def test_code_that_was_damaged_is_not_run(anew, monkeypatch, kept):
    with monkeypatch.context() as damaged:
        damaged.setattr(compiledpatterns, "_code", lambda *_: kept)
        compiledpatterns.with_re("b+")
        anew()
    assert compiledpatterns.with_re("b+").findall("abba") == ["bb"]


def test_words_of_a_users_own_rule_are_not_kept(anew, folder):
    rule = {"id": "acme.x", "name": "x", "entity_type": "PERSON", "pattern": "[0-9]{4}", "validation": "context"}
    rule |= {"score": 0.9, "why": "so", "reference": "none", "context": {"before": ["somebody's name"]}}
    rule |= {"examples": [{"text": "1234", "value": "1234"}], "negative_examples": [{"text": "no"}]}
    (own,) = compiled({"rules": [rule]}, "own.yaml", ())
    assert own.labels.distance("somebody's name 1234", 16, 20) == 1
    anew()
    assert not folder.exists() or all(b"somebody" not in file.read_bytes() for file in folder.iterdir())


def test_what_is_read_off_is_kept_for_a_librarys_patterns_alone(library, folder, tmp_path):
    code = tmp_path / "reader.py"
    code.write_text("# the first version")
    asked = []

    def reader(pattern):
        asked.append(pattern)
        return len(pattern)

    shipped = library()[0].EARLY.pattern
    for pattern in (shipped, "somebody's name"):
        assert compiledpatterns.read_off(reader, pattern, code) == len(pattern)
    compiledpatterns.keep()
    library()
    asked.clear()
    for pattern in (shipped, "somebody's name"):
        assert compiledpatterns.read_off(reader, pattern, code) == len(pattern)
    assert asked == ["somebody's name"]
    [kept] = folder.iterdir()
    assert b"somebody" not in kept.read_bytes()
    code.write_text("# the second version")
    compiledpatterns._digest.cache_clear()
    compiledpatterns.read_off(reader, shipped, code)
    assert asked == ["somebody's name", shipped]


def test_a_parsed_file_is_parsed_once_and_each_has_his_own(anew):
    asked = []

    def parse(text):
        asked.append(text)
        return {"rules": [text, 1, None, 0.5, True]}

    first = compiledpatterns.parsed(parse, "a")
    first["rules"].clear()
    anew()
    assert compiledpatterns.parsed(parse, "a") == {"rules": ["a", 1, None, 0.5, True]}
    assert asked == ["a"]
    compiledpatterns.parsed(parse, "b")
    assert asked == ["a", "b"]


def test_what_is_no_plain_value_is_parsed_each_time(anew):
    assert compiledpatterns.parsed(lambda _: [re.compile("a")], "a")
    anew()
    assert compiledpatterns.parsed(lambda _: [re.compile("a")], "a")


def test_our_files_are_what_yaml_makes_of_them(anew):
    for file in FILES:
        assert shipped(file) == yaml.safe_load(file.read_text("utf-8"))
        anew()
        assert shipped(file) == yaml.safe_load(file.read_text("utf-8"))
