"""Rows of Arrow: JSON that Arrow keeps as text in a type of its own is the value that it says."""

import datasets
import pyarrow as pa
import pytest

from finetooth.sources.arrow import read_batch
from finetooth.sources.rows import Rows

MESSAGES = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None, "tool_calls": [{"id": 1}]}]


def values(column):
    batch = pa.record_batch({"it": column})
    return [record.value["it"] for record in read_batch("train", 0, batch)]


@pytest.mark.parametrize(
    ("kind", "stored", "said"),
    [
        (pa.json_(), ['{"a": 1}', None, "[1]"], [{"a": 1}, None, [1]]),
        (pa.list_(pa.json_()), [['{"a": 1}', None], None, []], [[{"a": 1}, None], None, []]),
        (pa.large_list(pa.json_()), [["1"]], [[1]]),
        (pa.struct({"a": pa.json_(), "b": pa.string()}), [{"a": "{}", "b": "{}"}, None], [{"a": {}, "b": "{}"}, None]),
        (
            pa.list_(pa.struct({"a": pa.list_(pa.json_())})),
            [[{"a": ["true"]}, {"a": None}]],
            [[{"a": [True]}, {"a": None}]],
        ),
        (pa.string(), ['{"a": 1}'], ['{"a": 1}']),
    ],
)
def test_json_is_read_wherever_it_is_nested(kind, stored, said):
    def storage(kind):
        if isinstance(kind, pa.JsonType):
            return kind.storage_type
        if isinstance(kind, pa.StructType):
            return pa.struct([(field.name, storage(field.type)) for field in kind.fields])
        return type(kind) and (
            (pa.large_list if pa.types.is_large_list(kind) else pa.list_)(storage(kind.value_type))
            if hasattr(kind, "value_field")
            else kind
        )

    assert values(pa.array(stored, storage(kind)).cast(kind)) == said


def test_what_is_no_json_after_all_is_kept_as_it_is():
    broken = pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{"]))
    assert values(broken) == ["{"]


def test_messages_that_differ_keep_their_places_in_memory():
    rows = datasets.Dataset.from_list([{"messages": MESSAGES}], on_mixed_types="use_json")
    assert "Json" in str(rows.features)
    [record] = Rows(rows)
    assert record.value == {"messages": MESSAGES}
