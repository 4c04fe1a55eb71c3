"""Small files of every container and compression, for tests: each holds the same three texts."""

import bz2
import datetime
import decimal
import gzip
import io
import json
import lzma
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq

TEXTS = ("first Ж", "second 💌", "third")
ROWS = [{"text": text} for text in TEXTS]
TABLE = pa.table({"text": list(TEXTS)})


def arrow_packed(codec):
    def pack(content):
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(content)
        return sink.getvalue().to_pybytes()

    return pack


COMPRESSIONS = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": arrow_packed("zstd"),
    ".lz4": arrow_packed("lz4"),
}


def parquet(table=TABLE, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def arrow_stream(table=TABLE, rows=1, **options):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def arrow_file(table=TABLE, rows=1, **options):
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def tar(members, **options):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", **options) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return sink.getvalue()


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return sink.getvalue()


LINES = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)
MEMBERS = [(f"a/{n}.json", json.dumps(row).encode()) for n, row in enumerate(ROWS)]
CSV = "text\n" + "".join(f"{text}\n" for text in TEXTS)

# name: content, and the lines at which its records begin
CONTAINERS = {
    "lines.jsonl": (LINES, (1, 2, 3)),
    "ascii.ndjson": (b"".join(json.dumps(row).encode() + b"\r\n\r\n" for row in ROWS), (1, 3, 5)),
    "array.json": (json.dumps(ROWS, indent=1).encode(), (2, 5, 8)),
    "wrapped.json": (json.dumps({"data": ROWS}).encode(), (1, 1, 1)),
    "pretty.json": ("\n".join(json.dumps(row, indent=1) for row in ROWS).encode(), (1, 4, 7)),
    "utf8-bom.jsonl": (b"\xef\xbb\xbf" + LINES, (1, 2, 3)),
    "utf16.jsonl": (LINES.decode().encode("utf-16"), (1, 2, 3)),
    "utf32.json": (json.dumps(ROWS, ensure_ascii=False).encode("utf-32"), (1, 1, 1)),
    "table.csv": (CSV.encode(), (2, 3, 4)),
    "table.tsv": (CSV.encode("utf-16"), (2, 3, 4)),
    "text.txt": ("\n\n\n".join(TEXTS).encode(), (1, 4, 7)),
    "text.md": ("\n\n".join(TEXTS).encode("utf-16"), (1, 3, 5)),
    "table.parquet": (parquet(row_group_size=1), (None,) * 3),
    "stream.arrow": (arrow_stream(), (None,) * 3),
    "stream-zstd.arrow": (arrow_stream(compression="zstd"), (None,) * 3),
    "two-streams.arrow": (arrow_stream(TABLE.slice(0, 1)) + arrow_stream(TABLE.slice(1)), (None,) * 3),
    "file.arrow": (arrow_file(), (None,) * 3),
    "table.feather": (arrow_file(compression="lz4"), (None,) * 3),
    "webdataset.tar": (tar(MEMBERS), (1, 1, 1)),
    "pax.tar": (tar([("é" * 150 + name, content) for name, content in MEMBERS], format=tarfile.PAX_FORMAT), (1, 1, 1)),
    "gnu.tar": (tar([("e" * 150 + name, content) for name, content in MEMBERS], format=tarfile.GNU_FORMAT), (1, 1, 1)),
    "lines.tar": (tar([("x.jsonl.zst", COMPRESSIONS[".zst"](LINES))]), (1, 2, 3)),
    "parquet.tar": (tar([("x.parquet", parquet())]), (None,) * 3),
    "deflated.zip": (zipped(MEMBERS), (1, 1, 1)),
    "stored.zip": (zipped(MEMBERS, zipfile.ZIP_STORED), (1, 1, 1)),
    "lzma.zip": (zipped([("a.arrow", arrow_stream())], zipfile.ZIP_LZMA), (None,) * 3),
}

NESTED = pa.table(
    {
        "messages": [[{"role": "user", "content": TEXTS[0]}], None, []],
        "map": pa.array([[("key", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        "when": [datetime.date(2024, 2, 29), None, datetime.date(1970, 1, 1)],
        "price": [decimal.Decimal("78051120.00"), None, None],
        "code": pa.array(["x", "x", "y"]).dictionary_encode(),
        "raw": pa.array([b"text", b"\xff", None]),
    }
)
