"""The text of a new configuration: whole, true, and nothing of it switched on."""

import re
import tomllib
from dataclasses import fields

import pytest

from finetooth import config, settingsfile
from finetooth.config import Settings
from finetooth.targets.budget import Budget, Prices
from finetooth.targets.endpoint import EndpointSettings


def uncommented(text, marks="#"):
    """Return the text with every line that these marks switch off switched on."""
    return re.sub(rf"(?m)^{marks}(?=[a-z_]+ = |\[)", "", text)


def read(folder, text):
    (folder / "finetooth.toml").write_text(text, "utf-8")
    return config.find(folder).settings


def test_as_it_is_written_it_says_nothing(tmp_path):
    assert tomllib.loads(settingsfile.text()) == {}
    assert read(tmp_path, settingsfile.text()) == Settings()


def test_every_line_uncommented_says_the_defaults(tmp_path):
    told = uncommented(settingsfile.text())
    assert tomllib.loads(told).keys() >= {"policy", "dtype", "endpoint"}
    assert read(tmp_path, told) == Settings()


def test_the_examples_are_settings_too(tmp_path):
    told = read(tmp_path, uncommented(settingsfile.text(), marks="##?"))
    for field in fields(Settings):
        assert getattr(told, field.name) is not None
    assert told.endpoint.prices == Prices(prompt=0.15, generated=0.6)
    assert told.endpoint.budget == Budget(requests=5000, tokens=2_000_000, cost=5.0)


@pytest.mark.parametrize("kind", [Settings, EndpointSettings, Prices, Budget])
def test_every_setting_stands_there_with_its_own_sentence(kind):
    text = settingsfile.text()
    prose = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    sentences = settingsfile._sentences(kind)
    assert sentences.keys() == {field.name for field in fields(kind)}
    for name, sentence in sentences.items():
        assert re.search(rf"(?m)^##?(?:{name} = |\[(?:\w+\.)?{name}\])", text), name
        assert " ".join(sentence.replace("``", "`").split()) in prose


def test_a_policy_is_set(tmp_path):
    assert read(tmp_path, settingsfile.text('strict "one"\\')) == Settings(policy='strict "one"\\')


def test_every_line_can_be_read_in_a_terminal():
    assert max(map(len, settingsfile.text("strict").splitlines())) <= 102
