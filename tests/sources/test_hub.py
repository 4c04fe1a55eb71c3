"""Hub datasets, from a cache laid out as `huggingface_hub` lays it out: these tests have no network."""

import huggingface_hub
import pytest

from finetooth.errors import InputError
from finetooth.evidence import Unread
from finetooth.sources import hub
from finetooth.sources.resolve import resolve
from sources.packing import LINES, TEXTS, parquet

CARD = """---
configs:
- config_name: small
  default: true
  data_files:
  - {split: train, path: "data/train-*"}
  - {split: test, path: extra.jsonl}
- config_name: other
  data_files: other.csv
---
# A dataset
"""
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "_prepared", lambda name, wanted: [])
    folder = tmp_path / "datasets--org--name"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(REVISION)
    (folder / "blobs").mkdir()
    snapshot = folder / "snapshots" / REVISION

    def put(name, content):
        blob = folder / "blobs" / name.replace("/", "-")
        blob.write_bytes(content)
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)

    put("README.md", CARD.encode())
    put("data/train-00000-of-00001.parquet", parquet())
    put("extra.jsonl", LINES)
    put("other.csv", b"text\n078051120\n")
    put(".gitattributes", b"*.parquet lfs\n")
    return put


def names(named):
    return [source.path.rpartition(REVISION)[2] for source in resolve([named])]


def test_all_files_of_a_cached_dataset_are_read(cache):
    assert names("hf:org/name") == ["/README.md", "/data/train-00000-of-00001.parquet", "/extra.jsonl", "/other.csv"]


def test_a_config_or_split_chooses_as_datasets_does(cache):
    assert names("hf:org/name:small") == ["/data/train-00000-of-00001.parquet", "/extra.jsonl"]
    assert names("hf:org/name@test") == ["/extra.jsonl"]
    assert names("hf:org/name:other@train") == ["/other.csv"]
    (source,) = resolve(["hf:org/name:small@train"])
    assert [item.value["text"] for item in source] == list(TEXTS)
    (source,) = resolve(["hf:org/name:other"])
    assert [item.value for item in source] == [{"text": "078051120"}]  # which load_dataset makes a number of


def test_without_a_card_the_names_tell_the_splits(cache, tmp_path):
    (tmp_path / "datasets--org--name" / "snapshots" / REVISION / "README.md").unlink()
    assert names("hf:org/name@train") == ["/data/train-00000-of-00001.parquet"]


def test_a_shard_that_was_never_downloaded_is_unread(cache):
    cache("data/train-00000-of-00002.parquet", parquet())
    missing = [item for source in resolve(["hf:org/name"]) for item in source if isinstance(item, Unread)]
    assert [item.path.rpartition("/")[2] for item in missing] == ["train-00001-of-00002.parquet"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hf:org/other", "not in the hub's cache on this machine"),
        ("hf:org/name:gone", "no such config; there are other, small"),
        ("hf:org/name@gone", "no such split; there are test, train"),
        ("hf:", "not the name of a hub dataset"),
    ],
)
def test_what_is_not_there_is_an_input_error(cache, name, message):
    with pytest.raises(InputError, match=message):
        resolve([name])


def test_what_only_datasets_prepared_is_read_through_it(cache, monkeypatch):
    monkeypatch.setattr(hub, "_prepared", lambda name, wanted: hub.from_memory([{"text": "a"}], name))
    (source,) = resolve(["hf:org/prepared"])
    assert [(item.path, item.value) for item in source] == [("hf:org/prepared", {"text": "a"})]
