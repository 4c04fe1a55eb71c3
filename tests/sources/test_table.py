import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetooth.record import RepeatedKeys
from finetooth.sources import lines as lines_module
from finetooth.sources.peekable import Peekable
from finetooth.sources.table import read_table


def test_a_header_alone_is_no_record(read):
    assert read("people.csv", b"") == ([], [])
    assert read("people.csv", b"name,ssn\n") == ([], [])


def test_nothing_is_coerced(read):
    (record,), _ = read("people.csv", b"ssn,phone,note,date\n078051120,+14155550132,NA,2024-01-31\n")
    assert record.value == {"ssn": "078051120", "phone": "+14155550132", "note": "NA", "date": "2024-01-31"}


def test_lines_are_those_where_the_record_begins(read):
    records, _ = read("people.csv", b'\na,b\n\n"one\ntwo\n",2\n\n3,4\n')
    assert [(record.index, record.line, record.value["a"]) for record in records] == [(0, 4, "one\ntwo\n"), (1, 8, "3")]


def test_no_cell_is_lost_whatever_the_header(read):
    records, _ = read("people.csv", b"name,,name\nAda,x,Byron,extra,more\nBob\n")
    first, second = (record.value for record in records)
    assert isinstance(first, RepeatedKeys)
    assert first == {"name": "Byron", "column 2": "x", "column 4": "extra", "column 5": "more"}
    assert first.shadowed == (("name", "Ada"),)
    assert second == {"name": "Bob"}


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.mark.parametrize("delimiter", [",", "\t"])
@settings(deadline=None)  # machines are shared
@given(rows=st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=5))
def test_what_a_writer_quotes_is_read_back_to_the_letter(delimiter, rows):
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c", "d"], *rows])
    records = list(read_table("t", Peekable(io.BytesIO(sheet.getvalue().encode()).read), delimiter))
    assert [list(record.value.values()) for record in records] == rows
    assert [record.index for record in records] == list(range(len(rows)))
    lines = sheet.getvalue().split("\n")
    assert all(lines[record.line - 1].startswith('"') for record in records)


def test_tabs_separate_a_tsv(read):
    (record,), _ = read("people.tsv", b'name\tnote\nAda\t"a, b\tc"\n')
    assert record.value == {"name": "Ada", "note": "a, b\tc"}


@pytest.mark.parametrize(("row", "reason"), [(b"caf\xe9,2", "not valid UTF-8"), (b"a\x00,2", "holds a NUL")])
def test_a_bad_row_costs_that_row_even_within_quotes(read, row, reason):
    records, unread = read("people.csv", b'a,b\n1,2\n"x\n' + row + b'\n",3\n4,5\n')
    assert [(record.index, record.line, record.value) for record in records] == [
        (0, 2, {"a": "1", "b": "2"}),
        (2, 6, {"a": "4", "b": "5"}),
    ]
    assert [(item.line, item.record) for item in unread] == [(3, 1)]
    assert reason in unread[0].reason


def test_a_bad_header_is_unread_but_its_rows_are_read(read):
    records, unread = read("people.csv", b"caf\xe9,b\n1,2\n")
    assert records[0].value == {"column 1": "1", "column 2": "2"}
    assert [(item.line, item.record) for item in unread] == [(1, None)]


def test_a_stray_carriage_return_costs_its_row(read):
    records, unread = read("people.csv", b"a,b\n1\r2,3\n4,5\n")
    assert [record.value for record in records] == [{"a": "4", "b": "5"}]
    assert "mend the row" in unread[0].reason


def test_a_large_cell_is_read(read):
    (record,), _ = read("people.csv", b'a\n"' + b"x\n" * 200_000 + b'"\n')
    assert len(record.value["a"]) == 400_000


def test_a_line_over_the_limit_ends_the_table(read, monkeypatch):
    monkeypatch.setattr(lines_module, "LINE_LIMIT", 20)
    records, unread = read("people.csv", b"a,b\n1,2\n" + b"x" * 50 + b"\n3,4\n")
    assert len(records) == 1
    assert [(item.line, item.record) for item in unread] == [(3, None)]
    assert "the rest of the file is unread: line 3 is longer than 64 MiB; split it" in unread[0].reason


def test_truncated_gzip_delivers_the_rows_before_the_break(read):
    packed = gzip.compress(b"n\n" + b"".join(b"%d\n" % (n * 7919 % 100_003) for n in range(50_000)))
    records, unread = read("numbers.csv.gz", packed[: len(packed) // 2])
    assert len(records) > 20_000
    assert [item.record for item in unread] == [None]
