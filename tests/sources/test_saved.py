import hashlib

import datasets
import pytest

from finetooth.evidence import Unread
from finetooth.sources.resolve import resolve


@pytest.fixture
def folder(tmp_path):
    datasets.disable_progress_bars()
    rows = {"text": [f"text {n}" for n in range(600)]}
    datasets.Dataset.from_dict(rows).save_to_disk(tmp_path / "saved", num_shards=2)
    return tmp_path / "saved"


def test_a_saved_dataset_is_one_source(folder):
    (source,) = resolve([str(folder)])
    records = list(source)
    assert [(record.index, record.line, record.value["text"]) for record in records] == [
        (n, None, f"text {n}") for n in range(600)
    ]
    listing = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(path.name for path in folder.iterdir())
    )
    assert source.stored().sha256 == hashlib.sha256(listing.encode()).hexdigest()
    assert source.stored().bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_each_split_of_a_saved_dict_is_a_source(tmp_path):
    datasets.disable_progress_bars()
    split = datasets.Dataset.from_dict({"text": ["a"]})
    datasets.DatasetDict(train=split, test=split).save_to_disk(tmp_path)
    sources = resolve([str(tmp_path)])
    assert [source.path for source in sources] == [str(tmp_path / "test"), str(tmp_path / "train")]
    assert [item.value for source in sources for item in source] == [{"text": "a"}] * 2


def test_a_stray_file_in_the_folder_is_read_or_listed(folder):
    (folder / "more.jsonl").write_text('{"text": "b"}\n')
    (folder / "old.arrow").write_bytes(b"\xff\xff\xff\xffold")
    _, more, old = resolve([str(folder)])
    assert [item.value for item in more] == [{"text": "b"}]
    assert isinstance(next(iter(old)), Unread)


@pytest.mark.parametrize("lost", [8, 2000])
def test_a_cut_arrow_file_is_never_a_shorter_dataset(folder, lost):
    file = sorted(folder.glob("*.arrow"))[1]
    file.write_bytes(file.read_bytes()[:-lost])
    (source,) = resolve([str(folder)])
    assert any(isinstance(item, Unread) for item in source)


def test_a_missing_arrow_file_is_unread(folder):
    min(folder.glob("*.arrow")).unlink()
    (source,) = resolve([str(folder)])
    assert any(isinstance(item, Unread) for item in source)
    assert source.stored().sha256 is None


def test_a_saved_dataset_that_changes_while_it_is_read_is_unread(folder):
    (source,) = resolve([str(folder)])
    reading = iter(source)
    next(reading)
    file = sorted(folder.glob("*.arrow"))[1]
    file.touch()
    assert "it changed while it was read" in list(reading)[-1].reason
