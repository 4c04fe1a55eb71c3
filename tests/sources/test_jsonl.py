import gzip
import io
import math

import pytest

from finetooth.record import Record, RepeatedKeys
from finetooth.sources import lines as lines_module
from finetooth.sources.jsonl import read_json_lines
from finetooth.sources.peekable import Peekable


def test_an_empty_file_has_no_records_and_nothing_unread(read):
    assert read("train.jsonl", b"") == ([], [])
    assert read("train.jsonl", b"\n  \n\r\n\t\n") == ([], [])


def test_records_are_numbered_by_ordinal_and_physical_line(read):
    records, unread = read("train.jsonl", b'{"a": 1}\n\n  \n{"b": 2}\r\n[3]')
    assert [(record.index, record.line, record.value) for record in records] == [
        (0, 1, {"a": 1}),
        (1, 4, {"b": 2}),
        (2, 5, [3]),
    ]
    assert unread == []


def test_scalars_are_records_too(read):
    records, _ = read("train.jsonl", b'"text"\n12\nnull\ntrue\n1.5\n')
    assert [record.value for record in records] == ["text", 12, None, True, 1.5]


def test_a_bad_line_costs_that_line_and_says_where(read):
    records, unread = read("train.jsonl", b'{"a": 1}\n{"secret" "hunter2"}\n{"b": 2}\n')
    assert [(record.index, record.line) for record in records] == [(0, 1), (2, 3)]
    assert [(item.line, item.record) for item in unread] == [(2, 1)]
    assert unread[0].reason == "not valid JSON (Expecting ':' delimiter at column 11); mend the line"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": "hunter2', "Unterminated string starting at column 7"),
        (b'{"a": "\\hunter2"}', "Invalid \\escape at column 8"),
        (b'{"a": 1} {"b": 2}', "something follows the value at column 10"),
        (b'{"a": "\thunter2"}', "Invalid control character at column 8"),
        (b"[" * 50_000 + b"1" + b"]" * 50_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "an integer of more than 4,300 digits"),
        (b'{"a": "caf\xe9"}', "not valid UTF-8 (byte 11 of the line)"),
        (b'{"a": "\xed\xa0\x80"}', "not valid UTF-8"),
        (b"\xfe\xfe\xff\xff", "not valid UTF-8"),
        (b"{hunter2", "Expecting property name enclosed in double quotes"),
    ],
)
def test_whatever_is_wrong_with_a_line_is_told_without_quoting_it(read, line, reason):
    records, unread = read("train.jsonl", b"{}\n" + line + b"\n{}\n")
    assert [record.line for record in records] == [1, 3]
    assert [(item.line, item.record) for item in unread] == [(2, 1)]
    assert reason in unread[0].reason
    assert "hunter2" not in unread[0].reason


def test_no_repeated_key_is_lost(read):
    (record,), _ = read("train.jsonl", b'{"text": "alice@example.com", "n": {"k": 1, "k": 2}, "text": "clean"}\n')
    assert isinstance(record.value, RepeatedKeys)
    assert record.value == {"text": "clean", "n": {"k": 2}}
    assert record.value.shadowed == (("text", "alice@example.com"),)
    assert record.value["n"].shadowed == (("k", 1),)


def test_numbers_keep_all_their_digits(read):
    (record,), _ = read(
        "train.jsonl", b'{"a": [123456789012345678901234567890, NaN, Infinity, -Infinity, "\\ud800"]}\n'
    )
    assert record.value["a"][0] == 123456789012345678901234567890
    assert math.isnan(record.value["a"][1])
    assert record.value["a"][2:] == [math.inf, -math.inf, "\ud800"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_understood(read, encoding):
    records, unread = read("train.jsonl", '{"a": "Žofie"}\n{"a": "💌"}\n'.encode(encoding))
    assert [(record.line, record.value["a"]) for record in records] == [(1, "Žofie"), (2, "💌")]
    assert unread == []


def test_truncated_gzip_delivers_the_lines_before_the_break(read):
    packed = gzip.compress(b"".join(b'{"n": %d}\n' % (n * 7919 % 100_003) for n in range(50_000)))
    records, unread = read("train.jsonl.gz", packed[: len(packed) // 2])
    assert len(records) > 20_000
    assert [record.index for record in records] == list(range(len(records)))
    assert [(item.line, item.record) for item in unread] == [(len(records) + 1, None)]
    assert "the rest of the file is unread: the gzip stream ends too early" in unread[0].reason


def test_a_line_over_the_limit_is_unread(monkeypatch):
    monkeypatch.setattr(lines_module, "LINE_LIMIT", 20)
    file = io.BytesIO(b'{"a": 1}\n{"a": "' + b"x" * 100 + b'"}\n{"b": 2}\n')
    items = list(read_json_lines("train.jsonl", Peekable(file.read)))
    assert items[1].reason == "longer than 64 MiB; split the record"
    assert (items[1].line, items[1].record) == (2, 1)
    assert items[2] == Record("train.jsonl", 2, 3, {"b": 2})
