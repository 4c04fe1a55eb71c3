import json

import pytest

from finetooth.sources import jsonwindow


def test_a_blank_document_has_no_records(read):
    assert read("train.json", b" \n ") == ([], [])
    assert read("train.json", b"[ ]") == ([], [])


def test_elements_are_records_with_the_line_on_which_they_begin(read):
    records, unread = read("train.json", b'\n[\n  {"a": 1},\n  {\n    "b": 2\n  }, "c"\n,\n[4]]\n')
    assert [(record.index, record.line, record.value) for record in records] == [
        (0, 3, {"a": 1}),
        (1, 4, {"b": 2}),
        (2, 6, "c"),
        (3, 8, [4]),
    ]
    assert unread == []


@pytest.mark.parametrize("document", [b'\n{\n"a": 1}', b'\n"text"', b"\n17 \n", b"\nnull"])
def test_any_other_value_is_one_record(read, document):
    (record,), unread = read("train.json", document)
    assert (record.index, record.line) == (0, 2)
    assert unread == []


@pytest.mark.parametrize(
    ("document", "line", "record", "reason"),
    [
        (b'[{"a": 1},\n{"b" 2}]', 2, 1, "Expecting ':' delimiter at column 6"),
        (b'[{"a": 1},\n]', 2, 1, "Expecting value at column 1"),
        (b'[{"a": 1}\n17]', 2, 1, "expecting ',' or the array's end at column 1"),
        (b'[{"a": 1},\n\xff]', 2, 1, "not valid UTF-8"),
        (b'[{"a": 1}\n]]', 2, None, "something follows the array at column 2"),
        (b'[{"a": 1},\n' + b"[" * 50_000, 2, None, "nested too deeply"),
        (b'[{"a": 1},\n{"b": [}]', 2, None, "Expecting value at column 8"),
        (b'[{"a": 1},\n{"b": "unterminated]', 2, None, "Unterminated string"),
        (b'[{"a": 1}\n', 2, None, "expecting ',' or the array's end"),
    ],
)
def test_a_fault_is_one_unread(read, document, line, record, reason):
    records, unread = read("train.json", document)
    assert [record.value for record in records] == [{"a": 1}]
    assert [(item.line, item.record) for item in unread] == [(line, record)]
    assert reason in unread[0].reason


@pytest.mark.parametrize(
    "fault", [b'{"b" 2}', b"", b"hunter2", b"[" * 5000 + b"]" * 5000, b'{"b": "\\x"}', b'{"b": "\xff"}']
)
def test_a_fault_costs_one_element(read, fault):
    records, unread = read("train.json", b'[{"a": 1},\n' + fault + b',\n{"c": ["]"]}]')
    assert [(record.index, record.line, record.value) for record in records] == [(0, 1, {"a": 1}), (2, 3, {"c": ["]"]})]
    assert len(unread) == 1
    assert "hunter2" not in unread[0].reason


def test_a_missing_comma_costs_no_element(read):
    records, unread = read("train.json", b'[{"a": 1}\n{"b": 2}]')
    assert [record.value for record in records] == [{"a": 1}, {"b": 2}]
    assert [(item.line, item.record) for item in unread] == [(2, None)]


def test_objects_one_after_another_are_records(read):
    records, unread = read("train.json", b'{\n"a": 1\n}\n{\n"b": 2}{"c": 3}')
    assert [(record.index, record.line, record.value) for record in records] == [
        (0, 1, {"a": 1}),
        (1, 4, {"b": 2}),
        (2, 5, {"c": 3}),
    ]
    assert unread == []


def test_the_list_that_an_object_wraps_is_read_and_so_is_what_stands_beside_it(read):
    records, unread = read(
        "train.json", b'{"version": "1",\n"data": [{"a": 1},\n{"b": 2}], "test": [{"c": 3}], "data": 4}'
    )
    assert [(record.index, record.line, record.value) for record in records] == [
        (0, 2, {"a": 1}),
        (1, 3, {"b": 2}),
        (2, 3, {"c": 3}),
        (3, 1, {"version": "1", "data": 4}),
    ]
    assert unread == []


def test_the_lists_of_a_record_are_no_wrappers(read):
    (record,), _ = read("train.json", b'{"messages": [{"role": "user"}], "data": ["text"]}')
    assert record.value == {"messages": [{"role": "user"}], "data": ["text"]}


def test_in_a_wrapper_a_fault_costs_one_record(read):
    records, unread = read("train.json", b'{"x": tru, "data": [{"a": 1}, {"b": }, {"c": 3}], "y": 1}')
    assert [record.value for record in records] == [{"a": 1}, {"c": 3}]
    assert len(unread) == 2


def test_elements_that_span_windows_are_read(read, monkeypatch):
    monkeypatch.setattr(jsonwindow, "WINDOW", 7)
    rows = [{"a": "x\\" * 10, "é": [1.5e300, -17, True, None, "]"]}, 12345678901234567890, 1.25e-7, [[[]]], {}, '\\"']
    for indent in (None, 1):
        document = json.dumps(rows, indent=indent, ensure_ascii=False)
        records, unread = read("train.json", document.encode())
        assert [record.value for record in records] == rows
        assert unread == []
        wrapped = json.dumps({"a": rows, "data": [{"text": row} for row in rows]}, indent=indent)
        records, unread = read("train.json", wrapped.encode())
        assert [record.value for record in records] == [*({"text": row} for row in rows), {"a": rows}]
        assert unread == []


def test_an_element_that_is_not_utf8_costs_that_element(read):
    records, unread = read("train.json", b'["a",\n"caf\xe9", "\\udce9", "b"]')
    assert [(record.index, record.value) for record in records] == [(0, "a"), (2, "\udce9"), (3, "b")]
    assert [(item.line, item.record) for item in unread] == [(2, 1)]
    assert "save the file as UTF-8" in unread[0].reason


def test_a_bad_single_document_is_unread(read):
    records, unread = read("train.json", b'{\n"a": hunter2}')
    assert records == []
    assert [(item.line, item.reason) for item in unread] == [
        (2, "not valid JSON (Expecting value at column 6); mend the document")
    ]


def test_an_element_over_the_limit_costs_that_element(read, monkeypatch):
    monkeypatch.setattr(jsonwindow, "VALUE_LIMIT", 100)
    monkeypatch.setattr(jsonwindow, "WINDOW", 60)
    records, unread = read("train.json", b'[1,\n["' + b"x\\\\]" * 100 + b'"], 3]')
    assert [(record.index, record.value) for record in records] == [(0, 1), (2, 3)]
    assert [(item.line, item.record) for item in unread] == [(2, 1)]
    assert "longer than 64 MiB" in unread[0].reason
