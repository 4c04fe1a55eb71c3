import pytest

from finetooth.sources import jsonarray


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
    ("document", "line", "reason"),
    [
        (b'[{"a": 1},\n{"b" 2}]', 2, "Expecting ':' delimiter at column 6"),
        (b'[{"a": 1}\n{"b": 2}]', 2, "expecting ',' or the array's end at column 1"),
        (b'[{"a": 1},\n]', 2, "Expecting value at column 1"),
        (b'[{"a": 1}\n]]', 2, "something follows the array at column 2"),
        (b'[{"a": 1},\n' + b"[" * 50_000, 2, "nested too deeply"),
        (b'[{"a": 1}\n', 2, "expecting ',' or the array's end"),
        (b'[{"a": 1},\n\xff]', 2, "not valid UTF-8"),
    ],
)
def test_elements_before_a_fault_are_read_and_the_rest_is_one_unread(read, document, line, reason):
    records, unread = read("train.json", document)
    assert [record.value for record in records] == [{"a": 1}]
    assert [(item.line, item.record) for item in unread] == [(line, None)]
    assert reason in unread[0].reason


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


def test_a_document_over_the_limit_is_unread_with_the_remedy(read, monkeypatch):
    monkeypatch.setattr(jsonarray, "DOCUMENT_LIMIT", 100)
    records, unread = read("train.json", b"[" + b"1," * 100 + b"1]")
    assert records == []
    assert "convert it to JSON lines" in unread[0].reason
