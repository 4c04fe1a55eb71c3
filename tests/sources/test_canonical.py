"""A record says the same in a file and in the dataset that was loaded from it, and something else where it differs."""

import csv
import json

import datasets
import pytest

import finetooth
from finetooth.sources.canonical import canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1, "b": "x"}, {"b": "x", "a": 1}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": "1"}),
        ({"a": "007"}, {"a": 7}),
        ({"a": 1.5}, {"a": "1.50"}),
        ({"a": 100000000000000000000}, {"a": 1e20}),
        ({"a": "x"}, {"a": "x", "b": None}),
        ({"a": "x"}, {"a": "x", "b": {}}),
        ({"a": "x"}, {"a": "x", "b": {"c": None}}),
        ({"a": "x"}, {"a": "x", "b": ""}),
        ({"a": "x"}, {"a": "x", "b": float("nan")}),
        ({"a": True}, {"a": "true"}),
        ({"a": "2024-01-01"}, {"a": "2024-01-01 00:00:00"}),
        ({"a": "2024-01-01T10:00:00Z"}, {"a": "2024-01-01 10:00:00"}),
        ({"a": "2024-01-01T10:00:00+02:00"}, {"a": "2024-01-01 08:00:00"}),
    ],
)
def test_the_same_in_other_words(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": "x"}, {"a": "X"}),
        ({"a": "x"}, {"a": "x "}),
        ({"a": "x"}, {"b": "x"}),
        ({"a": "x", "b": "y"}, {"a": "y", "b": "x"}),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
        ({"a": []}, {}),
        ({"a": [None]}, {"a": []}),
        ({"a": {"b": "c"}}, {"a": '{"b":"c"}'}),
        ({"a": 1}, {"a": 10}),
        ({"a": 1}, {"a": -1}),
        ({"a": "0123456789" * 5}, {"a": "123456789" + "0123456789" * 4}),
        ("x", {"a": "x"}),
    ],
)
def test_something_else(one, other):
    assert canonical(one) != canonical(other)


def test_half_a_character_and_a_key_that_stands_twice_can_be_said():
    assert canonical({"a": "\ud800"}) != canonical({"a": "\ud801"})
    assert canonical(json.loads('{"a": 1}')) == canonical({"a": 1})


CHATS = [
    {"id": 1, "on": "2024-01-01", "score": 1, "messages": [{"role": "user", "content": "Hi"}], "meta": {}},
    {
        "id": 2,
        "on": "2024-01-02",
        "score": 2.5,
        "messages": [
            {"role": "user", "content": "Who am I?", "name": "bob"},
            {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]},
        ],
    },
    {"id": 3, "on": "2024-01-02 10:00:00", "score": 3, "messages": [], "extra": "Ünïcode ✓"},
]
ALPACA = [
    {"instruction": "Add 1 and 2", "input": "", "output": "3"},
    {"instruction": "Say it again", "output": "It."},
    {"instruction": "Say it again", "output": "It."},
]


def loaded(kind, path, tmp_path):
    return datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("rows", [CHATS, ALPACA], ids=["chats", "alpaca"])
def test_a_dataset_has_the_digest_of_the_file_that_it_was_loaded_from(rows, tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    dataset = loaded("json", path, tmp_path)
    expected = finetooth.digest(path)
    assert finetooth.digest(dataset) == expected
    assert finetooth.digest(dataset.shuffle(seed=3)) == expected
    assert finetooth.digest(rows[::-1]) == expected
    dataset.to_parquet(str(tmp_path / "train.parquet"))
    assert finetooth.digest(tmp_path / "train.parquet") == expected
    dataset.save_to_disk(str(tmp_path / "saved"))
    assert finetooth.digest(tmp_path / "saved") == expected
    assert finetooth.digest(dataset.select(range(len(rows) - 1))) != expected
    assert finetooth.digest(datasets.concatenate_datasets([dataset, dataset.select([0])])) != expected


def test_a_table_too(tmp_path):
    path = tmp_path / "train.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ["zip", "amount", "paid", "name", "on", "note"],
                ["01234", "1.50", "True", "Bob, Jr", "2024-01-01", "NA"],
                ["00501", "2", "False", "", "2024-01-02", "7"],
            ]
        )
    dataset = loaded("csv", path, tmp_path)
    assert dataset.features["zip"].dtype == "int64"
    assert finetooth.digest(dataset) == finetooth.digest(path)


def test_a_record_that_cannot_be_read_leaves_no_digest(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"a": "x"}\n{"a": \n')
    with pytest.raises(finetooth.IncompleteError, match=r"train\.jsonl:2"):
        finetooth.digest(tmp_path / "train.jsonl")
