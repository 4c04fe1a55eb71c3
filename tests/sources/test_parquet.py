import datetime
import decimal
import hashlib
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finetooth.record import RepeatedKeys


def stored(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def test_no_rows_no_records(read):
    assert read("train.parquet", stored(pa.table({"text": pa.array([], pa.string())}))) == ([], [])


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip"])
def test_every_row_of_every_row_group_is_a_record_without_a_line(read, compression):
    table = pa.table({"text": [f"text {n}" for n in range(1000)]})
    records, unread = read("train.parquet", stored(table, row_group_size=300, compression=compression))
    assert [(record.index, record.line) for record in records] == [(n, None) for n in range(1000)]
    assert records[-1].value == {"text": "text 999"}
    assert unread == []


def test_parquet_is_known_by_its_content(read):
    records, _ = read("part-00000", stored(pa.table({"text": ["x"]})))
    assert records[0].value == {"text": "x"}


def test_nested_and_typed_values_reach_the_walker_as_json(read):
    moment = datetime.datetime(2024, 1, 31, 12, 30, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "messages": [[{"role": "user", "content": "Žofie"}]],
            "pairs": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
            "born": [datetime.date(1990, 2, 1)],
            "at": pa.array([moment], pa.timestamp("us", tz="UTC")),
            "nanos": pa.array([1706704200123456789], pa.timestamp("ns")),
            "price": [decimal.Decimal("78051120.00")],
            "big": pa.array([2**64 - 1], pa.uint64()),
            "tag": pa.array(["a"]).dictionary_encode(),
            "raw": [b"alice@example.com"],
            "none": pa.nulls(1),
        }
    )
    (record,), unread = read("train.parquet", stored(table))
    assert record.value == {
        "messages": [{"role": "user", "content": "Žofie"}],
        "pairs": [["k", "v"]],
        "born": "1990-02-01",
        "at": "2024-01-31 12:30:00+00:00",
        "nanos": "2024-01-31 12:30:00.123456789",
        "price": "78051120.00",
        "big": 2**64 - 1,
        "tag": "a",
        "raw": "alice@example.com",
        "none": None,
    }
    assert unread == []


def test_columns_of_the_same_name_are_all_kept(read):
    table = pa.Table.from_arrays([pa.array(["alice"]), pa.array(["clean"])], names=["text", "text"])
    (record,), _ = read("train.parquet", stored(table))
    assert isinstance(record.value, RepeatedKeys)
    assert record.value.shadowed == (("text", "alice"),)


def test_binary_values_are_unread_beside_the_record(read):
    table = pa.table({"image": [b"\x89PNG", b"ascii"], "text": ["a", "b"]})
    records, unread = read("train.parquet", stored(table))
    assert [record.value for record in records] == [{"image": None, "text": "a"}, {"image": "ascii", "text": "b"}]
    assert [(item.record, item.line) for item in unread] == [(0, None)]
    assert "bytes that are not UTF-8" in unread[0].reason


def test_one_bad_value_costs_its_row_only(read):
    bad = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff", b"c"]).buffers())
    records, unread = read("train.parquet", stored(pa.table({"text": bad})))
    assert [(record.index, record.value["text"]) for record in records] == [(0, "a"), (2, "c")]
    assert [item.record for item in unread] == [1]


def test_a_damaged_row_group_costs_that_group_only(read):
    table = pa.table({"text": [hashlib.sha256(bytes(n)).hexdigest() for n in range(300)]})
    options = {"row_group_size": 100, "compression": "zstd", "use_dictionary": False, "write_page_checksum": True}
    content = bytearray(stored(table, **options))
    offset = pq.ParquetFile(io.BytesIO(bytes(content))).metadata.row_group(1).column(0).data_page_offset
    content[offset + 200] ^= 0xFF
    records, unread = read("train.parquet", bytes(content))
    assert [record.index for record in records] == [*range(100), *range(200, 300)]
    assert [item.record for item in unread] == [None]
    assert "rows 100 to 199" in unread[0].reason


@pytest.mark.parametrize("damage", ["cut", "footer", "magic only"])
def test_a_broken_file_is_unread_with_a_reason(read, damage):
    content = stored(pa.table({"text": ["hunter2"] * 100}))
    content = {
        "cut": content[:-20],
        "footer": content[:100] + b"\xff" * (len(content) - 108) + content[-8:],
        "magic only": b"PAR1",
    }[damage]
    records, unread = read("train.parquet", content)
    assert records == []
    assert len(unread) == 1
    assert "Parquet" in unread[0].reason


def test_a_name_that_says_parquet_does_not_make_it_one(read):
    _, unread = read("train.parquet", b"something else\n")
    assert "not a dataset file" in unread[0].reason
