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


def test_prompts_of_ones_own_lie_beside_the_configuration(tmp_path):
    (tmp_path / "finetooth.toml").write_text('prompts = "prompts"\nwrapped = 0\n')
    assert config.find(tmp_path).prompts == tmp_path / "prompts"
    assert config.find(tmp_path).settings.wrapped == 0


def test_a_policy_beside_the_file_is_found(tmp_path):
    (tmp_path / "finetooth.toml").write_text('policy = "ours.yaml"\n')
    (tmp_path / "ours.yaml").touch()
    assert config.find(tmp_path).policy == str(tmp_path / "ours.yaml")


@pytest.mark.parametrize("text", ["policy = ", 'polcy = "strict"\n', "budget = 'many'\n"])
def test_a_mistake_names_the_file(tmp_path, text):
    (tmp_path / "finetooth.toml").write_text(text)
    with pytest.raises(UsageError, match=r"finetooth\.toml"):
        config.find(tmp_path)


def test_how_endpoints_are_asked_is_a_table_of_its_own(tmp_path):
    (tmp_path / "finetooth.toml").write_text(
        """
        [endpoint]
        concurrency = 8
        tokenizer = "served"
        prices = {prompt = 0.15, generated = 0.6}
        budget = {requests = 5000, cost = 2.5}
        """
    )
    found = config.find(tmp_path)
    assert found.endpoint.concurrency == 8
    assert found.endpoint.tokenizer == tmp_path / "served"
    assert found.endpoint.prices.cost(1_000_000, 1_000_000) == pytest.approx(0.75)
    assert found.endpoint.budget.requests == 5000
    assert found.receipts == tmp_path / ".finetooth" / "probes"


@pytest.mark.parametrize(
    ("table", "message"),
    [("key = 'sk-1'", "known keys: concurrency"), ("timeout = 0", "above 0"), ("prices = {prompt = 1}", "generated")],
)
def test_what_an_endpoint_has_no_setting_for_is_a_clear_error(tmp_path, table, message):
    (tmp_path / "finetooth.toml").write_text(f"[endpoint]\n{table}\n")
    with pytest.raises(UsageError, match=message):
        config.find(tmp_path)
