"""LLaMA-Factory's dataset_info.json names columns and roles of the files beside it."""

import json

import pytest

from finetooth.shapes.reading import Reading
from finetooth.shapes.walker import walk


def walked(folder, entry, record):
    (folder / "dataset_info.json").write_text(json.dumps({"mine": {"file_name": "train.json", **entry}}))
    shape, found, _ = walk(record, Reading().of(str(folder / "train.json")))
    return shape, {p.pointer: (p.role, p.turn, p.trained) for p in found if p.part == "value"}


def test_columns_of_any_name_are_an_exchange(tmp_path):
    columns = {"prompt": "frage", "query": "dazu", "response": "antwort", "system": "rahmen", "history": "zuvor"}
    record = {"frage": "a", "dazu": "b", "antwort": "c", "rahmen": "s", "zuvor": [["d", "e"]]}
    assert walked(tmp_path, {"columns": columns}, record) == (
        "llama-factory-alpaca",
        {
            "/rahmen": ("system", 0, False),
            "/zuvor/0/0": ("prompt", 1, False),
            "/zuvor/0/1": ("completion", 2, True),
            "/frage": ("prompt", 3, False),
            "/dazu": ("prompt", 3, False),
            "/antwort": ("completion", 4, True),
        },
    )


def test_tags_of_any_name_are_a_dialogue(tmp_path):
    entry = {
        "formatting": "sharegpt",
        "columns": {"messages": "turns"},
        "tags": {"role_tag": "who", "content_tag": "says", "user_tag": "kunde", "assistant_tag": "agent"},
    }
    record = {"turns": [{"who": "kunde", "says": "a"}, {"who": "agent", "says": "b"}]}
    shape, told = walked(tmp_path, entry, record)
    assert shape == "llama-factory-sharegpt"
    assert told["/turns/0/says"] == ("user", 0, False)
    assert told["/turns/1/says"] == ("assistant", 1, True)


def test_ranking_has_two_sides(tmp_path):
    entry = {"ranking": True, "columns": {"prompt": "q", "chosen": "good", "rejected": "bad"}}
    _, told = walked(tmp_path, entry, {"q": "a", "good": "b", "bad": "c"})
    assert told == {"/q": ("prompt", 0, False), "/good": ("chosen", 1, True), "/bad": ("rejected", 1, False)}


def test_a_label_of_any_name_is_kto(tmp_path):
    entry = {"columns": {"prompt": "q", "response": "a", "kto_tag": "fine"}}
    _, told = walked(tmp_path, entry, {"q": "a", "a": "b", "fine": False})
    assert told["/a"] == ("rejected", 1, False)


def test_a_record_that_is_not_as_described_is_detected(tmp_path):
    shape, _ = walked(tmp_path, {"columns": {"prompt": "frage"}}, {"text": "a"})
    assert shape == "text"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 3}', '{"a": {"file_name": 3}}', "[" * 100_000])
def test_a_broken_description_costs_nothing(tmp_path, text):
    (tmp_path / "dataset_info.json").write_text(text)
    assert walk({"text": "a"}, Reading().of(str(tmp_path / "train.json"))).shape == "text"


@pytest.mark.parametrize("path", ["-", "<memory>", "train.json", ""])
def test_where_there_is_no_folder_there_is_no_description(path):
    assert Reading().of(path) == Reading()
