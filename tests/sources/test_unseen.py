"""What a change has added to a file: never less than that, and at its place in the whole file."""

import csv
import gzip
import io
import json
import random
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources import unseen as unseen_module
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.unseen import Unseen


class Memory:
    """A place in memory."""

    def __init__(self, content):
        self.content = content

    def open(self):
        return io.BytesIO(self.content)

    def state(self):
        return self.content


def unseen(now, before, name="a.jsonl", name_before=None):
    return list(Unseen(name, Memory(now), Memory(before), name_before or name))


def whole(content, name="a.jsonl"):
    return list(DatasetFile(name, Memory(content)))


def jsonl(*values):
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def places(items):
    return [(item.index, item.line, item.value) for item in items]


def test_nothing_is_new_in_the_same_file():
    assert unseen(jsonl("a", "b"), jsonl("a", "b")) == []


def test_everything_is_new_where_there_was_nothing():
    assert unseen(jsonl({"a": 1}, "b"), b"") == whole(jsonl({"a": 1}, "b"))


def test_what_is_appended_stands_where_it_stands_in_the_whole_file():
    before = b'{"a": 1}\n\n{"a": 2}\n'
    assert places(unseen(before + b'\n{"a": 3}\n', before)) == [(2, 5, {"a": 3})]


def test_a_changed_line_is_new_and_its_neighbours_are_not():
    before = jsonl(*[{"n": n} for n in range(50)])
    now = jsonl(*[{"n": n if n != 20 else "new"} for n in range(50)])
    assert places(unseen(now, before)) == [(20, 21, {"n": "new"})]


def test_lines_that_were_moved_are_not_new():
    values = [{"n": n} for n in range(20)]
    shuffled = random.Random(1).sample(values, 20)
    assert unseen(jsonl(*shuffled), jsonl(*values)) == []


def test_a_line_that_is_repeated_once_more_is_new():
    assert places(unseen(jsonl({"a": 1}, {"b": 1}, {"a": 1}), jsonl({"a": 1}, {"b": 1}))) == [(2, 3, {"a": 1})]


def test_a_last_line_without_its_end_is_the_same_with_it():
    assert places(unseen(b'{"a": 1}\n{"b": 1}\n', b'{"a": 1}\n{"b": 1}')) == []


def test_a_new_line_that_cannot_be_read_is_unread_and_an_old_one_is_not_looked_at():
    before = b'{"a": 1}\n{"old\n'
    [found] = unseen(before + b'{"new\n', before)
    assert (found.line, found.record) == (3, 2)


def test_what_was_no_json_lines_before_is_compared_by_value():
    document = b'[{"a": 1},\n{"b": 1}\n]'
    assert places(unseen(jsonl({"a": 1}, {"b": 1}, {"c": 1}), document)) == [(2, 3, {"c": 1})]


def test_text_that_becomes_json_lines_is_read_anew():
    """The same line was prose, in which nothing was unescaped."""
    now = b'{"a": "x"}\n{"b": "y"}\n'
    assert places(unseen(now, b"Notes\n" + now, "a.jsonl", "a.txt")) == [(0, 1, {"a": "x"}), (1, 2, {"b": "y"})]


def test_a_quote_that_spans_lines_hides_nothing():
    before = b'id,text\n1,"one\ntwo"\n2,three\n'
    now = b'id,text\n1,"one\n2,three\ntwo"\n2,three\n'
    assert places(unseen(now, before, "a.csv")) == [(0, 2, {"id": "1", "text": "one\n2,three\ntwo"})]


def test_another_header_makes_every_row_new():
    assert len(unseen(b"id,note\n1,one\n2,two\n", b"id,text\n1,one\n2,two\n", "a.csv")) == 2


def test_a_quote_that_opens_makes_what_follows_new():
    before = b"id,text\n1,one\n2,two\n3,three\n"
    now = b'id,text\n1,"one\n2,two\n3,three\n'
    found = unseen(now, before, "a.csv")
    assert "3,three" in found[0].value["text"]


def test_equal_numbers_of_another_kind_are_new():
    assert len(unseen(b'[{"a": 1.0}, {"a": true}, {"a": 1}]', b'[{"a": 1}]', "a.json")) == 2


def test_a_key_that_stands_twice_is_new_however_often_it_was_there():
    twice = b'[{"a": "x", "a": "y"}]'
    assert len(unseen(twice, twice, "a.json")) == 1
    assert len(unseen(twice, b'[{"a": "y"}]', "a.json")) == 1


def test_parquet_is_compared_row_by_row():
    def parquet(rows):
        file = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), file)
        return file.getvalue()

    rows = [{"text": f"row {number}", "n": number} for number in range(10)]
    found = unseen(parquet([rows[9], {"text": "new", "n": 0}, *rows[:9]]), parquet(rows), "a.parquet")
    assert [(item.index, item.value) for item in found] == [(1, {"text": "new", "n": 0})]


def test_compressed_lines_are_compared_too():
    found = unseen(gzip.compress(jsonl({"a": 1}, {"b": 1})), gzip.compress(jsonl({"a": 1})), "a.jsonl.gz")
    assert places(found) == [(1, 2, {"b": 1})]


def test_a_file_that_breaks_off_is_unread():
    content = gzip.compress(jsonl(*[{"n": n} for n in range(5000)]))
    assert any(isinstance(item, Unread) for item in unseen(content[:-20], content, "a.jsonl.gz"))


def test_what_could_not_be_read_before_leaves_all_new():
    assert len(unseen(gzip.compress(jsonl({"a": 1})), b"\x1f\x8bnothing", "a.jsonl.gz")) == 1


def test_utf16_is_compared_by_value():
    before, now = (f'{{"a": 1}}\n{more}'.encode("utf-16") for more in ("", '{"b": 1}\n'))
    assert places(unseen(now, before)) == [(1, 2, {"b": 1})]


LINES = st.lists(st.sampled_from(['{"a": "x"}', '{"a": "y"}', '{"b": [1]}', "", "  ", '{"bad', "\r"]), max_size=12)


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt", "a.csv"])
@given(
    alike=LINES, before=LINES, now=LINES, window=st.sampled_from([1, 7, 40, 1 << 20]), end=st.sampled_from(["\n", ""])
)
def test_new_and_old_records_together_are_all_of_them(name, alike, before, now, window, end):
    """The law: what is left out is what the earlier version holds, as often and no oftener."""
    before, now = (("\n".join([*alike, *lines]) + end).encode() for lines in (before, now))
    with mock.patch.object(unseen_module, "WINDOW", window):
        found, every = unseen(now, before, name), whole(now, name)
    rest = list(every)
    for item in found:
        rest.remove(item)
    earlier = whole(before, name)
    for item in rest:
        if isinstance(item, Unread):  # a line that cannot be read, and could not before
            assert item.line is not None
            continue
        same = next(each for each in earlier if isinstance(each, Record) and each.value == item.value)
        earlier.remove(same)


def test_a_table_as_the_csv_module_writes_it():
    def table(rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return text.getvalue().encode()

    before = [["id", "text"], *[[n, f'say "{n}",\nplease'] for n in range(30)]]
    now = [*before[:10], ["x", "added\nhere"], *before[10:]]
    assert [item.value for item in unseen(table(now), table(before), "a.csv")] == [{"id": "x", "text": "added\nhere"}]
