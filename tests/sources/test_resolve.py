import io
import os

import pytest

from finetooth.errors import InputError
from finetooth.evidence import Unread
from finetooth.sources.datasetfile import StandardInput
from finetooth.sources.resolve import resolve

RECORD = '{"text": "a"}\n'


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path, text=RECORD):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def paths(*named):
    return [source.path for source in resolve(named)]


def test_nothing_named_nothing_found():
    assert resolve([]) == []


def test_a_file_keeps_the_name_that_the_user_gave_it(here):
    put(here / "train.jsonl")
    (source,) = resolve(["./train.jsonl"])
    (record,) = source
    assert (record.path, record.line, record.value) == ("./train.jsonl", 1, {"text": "a"})


def test_a_folder_is_read_to_its_depths_in_order_of_name(here):
    for name in ("data/b.jsonl", "data/a/z.csv", "data/a/y.jsonl", "data/.git/config", "data/.hidden.jsonl"):
        put(here / name)
    assert paths("data") == ["data/a/y.jsonl", "data/a/z.csv", "data/b.jsonl"]
    assert paths("data/.hidden.jsonl") == ["data/.hidden.jsonl"]


def test_every_file_of_a_folder_is_read_or_listed(here):
    put(here / "data/README.md", "# Dataset\n")
    put(here / "data/page.html", "<p>")
    put(here / "data/_SUCCESS", "")
    put(here / "data/train.jsonl")
    items = [item for source in resolve(["data"]) for item in source]
    assert [(type(item).__name__, item.path) for item in items] == [
        ("Record", "data/README.md"),
        ("Unread", "data/page.html"),
        ("Record", "data/train.jsonl"),
    ]


def test_an_empty_folder_is_unread(here):
    (here / "data/.git").mkdir(parents=True)
    (source,) = resolve(["data"])
    (unread,) = source
    assert "holds no file" in unread.reason


def test_globs_find_files_and_folders(here):
    for name in ("data/a.jsonl", "data/b.jsonl", "data/c.csv", "data/deep/d.jsonl"):
        put(here / name)
    assert paths("data/*.jsonl") == ["data/a.jsonl", "data/b.jsonl"]
    assert paths("data/**/*.jsonl") == ["data/a.jsonl", "data/b.jsonl", "data/deep/d.jsonl"]
    assert paths("data/d*") == ["data/deep/d.jsonl"]


def test_a_name_that_exists_is_no_glob(here):
    put(here / "train[1].jsonl")
    assert paths("train[1].jsonl") == ["train[1].jsonl"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.jsonl", "gone.jsonl: there is no such file or folder; check the spelling"),
        ("", "there is no such file"),
        ("nul\0.jsonl", "there is no such file"),
        ("*.jsonl", r"\*.jsonl: this glob matches no file"),
        ("hf:org/name/more", "not the name of a hub dataset"),
    ],
)
def test_what_is_not_there_is_an_input_error(here, path, message):
    with pytest.raises(InputError, match=message):
        resolve([path])


def test_a_file_reached_twice_is_read_once(here):
    put(here / "data/train.jsonl")
    (here / "data/link.jsonl").symlink_to("train.jsonl")
    assert paths("data", "data/train.jsonl", "./data/*") == ["data/link.jsonl"]


def test_circles_of_links_end(here):
    put(here / "data/train.jsonl")
    (here / "data/up").symlink_to("..")
    (here / "data/self").symlink_to("self")
    (here / "data/broken").symlink_to("gone")
    items = [item for source in resolve(["data"]) for item in source]
    assert sorted(item.path for item in items) == ["data/broken", "data/self", "data/train.jsonl"]
    assert sum(isinstance(item, Unread) for item in items) == 2


def test_a_pipe_is_refused_and_does_not_hang(here):
    os.mkfifo(here / "pipe.jsonl")
    (source,) = resolve(["pipe.jsonl"])
    (unread,) = source
    assert "pipe it into `-`" in unread.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_without_permission_a_file_is_unread_rather_than_missing(here):
    put(here / "closed/train.jsonl")
    put(here / "mine.jsonl")
    (here / "mine.jsonl").chmod(0)
    (here / "closed").chmod(0)
    named = ["mine.jsonl", "closed", "closed/train.jsonl"]
    items = [item for source in resolve(named) for item in source]
    passed_over = [source.path for source in resolve(["**/*.jsonl"])]
    (here / "closed").chmod(0o700)
    assert [item.path for item in items] == named
    assert passed_over == ["./closed", "mine.jsonl"]
    assert all("ermission" in item.reason for item in items)


def test_a_file_that_vanishes_is_unread(here):
    put(here / "train.jsonl")
    (source,) = resolve(["train.jsonl"])
    (here / "train.jsonl").unlink()
    (unread,) = source
    assert "cannot be opened" in unread.reason
    assert source.stored().sha256 is None


def test_standard_input_is_json_lines_and_read_once():
    source = StandardInput(io.BytesIO(b'{"text": "a"}\n{bad\n'))
    record, unread = source
    assert (record.path, record.line, unread.line) == ("-", 1, 2)
    assert source.stored().bytes == 19
    (again,) = source
    assert "only once" in again.reason
    assert isinstance(resolve(["-"])[0], StandardInput)
