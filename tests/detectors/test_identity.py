"""What decides what is found is told whole, and quickly."""

from importlib.metadata import version

import pytest

from finetooth.detectors import identity as told
from finetooth.detectors.identity import identity
from finetooth.errors import PolicyError
from finetooth.policy import Detect


def test_versions_are_those_that_are_installed():
    found = told._libraries()
    assert {"presidio-analyzer", "kingfisher-secret-scanner", "phonenumbers", "regex", "spacy"} <= found.keys()
    assert {name: of for name, of in found.items() if of != "none"} == {
        name: version(name) for name, of in found.items() if of != "none"
    }


def test_most_are_told_without_opening_anything():
    assert {"presidio_analyzer", "kingfisher_secret_scanner", "regex"} <= told._installed().keys()


def test_what_lies_first_on_the_path_counts(tmp_path, monkeypatch):
    for folder, of in (("first", "2.0"), ("second", "1.0")):
        (tmp_path / folder / f"regex-{of}.dist-info").mkdir(parents=True)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(told.sys, "path", [str(tmp_path / name) for name in ("first", "missing", "file", "second")])
    told._installed.cache_clear()
    try:
        assert dict(told._versions(["regex"])) == {"regex": "2.0"}
    finally:
        told._installed.cache_clear()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package like ours, to be changed."""
    for name in (
        "detectors/identity.py",
        "models/en_pii/config.cfg",
        "models/other/config.cfg",
        "detectors/_native.so",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    monkeypatch.setattr(told, "__file__", str(tmp_path / "detectors" / "identity.py"))
    monkeypatch.setattr(told, "shipped", lambda name: tmp_path / "models" / name)
    caches = (told._code, told.of_code)
    for each in caches:
        each.cache_clear()
    yield tmp_path, lambda: [each.cache_clear() for each in caches]
    for each in caches:
        each.cache_clear()


@pytest.mark.parametrize(
    ("changed", "with_model", "without"),
    [
        ("detectors/identity.py", True, True),
        ("detectors/new.yaml", True, True),
        ("models/en_pii/config.cfg", True, False),
        ("models/other/config.cfg", False, False),
        ("detectors/_native.so", False, False),
        ("detectors/__pycache__/a.pyc", False, False),
    ],
)
def test_code_counts_always_and_a_model_where_it_is_named(package, changed, with_model, without):
    folder, anew = package
    before = [identity(Detect()), identity(Detect(ner=None))]
    (folder / changed).parent.mkdir(exist_ok=True)
    (folder / changed).write_text("changed")
    anew()
    after = [identity(Detect()), identity(Detect(ner=None))]
    assert [one != other for one, other in zip(before, after, strict=True)] == [with_model, without]


def test_a_model_that_is_not_shipped_is_named():
    with pytest.raises(PolicyError, match="finetooth ships no model 'fr_pii'"):
        identity(Detect(ner="finetooth:fr_pii"))
