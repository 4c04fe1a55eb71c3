"""A file in shards: all of it, nothing twice, and cut in the same places by whoever cuts it."""

import gzip
import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources import splitting
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.remote import remote_sources
from finetooth.sources.rows import from_memory
from finetooth.sources.saved import SavedDataset
from finetooth.sources.splitting import digested, split, with_content


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(splitting, "SIZE", 50)


def written(folder, content, name="train.jsonl"):
    path = folder / name
    path.write_bytes(content)
    return DatasetFile(str(path))


def lines(count):
    return b"".join(json.dumps({"text": f"line {n}"}).encode() + b"\n" for n in range(count))


def read(shards):
    """Return what all shards hold, counted on as the scanner does it."""
    found, records, line = [], 0, 0
    for shard in shards:
        for item in shard.source:
            number = item.index if isinstance(item, Record) else item.record
            found.append((number + records, item.line and item.line + line, getattr(item, "value", "unread")))
        extent = shard.source.stored().extent
        records, line = records + extent.records, line + extent.lines
    return found


def whole(source):
    items = list(source)
    return [(i.index if isinstance(i, Record) else i.record, i.line, getattr(i, "value", "unread")) for i in items]


def test_an_empty_file_is_one_shard_that_holds_nothing(tmp_path):
    [shard] = split(written(tmp_path, b""))
    assert list(shard.source) == []


def test_lines_are_cut_where_they_end(tmp_path):
    source = written(tmp_path, lines(20))
    shards = split(source)
    assert len(shards) == 8
    assert [shard.reach[0][0] for shard in shards[1:]] == [shard.reach[0][1] for shard in shards[:-1]]
    assert read(shards) == whole(source)


# What a file of JSON lines may hold: blank lines of each kind, bad ones, long ones, no end to the last.
_LINES = st.lists(
    st.sampled_from(
        [b"", b" \t", b"\r", b"{broken", b'{"a": 1}', b'{"text": "' + b"x" * 180 + b'"}', b"\xff\xfe", b"7\r"]
    )
)


@given(_LINES, st.booleans(), st.booleans())
def test_no_cut_loses_or_doubles_anything(tmp_path_factory, some, ends, marked):
    content = b"\n".join([b'{"first": 1}', *some]) + b"\n" * ends
    source = written(tmp_path_factory.mktemp("cut"), b"\xef\xbb\xbf" * marked + content)
    stored, shards = digested(source, split(source))
    assert read(shards) == whole(source)
    assert stored == source.stored()


def test_the_digests_are_those_of_the_bytes(tmp_path):
    content = lines(20)
    source = written(tmp_path, content)
    stored, shards = digested(source, split(source))
    assert (stored.sha256, stored.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    for shard in shards:
        [(start, end)] = shard.reach
        assert shard.content == hashlib.sha256(content[start:end]).hexdigest()
        list(shard.source)
        assert shard.source.stored().sha256 == shard.content
        assert with_content(shard) == shard


def test_what_is_added_at_the_end_leaves_the_shards_before_as_they_were(tmp_path):
    before = digested(*_split(written(tmp_path, lines(20))))[1]
    after = digested(*_split(written(tmp_path, lines(30))))[1]
    assert [shard.content for shard in after[: len(before) - 1]] == [shard.content for shard in before[:-1]]


def _split(source):
    return source, split(source)


def test_row_groups_go_together_until_they_are_large_enough(tmp_path):
    table = pa.table({"text": [f"{n}" for n in range(100)]})
    pq.write_table(table, tmp_path / "train.parquet", row_group_size=2, compression="none", use_dictionary=False)
    source = DatasetFile(str(tmp_path / "train.parquet"))
    stored, shards = digested(source, split(source))
    assert 10 < len(shards) < 50
    assert [item for shard in shards for item in shard.source] == list(source)
    assert stored == source.stored()
    assert len({shard.content for shard in shards}) == len(shards)
    assert all(shard.source.stored().sha256 == shard.content for shard in shards)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.jsonl.gz", gzip.compress(lines(50))),
        ("train.csv", b"text\n" + b"a cell\n" * 50),
        ("train.json", b"[" + b",".join([b'{"a": 1}'] * 50) + b"]"),
        ("train.jsonl", lines(50).decode().encode("utf-16")),
        ("train.txt", b"A paragraph.\n\n" * 50),
        ("broken.parquet", b"PAR1" + b"\0" * 100),
        ("none.bin", b"\0" * 200),
    ],
)
def test_what_cannot_be_cut_is_one_shard(tmp_path, name, content):
    source = written(tmp_path, content, name)
    stored, [shard] = digested(*_split(source))
    assert list(shard.source) == list(source)
    assert stored == source.stored()
    assert shard.content == stored.sha256


def test_a_file_that_grew_after_it_was_cut_has_no_digest_of_all_that_was_scanned(tmp_path):
    source = written(tmp_path, lines(20))
    shards = split(source)
    written(tmp_path, lines(21))
    stored, _ = digested(source, shards)
    assert stored.sha256 is None


def test_what_is_in_memory_stays_where_it_is():
    [source] = from_memory([{"text": "hello"}])
    stored, [shard] = digested(*_split(source))
    assert (stored, shard.content, shard.movable) == (None, None, False)


def test_a_saved_dataset_is_one_shard_that_is_known_by_its_files(tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"text": ["hello"]}).save_to_disk(tmp_path / "saved")
    source = SavedDataset(str(tmp_path / "saved"))
    stored, [shard] = digested(*_split(source))
    assert shard.content == stored.sha256 == with_content(shard).content


def test_a_remote_file_is_cut_as_one_on_disk(tmp_path):
    import fsspec

    fsspec.filesystem("memory").pipe("/bucket/train.jsonl", lines(20))
    [source] = remote_sources("memory://bucket/train.jsonl")
    local = written(tmp_path, lines(20))
    stored, shards = digested(*_split(source))
    assert [shard.content for shard in shards] == [shard.content for shard in digested(*_split(local))[1]]
    assert read(shards) == whole(local)
    assert stored.bytes == len(lines(20))


def test_a_file_that_cannot_be_opened_is_one_shard_that_says_so(tmp_path):
    source = DatasetFile(str(tmp_path / "gone.jsonl"))
    stored, [shard] = digested(*_split(source))
    [told] = shard.source
    assert isinstance(told, Unread)
    assert (stored.sha256, shard.content) == (None, None)
