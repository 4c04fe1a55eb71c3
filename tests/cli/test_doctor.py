"""``finetooth doctor``: on broken installations it says what does not run and how to mend it, and ends with 2."""

import base64
import shutil
from importlib.metadata import PackageNotFoundError

import pytest

from finetooth import installation
from finetooth.detectors import kingfisher, suite
from finetooth.errors import IncompleteError

TEXT = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def doctor(run, monkeypatch, tmp_path):
    """Return a function that runs it where secrets alone are looked for, so that it is quick."""
    (tmp_path / "finetooth.toml").write_text('policy = "secrets-only"\n')
    monkeypatch.setenv("FINETOOTH_KEY", TEXT)

    def call():
        code, out, err = run("doctor")
        assert err == ""
        assert TEXT not in out
        told, _, conclusion = out.partition("\n\n")
        lines = (line[3:].strip().split("  ", 1) for line in told.splitlines())
        return code, {name: state.strip() for name, state in lines}, conclusion

    return call


def without(monkeypatch, *names, requires=None):
    """Let these packages be missing."""
    real = installation.distribution

    class Declared:
        version = "1"

        def __init__(self):
            self.requires = requires

    def look_up(name):
        if name in names:
            raise PackageNotFoundError(name)
        return Declared() if name == "finetooth" and requires is not None else real(name)

    monkeypatch.setattr(installation, "distribution", look_up)


def test_it_tells_what_loads_and_how_long_that_takes(doctor):
    code, told, conclusion = doctor()
    assert code == 0
    assert told["detector kingfisher"].startswith("loads in ")
    assert "detector presidio" not in told
    assert told["key"].endswith("from FINETOOTH_KEY")
    assert told["cache"].startswith("empty")
    assert "torch" in told["extra probe"]
    assert "Everything runs here" in conclusion or "how to mend it" in conclusion


def test_all_detectors_of_the_configured_policy_are_loaded(run):
    code, out, _ = run("doctor")
    assert code == 0
    assert [line.split()[2] for line in out.splitlines() if line.startswith("ok  detector")] == [
        *("presidio", "finetooth", "kingfisher")
    ]
    assert "en_pii 1.0.0" in out


def test_an_engine_that_is_missing_stops_every_scan(doctor, monkeypatch):
    without(monkeypatch, "kingfisher-secret-scanner")
    code, told, conclusion = doctor()
    assert code == 2
    assert told["kingfisher-secret-scanner"] == "not installed"
    assert "every scan: no kingfisher-secret-scanner" in conclusion
    assert "pip install --force-reinstall finetooth" in conclusion


def test_an_extra_that_is_missing_stops_what_it_is_for_and_nothing_else(doctor, monkeypatch):
    requires = [
        "numpy>=2",
        "torch>=2.10; extra == 'probe'",
        'gguf>=0.17; extra == "probe"',
        "ray>=2.52; extra == 'ray'",
        "pytest; extra == 'dev'",
        "a-plugin; extra == 'later'",
    ]
    without(monkeypatch, "torch", "a-plugin", requires=requires)
    code, told, conclusion = doctor()
    assert code == 0
    assert told["extra probe"].startswith("no torch beside gguf ")
    assert "probes of local models: no torch" in conclusion
    assert "pip install 'finetooth[probe]'" in conclusion
    assert told["extra later"] == "not installed (no a-plugin)"
    assert "what needs the extra later: no a-plugin" in conclusion
    assert "extra dev" not in told
    assert "numpy" not in told


def test_every_extra_of_this_version_but_that_of_developers_has_its_words():
    assert installation._wanted().keys() <= installation._EXTRAS.keys()
    assert {"fr", "ner", "ray", "probe"} <= installation._wanted().keys()


def test_a_detector_that_does_not_load_is_told_in_a_line(doctor, monkeypatch):
    def refuse(self, detect):
        raise IncompleteError("Kingfisher could not load its rules (OSError);\nreinstall kingfisher-secret-scanner")

    monkeypatch.setattr(kingfisher.KingfisherDetector, "__init__", refuse)
    code, told, conclusion = doctor()
    assert code == 2
    assert told["detector kingfisher"].endswith("(OSError); reinstall kingfisher-secret-scanner")
    assert "every scan under this policy" in conclusion


def test_whatever_a_broken_library_raises_is_told_without_its_message(doctor, monkeypatch):
    def break_(detect):
        raise OSError("/lib/x.so: undefined symbol of somebody@example.org")

    monkeypatch.setattr(suite, "_kingfisher", break_)
    code, told, _ = doctor()
    assert code == 2
    assert told["detector kingfisher"].startswith("OSError in finetooth.")
    assert "somebody" not in str(told)


def test_a_detector_that_loads_and_cannot_read_a_text_is_told(doctor, monkeypatch):
    def stop(self, *_):
        raise TimeoutError

    monkeypatch.setattr(kingfisher.KingfisherDetector, "_matches", stop)
    code, told, _ = doctor()
    assert code == 2
    assert "did not finish" in told["detector kingfisher"]


def test_a_model_that_is_not_installed_is_told_with_what_installs_it(doctor, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "schema: finetooth.policy/v1\nname: own\ndetect: {ner: 'spacy:no_such_model', secrets: false}\n"
        "train:\n  - {id: coverage, metric: records_unread, at_most: 0}\n"
    )
    (tmp_path / "finetooth.toml").write_text('policy = "own.yaml"\n')
    code, told, conclusion = doctor()
    assert code == 2
    assert told["model"] == "no_such_model is not installed"
    assert "pip install no-such-model" in conclusion
    assert "no_such_model" in told["detector presidio"]


def test_without_git_there_is_no_hook_and_without_pre_commit_there_is(doctor, monkeypatch):
    monkeypatch.setattr(shutil, "which", {}.get)
    code, told, conclusion = doctor()
    assert code == 0
    assert told["git"] == "not on PATH"
    assert "the hook, as what is staged is known to git alone: no git" in conclusion
    assert told["pre-commit"].startswith("not on PATH")
    assert "pre-commit" not in conclusion


def test_a_key_that_others_can_read_is_told_at_the_end_too(doctor, monkeypatch, tmp_path):
    monkeypatch.delenv("FINETOOTH_KEY")
    key = tmp_path / ".finetooth" / "key"
    key.parent.mkdir()
    key.write_text(TEXT)
    key.chmod(0o644)
    code, told, conclusion = doctor()
    assert code == 0
    assert "0644" in told["key file"]
    assert f"chmod 600 {key}" in conclusion


def test_a_policy_that_cannot_be_read_ends_with_2(doctor, tmp_path):
    (tmp_path / "finetooth.toml").write_text('policy = "standrad"\n')
    code, told, conclusion = doctor()
    assert code == 2
    assert "no such policy" in told["configuration"]
    assert "every scan" in conclusion


def test_where_nothing_is_wrong_it_says_so(doctor, monkeypatch):
    checks = [check for check in installation.inspect() if check.ok]
    monkeypatch.setattr(installation, "inspect", lambda: checks)
    code, _, conclusion = doctor()
    assert (code, conclusion) == (0, "Everything runs here.\n")
