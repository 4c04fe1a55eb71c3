from pathlib import Path

import pytest

from finetooth import config
from finetooth.errors import UsageError


def test_without_a_file_the_defaults_hold(tmp_path):
    found = config.find(tmp_path)
    assert found.policy == "standard"
    assert found.key_file is None
    assert found.waivers == tmp_path / "finetooth-waivers.yaml"
    assert found.out == Path(".finetooth/runs/latest")


def test_the_nearest_file_upward_is_found(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.finetooth]\npolicy = "strict"\nkey_file = "team.key"\n')
    below = tmp_path / "data" / "raw"
    below.mkdir(parents=True)
    found = config.find(below)
    assert (found.policy, found.key_file, found.home) == ("strict", tmp_path / "team.key", tmp_path)


def test_a_pyproject_of_something_else_is_passed_over(tmp_path):
    (tmp_path / "finetooth.toml").write_text('policy = "strict"\n')
    below = tmp_path / "package"
    below.mkdir()
    (below / "pyproject.toml").write_text('[project]\nname = "package"\n')
    assert config.find(below).policy == "strict"


def test_the_file_of_waivers_lies_beside_the_configuration(tmp_path):
    (tmp_path / "finetooth.toml").write_text('waivers = "accepted.yaml"\n')
    below = tmp_path / "data"
    below.mkdir()
    assert config.find(below).waivers == tmp_path / "accepted.yaml"


def test_a_policy_beside_the_file_is_found(tmp_path):
    (tmp_path / "finetooth.toml").write_text('policy = "ours.yaml"\n')
    (tmp_path / "ours.yaml").touch()
    assert config.find(tmp_path).policy == str(tmp_path / "ours.yaml")


@pytest.mark.parametrize("text", ["policy = ", 'polcy = "strict"\n', "budget = 'many'\n"])
def test_a_mistake_names_the_file(tmp_path, text):
    (tmp_path / "finetooth.toml").write_text(text)
    with pytest.raises(UsageError, match=r"finetooth\.toml"):
        config.find(tmp_path)
