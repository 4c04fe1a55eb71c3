"""The entity model that finetooth ships: small, named with its licence, and better than nothing on plain sentences."""

from pathlib import Path

import pytest

import finetooth
from finetooth.detectors.presidio import PresidioDetector
from finetooth.installation import inspect
from finetooth.policy import Detect, EntityOverride

FOLDER = Path(finetooth.__file__).parent / "models" / "en_pii"


@pytest.fixture(scope="module")
def own():
    return PresidioDetector(Detect(ner="finetooth:en_pii", entities={"ORGANIZATION": EntityOverride()}))


@pytest.mark.parametrize(
    ("text", "value", "entity_type"),
    [
        ("Hi, this is Priya Raghunathan, I am calling from Lisbon.", "Priya Raghunathan", "PERSON"),
        ("Hi, this is Priya Raghunathan, I am calling from Lisbon.", "Lisbon", "LOCATION"),
        ("She left Microsoft for Barclays Bank last year.", "Microsoft", "ORGANIZATION"),
        ("my name is tom and i live in chicago", "tom", "PERSON"),
        ("Dear Mr. Okonkwo, your claim was approved.", "Mr. Okonkwo", "PERSON"),
        (
            "Ship it to Lindenbogen 14, 99999 Musterort, Germany.",
            "Lindenbogen 14, 99999 Musterort, Germany",
            "STREET_ADDRESS",
        ),
    ],
)
def test_what_it_finds(own, found, text, value, entity_type):
    assert found(own, text).get(value) == entity_type


@pytest.mark.parametrize(
    "text", ["", "Mix the flour with two cups of water, then stir.", "def add(a, b):\n    return a + b"]
)
def test_what_names_nobody(own, found, text):
    assert found(own, text) == {}


def test_a_report_names_the_model(own):
    assert "en_pii 1.0.0" in own.version


def test_it_is_small_and_carries_the_licence_of_what_it_came_from():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 6.5 * 2**20
    assert "Explosion" in (FOLDER / "LICENSE").read_text("utf-8")


def test_doctor_tells_its_digest(tmp_path, monkeypatch):
    policy = tmp_path / "own.yaml"
    policy.write_text(
        "schema: finetooth.policy/v1\nname: own\ndetect: {ner: 'finetooth:en_pii'}\n"
        "train:\n  - {id: coverage, metric: records_unread, at_most: 0}\n",
        "utf-8",
    )
    (tmp_path / "finetooth.toml").write_text('policy = "own.yaml"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    (model,) = [check for check in inspect() if check.name == "model"]
    assert model.ok
    assert model.state.startswith("finetooth:en_pii ")
