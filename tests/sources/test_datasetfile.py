"""The contract of the port `Source`, held by every container that is a file."""

import gzip
import hashlib
import io
import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finetooth.record import Record
from finetooth.sources.datasetfile import DatasetFile

SINK = io.BytesIO()
pq.write_table(pa.table({"text": ["a", "b", "c"]}), SINK)
LINES = b'{"text": "a"}\n\n{"text": "b"}\n{"text": "c"}\n'
ARRAY = b'[{"text": "a"},\n{"text": "b"}, {"text": "c"}]'
FILES = {
    "lines.jsonl": LINES,
    "lines.json": LINES,
    "lines.jsonl.gz": gzip.compress(LINES),
    "packed-whatever-the-name.jsonl": gzip.compress(LINES),
    "unpacked-whatever-the-name.jsonl.gz": LINES,
    "array.json": ARRAY,
    "array.json.gz": gzip.compress(ARRAY),
    "wide.jsonl": LINES.decode().encode("utf-16"),
    "table.csv": b"text\na\nb\nc\n",
    "table.csv.gz": gzip.compress(b"text\na\nb\nc\n"),
    "table.tsv": b"\xef\xbb\xbftext\na\nb\nc\n",
    "table.parquet": SINK.getvalue(),
}


@pytest.mark.parametrize("name", FILES)
def test_every_container_holds_the_contract(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(FILES[name])
    source = DatasetFile(str(file))
    items = list(source)
    assert [(item.path, item.index, item.value) for item in items] == [
        (str(file), index, {"text": text}) for index, text in enumerate("abc")
    ]
    stored = source.stored()
    assert (stored.sha256, stored.bytes) == (hashlib.sha256(FILES[name]).hexdigest(), len(FILES[name]))
    assert list(source) == items


@pytest.mark.parametrize("name", FILES)
def test_reading_stops_when_the_reader_does_and_leaves_no_file_open(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(FILES[name])
    source = DatasetFile(str(file))
    reading = iter(source)
    assert isinstance(next(reading), Record)
    reading.close()
    assert source.stored().sha256 is None


def test_what_cannot_be_read_is_hashed_all_the_same(tmp_path):
    file = tmp_path / "train.jsonl.gz"
    packed = gzip.compress(LINES * 10_000)
    for content in (packed[:-20], packed + b"x" * 3_000_000, b"\x28\xb5\x2f\xfd" + b"x" * 3_000_000):
        file.write_bytes(content)
        source = DatasetFile(str(file))
        assert not isinstance(list(source)[-1], Record)
        assert source.stored().sha256 == hashlib.sha256(content).hexdigest()


def test_an_empty_file_has_no_records_whatever_its_name(tmp_path):
    for name in ("a.jsonl", "a.json", "a.csv", "a.parquet", "LICENSE"):
        (tmp_path / name).touch()
        assert list(DatasetFile(str(tmp_path / name))) == []


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("parquet")])
def test_whatever_is_done_to_the_bytes_nothing_is_raised(tmp_path, name):
    # Parquet is left out: a damaged file can crash its library, which is why scans run it in a process of its own.
    chance = random.Random(name)
    file = tmp_path / name
    for _ in range(100):
        content = bytearray(FILES[name])
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(content))
            content[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        file.write_bytes(content)
        source = DatasetFile(str(file))
        items = list(source)
        assert all(isinstance(item, Record) or item.reason for item in items)
        assert source.stored().sha256 == hashlib.sha256(content).hexdigest()


def test_naming_files_loads_no_heavy_library():
    code = "import sys, finetooth.sources.resolve; sys.exit(bool({'pyarrow', 'datasets', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
