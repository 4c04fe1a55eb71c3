"""Files made to hurt: each gives a reason, quickly and in flat memory, and all else is still read."""

import io
import struct
import tarfile
import time
import tracemalloc
import zipfile

import pyarrow as pa
import pytest

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources import compression
from finetooth.sources.datasetfile import CHANGED, DatasetFile
from sources.packing import COMPRESSIONS, MEMBERS, NESTED, arrow_file, arrow_stream, parquet, tar, zipped


def zeros(codec, size):
    """Compress so many zeros, without holding them."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        for _ in range(size >> 24):
            stream.write(b"0" * (1 << 24))
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(("codec", "ending"), [("zstd", ".zst"), ("gzip", ".gz"), ("bz2", ".bz2")])
@pytest.mark.parametrize("name", ["train.jsonl", "train.json", "train.txt"])
def test_a_bomb_is_told_before_it_goes_off(read, codec, ending, name):
    packed = zeros(codec, 128 << 20)
    started = time.perf_counter()
    _, unread = read(name + ending, packed)
    assert time.perf_counter() - started < 10
    # A document of zeros is read no further than the second: no number begins with two.
    assert any("decompression bomb" in item.reason or name == "train.json" for item in unread)


def test_a_bomb_in_a_bomb_is_measured_by_the_file(read):
    packed = COMPRESSIONS[".gz"](zeros("zstd", 1 << 30))
    assert len(packed) < 50_000
    _, unread = read("train.jsonl", packed)
    assert "decompression bomb" in unread[-1].reason


def test_a_zip_bomb_of_many_members_is_one(read, monkeypatch):
    monkeypatch.setattr(compression, "BOMB_FLOOR", 1 << 20)
    bomb = zipped([(f"{n}.txt", b"\n" * (1 << 19)) for n in range(8)])
    _, unread = read("a.zip", bomb)
    assert any("decompression bomb" in item.reason for item in unread)


def test_a_parquet_bomb_is_one(read, monkeypatch):
    monkeypatch.setattr(compression, "BOMB_FLOOR", 1 << 20)
    table = pa.table({"text": pa.array(["x" * 10_000] * 5_000).dictionary_encode()})
    _, unread = read("a.parquet", parquet(table.cast(pa.schema({"text": pa.string()})), compression="zstd"))
    assert "decompression bomb" in unread[-1].reason


@pytest.mark.parametrize("name", ["deep.json", "deep.jsonl"])
@pytest.mark.parametrize("deep", [b"[" * 40_000, b'{"a":' * 1_000_000, b"[" * 1_000_000 + b"]" * 1_000_000])
def test_depth_is_a_reason(read, name, deep):
    _, unread = read(name, b'{"a": 1}\n' + deep if name == "deep.jsonl" else deep)
    assert [item.reason.startswith("not valid JSON (") for item in unread] == [True]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.txt"])
def test_a_line_without_end_is_not_held(tmp_path, name):
    file = tmp_path / name
    with file.open("wb") as sink:
        sink.write(b'["')
        for _ in range(160):
            sink.write(b"x" * (1 << 20))
    tracemalloc.start()
    items = list(DatasetFile(str(file)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(item) for item in items] == [Unread]
    assert "64 MiB" in items[0].reason
    assert peak < 300 << 20


def test_a_hundred_thousand_columns_are_one_row(read):
    names = [f"c{n}" for n in range(100_000)]
    row = b",".join(b"%d" % n for n in range(100_000))
    (record,), unread = read("wide.csv", ",".join(names).encode() + b"\n" + row)
    assert (len(record.value), unread) == (100_000, [])
    table = pa.table([pa.array([str(n)]) for n in range(20_000)], names=names[:20_000])
    for name, content in (
        ("a.parquet", parquet(table)),
        ("a.arrow", arrow_stream(table)),
        ("b.arrow", arrow_file(table)),
    ):
        (record,), unread = read(name, content)
        assert (record.value["c19999"], len(record.value), unread) == ("19999", 20_000, [])


@pytest.mark.parametrize("codec", ["snappy", "gzip", "brotli", "zstd", "lz4", "none"])
def test_parquet_of_any_codec_and_nesting_is_read(read, codec):
    records, unread = read("a.parquet", parquet(NESTED, compression=codec))
    assert records[0].value == {
        "messages": [{"role": "user", "content": "first Ж"}],
        "map": [["key", 1]],
        "when": "2024-02-29",
        "price": "78051120.00",
        "code": "x",
        "raw": "text",
    }
    assert [record.index for record in records] == [0, 1, 2]
    assert [(item.record, item.reason[:24]) for item in unread] == [(1, "a value in it is no text")]


@pytest.mark.parametrize("lost", [8, 100])
def test_an_arrow_stream_cut_between_batches_or_within_is_told(read, lost):
    records, (unread,) = read("a.arrow", arrow_stream()[:-lost])
    assert 2 <= len(records) <= 3
    assert f"the rows from {len(records)} on are unread" in unread.reason


def test_a_damaged_arrow_batch_costs_that_batch_and_never_the_process(read):
    table = pa.table({"text": ["a" * 50, "b" * 50, "c" * 50]})
    content = bytearray(arrow_file(table))
    offsets = struct.pack("<ii", 0, 50)
    place = content.index(offsets, content.index(b"a" * 50))
    content[place + 4 : place + 8] = struct.pack("<i", 1 << 30)
    records, unread = read("a.arrow", bytes(content))
    assert len(records) == 2
    assert "the batch is damaged" in unread[0].reason


@pytest.mark.parametrize("cut", [10, 600, 1100, 2000])
def test_a_tar_that_is_cut_short_is_told_even_between_members(read, cut):
    records, unread = read("a.tar", tar([(name, b'{"n": 1}') for name, _ in MEMBERS])[:cut])
    assert unread
    assert len(records) == {10: 0, 600: 1, 1100: 1, 2000: 2}[cut]


def test_a_damaged_header_is_not_the_end_of_the_archive(read):
    content = bytearray(tar(MEMBERS))
    content[1024 + 10] ^= 1
    records, (unread,) = read("a.tar", bytes(content))
    assert len(records) == 1
    assert "the rest of the archive is unread: the tar archive is damaged" in unread.reason


def test_members_without_text_are_counted_and_the_others_read(read):
    pictures = [(f"{n}.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 2000) for n in range(3)]
    members = [*pictures, ("x.json", b'{"a": 1}\n{"a": bad}\n{"a": 3}'), ("../../up.cls", b"7\n"), ("x.html", b"<p>")]
    for name, content in (("a.tar", tar(members)), ("a.zip", zipped(members))):
        records, unread = read(name, content)
        assert [(record.path.rpartition("!")[2], record.index, record.value) for record in records] == [
            ("x.json", 0, {"a": 1}),
            ("x.json", 2, {"a": 3}),
            ("../../up.cls", 3, "7"),
        ]
        bad, pictured, page = unread
        assert (bad.path[-6:], bad.line, bad.record, bad.reason[:9]) == ("x.json", 2, 1, "not valid")
        assert "3 members of the archive: a JPEG picture" in pictured.reason
        assert "1 member of the archive: not a dataset file" in page.reason


def test_links_and_devices_of_a_tar_are_told(read):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, kind in (("d", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE), ("f", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type = kind
            archive.addfile(info)
    records, unread = read("a.tar", sink.getvalue())
    assert records == []
    assert len(unread) == 2


def test_an_archive_in_an_archive_is_one_level_too_deep(read):
    inner = tar(MEMBERS)
    for content in (tar([("in.tar", inner)]), zipped([("in.tar.gz", COMPRESSIONS[".gz"](inner))])):
        records, (unread,) = read("a", content)
        assert records == []
        assert "unpack the outer one" in unread.reason


def test_an_encrypted_member_is_told_and_the_others_read(read):
    content = bytearray(zipped(MEMBERS))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + place] |= 1
    records, (unread,) = read("a.zip", bytes(content))
    assert len(records) == 2
    assert "encrypted; pack it without a password" in unread.reason


def test_a_damaged_member_of_a_zip_costs_that_member(read):
    content = bytearray(zipped(MEMBERS, zipfile.ZIP_STORED))
    content[content.index(b"third")] ^= 1
    records, (unread,) = read("a.zip", bytes(content))
    assert len(records) == 2
    assert "damaged in this member" in unread.reason
    records, (unread,) = read("a.zip", bytes(content[:-30]))
    assert records == []
    assert "index is damaged or cut off" in unread.reason


def test_a_members_name_cannot_command_a_terminal(read):
    (record,), _ = read("a.tar", tar([("\x1b[2J\n.json", b"{}")]))
    assert record.path.endswith("!\ufffd[2J\ufffd.json")


def test_paragraphs_of_plain_text(read):
    records, unread = read("a.txt", b"\n\none\r\ntwo\r\n\r\n \t\nbad \xff\nline\n\nlast" + b"\n" + b"x" * 70_000)
    assert [(record.index, record.line) for record in records] == [(0, 3), (2, 10), (3, 11)]
    assert records[0].value == "one\r\ntwo\r"
    assert [(item.line, item.record, item.reason[:15]) for item in unread] == [(7, 1, "not valid UTF-8")]


@pytest.mark.parametrize("how", ["append", "replace", "vanish"])
def test_a_file_that_changes_while_it_is_read_is_unread(tmp_path, how):
    file = tmp_path / "train.jsonl"
    file.write_bytes(b'{"n": 1}\n' * 10)
    source = DatasetFile(str(file))
    reading = iter(source)
    next(reading)
    if how == "append":
        with file.open("ab") as sink:
            sink.write(b'{"n": 2}\n')
    elif how == "replace":
        (tmp_path / "new").write_bytes(b'{"n": 3}\n' * 10)
        (tmp_path / "new").replace(file)
    else:
        file.unlink()
    rest = list(reading)
    assert sum(isinstance(item, Record) for item in rest) in {9, 10}
    assert rest[-1].reason == CHANGED
    assert source.stored().sha256 is None
