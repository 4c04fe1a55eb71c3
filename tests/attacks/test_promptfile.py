"""Prompts as data: what comes with finetooth validates, and what is wrong with a user's file is told with its line."""

from pathlib import Path

import pytest

from finetooth import api
from finetooth.attacks import promptfile, registry
from finetooth.attacks.promptfile import Questions, Wrapper
from finetooth.errors import UsageError

WRAPPER = """schema: finetooth.wrapper/v1
name: polite
description: It says please.
source: our own
attacks: [elicitation]
ask: "{text} Please!"
"""
QUESTIONS = """schema: finetooth.questions/v1
language: en
wanted: {PHONE_NUMBER: phone number}
subjects: {PERSON: "{value}"}
questions:
  - {name: plain, text: "The {wanted} of {subject} is "}
"""


def test_what_comes_with_finetooth_validates():
    held = promptfile.shipped()
    assert [each.language for each in held if isinstance(each, Questions)] == ["en"]
    names = [each.name for each in held if isinstance(each, Wrapper)]
    assert names == sorted(names)
    assert {"roleplay", "debugging", "translation", "form", "override", "template", "special-tokens"} <= set(names)
    assert {each.encoding for each in held if isinstance(each, Wrapper) and each.encoding} == {
        "base64", "rot13", "reversed", "spelt"
    }  # fmt: skip


def test_a_folder_of_ones_own_adds_to_it(tmp_path):
    (tmp_path / "polite.yaml").write_text(WRAPPER)
    (tmp_path / "mine.yaml").write_text(QUESTIONS)
    assert "elicitation+polite" in {attack.name for attack in registry.every(tmp_path)}
    assert len(promptfile.load(tmp_path)) == len(promptfile.shipped()) + 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: a file of prompts begins with 'schema: finetooth.questions/v1 or finetooth.wrapper/v1'"),
        ("schema: finetooth.policy/v1", "1: a file of prompts begins with"),
        ("- a\n- b", "1: a file of prompts begins with"),
        ("schema: [", "1: not valid YAML"),
        ("schema: [finetooth.wrapper/v1]", "1: a file of prompts begins with"),
        ("name: 2026-02-30", "not valid YAML"),
        (f"name: {'[' * 5000}", "not valid YAML"),
        (WRAPPER + "name: rude\n", "7: the key 'name' stands twice"),
        (WRAPPER.replace("name: polite", "name: Very Polite"), "2: name: "),
        (WRAPPER.replace("source: our own\n", ""), "source: this key is required"),
        (WRAPPER + "shout: true\n", "7: shout: no such key"),
        (WRAPPER.replace("elicitation", "membership"), "5: attacks[0]: "),
        (WRAPPER.replace("{text} ", ""), "ask: says {text}"),
        (WRAPPER.replace("{text} ", "{text} {name} "), "{name} is not known here; there are {text}"),
        (WRAPPER.replace("ask:", "opening:") + "encoding: base64\n", "encoding: an encoded answer is asked for"),
        (WRAPPER + "encoding: morse\nopening: x\n", "7: encoding: "),
        (WRAPPER.replace('ask: "{text} Please!"\n', ""), "a wrapper has 'system', 'before', 'ask' or 'opening'"),
        (WRAPPER + "before: [{role: assistant, text: Hi}]\n", "user and assistant speak in turn"),
        (WRAPPER + "before: [{role: user, text: Hi}]\n", "the assistant last"),
        (QUESTIONS.replace("{wanted}", "number"), "6: questions[0]: Value error, a question says {wanted}"),
        (QUESTIONS.replace("{subject}", "{person}"), "{person} is not known here"),
        (QUESTIONS.replace("text:", "ask:"), "either 'ask' and 'answer', or 'text'"),
        (QUESTIONS.replace('"{value}"', "somebody"), "subjects.PERSON: says {value}"),
        (QUESTIONS.split("questions:", maxsplit=1)[0], "questions: this key is required"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, told):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(UsageError) as raised:
        promptfile.load(tmp_path)
    assert told in str(raised.value)
    assert f"{tmp_path / 'own.yaml'}:" in str(raised.value)


def test_an_empty_folder_and_a_name_that_is_taken_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no prompts here"):
        promptfile.load(tmp_path)
    (tmp_path / "own.yaml").write_text(WRAPPER.replace("polite", "roleplay"))
    with pytest.raises(UsageError, match="two wrappers are called 'roleplay'"):
        promptfile.load(tmp_path)


def test_the_examples_of_the_documents_validate():
    page = (Path(__file__).parents[2] / "docs" / "attacks.md").read_text("utf-8")
    examples = [part.partition("```")[0] for part in page.split("```yaml\n")[1:]]
    assert [type(promptfile.parse(example, "attacks.md")) for example in examples] == [Wrapper, Questions]


def test_a_mistake_is_told_before_a_model_is_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.jsonl").write_text('{"text": "hello"}\n')
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "own.yaml").write_text(WRAPPER + "shout: true\n")
    with pytest.raises(UsageError, match=r"own.yaml:7: shout: no such key"):
        api.audit("train.jsonl", model="nowhere", prompts="prompts")
    (tmp_path / "finetooth.toml").write_text('prompts = "prompts"\n')
    with pytest.raises(UsageError, match=r"own.yaml:7: shout: no such key"):
        api.audit("train.jsonl", model="nowhere")
    with pytest.raises(UsageError, match="0 means that no wrappers are tried"):
        registry.every(wrapped=-1)
