import datetime
import decimal
import pathlib
import uuid

import datasets
import numpy as np
import pytest

from finetooth.errors import InputError
from finetooth.evidence import Unread
from finetooth.record import RepeatedKeys
from finetooth.sources.rows import Rows, from_memory


def values(rows):
    return [item.value for item in Rows(rows)]


def test_no_rows_no_records():
    assert list(Rows([])) == []


def test_dicts_and_texts_are_records_without_a_line():
    first, second = Rows([{"text": "a"}, "b"])
    assert (first.path, first.index, first.line, first.value) == ("<memory>", 0, None, {"text": "a"})
    assert (second.index, second.value) == (1, "b")
    assert Rows([]).stored().sha256 is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, 2), [1, 2]),
        (datetime.date(1990, 2, 1), "1990-02-01"),
        (decimal.Decimal("7.8051120E+7"), "78051120"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("/home/ada"), "/home/ada"),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.int64(4111111111111111), 4111111111111111),
        (b"alice@example.com", "alice@example.com"),
        ({1: "a", "1": "b"}, {"1": "b"}),
    ],
)
def test_python_values_become_those_of_json(value, expected):
    assert values([{"x": value}]) == [{"x": expected}]


def test_repeated_keys_survive():
    (value,) = values([RepeatedKeys([("text", "alice"), ("text", "clean")])])
    assert value.shadowed == (("text", "alice"),)
    (value,) = values([{1: "alice", "1": "clean"}])
    assert value.shadowed == (("1", "alice"),)


@pytest.mark.parametrize("value", [b"\xff\xfe", object(), 10**5000], ids=["bytes", "object", "integer"])
def test_what_is_no_text_is_unread_beside_the_record(value):
    record, unread = Rows([{"x": value, "text": "a"}])
    assert record.value == {"x": None, "text": "a"}
    assert (unread.record, "no text" in unread.reason) == (0, True)


def test_a_row_within_itself_is_unread():
    row = {}
    row["self"] = row
    (unread,) = Rows([row])
    assert isinstance(unread, Unread)


def test_a_generator_that_fails_leaves_the_rest_unread_and_quotes_nothing():
    def rows():
        yield {"text": "a"}
        raise ValueError("hunter2")

    record, unread = Rows(rows())
    assert record.value == {"text": "a"}
    assert unread.reason == "the rows from 1 on are unread: ValueError was raised while they were made"


def test_a_generator_read_twice_is_not_an_empty_dataset():
    source = Rows(iter([{"text": "a"}]))
    assert len(list(source)) == 1
    (unread,) = source
    assert "only once" in unread.reason
    again = Rows([{"text": "a"}])
    assert list(again) == list(again)


def test_a_dataset_gives_what_is_stored_in_the_order_of_its_indices():
    dataset = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "n": [1, 2, 3]})
    assert values(dataset.select([2, 0]).with_format("numpy")) == [{"text": "c", "n": 3}, {"text": "a", "n": 1}]


def test_images_are_not_decoded():
    dataset = datasets.Dataset.from_dict({"im": [b"\x89PNG\xff"]}).cast_column("im", datasets.Image())
    for rows in (dataset, dataset.to_iterable_dataset()):
        record, unread = Rows(rows)
        assert record.value == {"im": {"bytes": None, "path": None}}
        assert unread.record == 0


def test_a_streamed_dataset_is_read_twice_alike():
    source = Rows(datasets.IterableDataset.from_generator(lambda: iter([{"a": 1}, {"b": "x"}])))
    assert [item.value for item in source] == [{"a": 1}, {"b": "x"}]
    assert len(list(source)) == 2


def test_each_split_is_a_source():
    split = datasets.Dataset.from_dict({"text": ["a"]})
    sources = from_memory(datasets.DatasetDict(train=split, test=split))
    assert [source.path for source in sources] == ["<memory>/train", "<memory>/test"]
    assert [source.path for source in from_memory([{"text": "a"}])] == ["<memory>"]


@pytest.mark.parametrize("data", ["text", {"text": ["a"]}, 7])
def test_what_has_no_rows_is_an_error(data):
    with pytest.raises(InputError, match="pass a list of dicts"):
        from_memory(data)
