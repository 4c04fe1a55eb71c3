import fsspec
import pytest

from finetooth.errors import InputError
from finetooth.sources.resolve import resolve
from sources.packing import COMPRESSIONS, LINES, TEXTS, parquet, zipped


@pytest.fixture
def bucket():
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]

    def put(**contents):
        for name, content in contents.items():
            files.pipe_file(f"/bucket/{name.replace('__', '.')}", content)
        return files

    yield put
    files.store.clear()


def texts(*named):
    return [(item.path, item.value["text"]) for source in resolve(named) for item in source]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl.zst", COMPRESSIONS[".zst"](LINES)),
        ("a.parquet", parquet()),
        ("a.zip", zipped([("a.jsonl", LINES)])),
    ],
)
def test_a_file_at_a_url_is_read_as_any_other(bucket, name, content):
    bucket(**{name: content})
    url = f"memory://bucket/{name}"
    (source,) = resolve([url])
    assert [item.value["text"] for item in source] == list(TEXTS)
    assert source.path == url
    assert source.stored().bytes == len(content)


def test_folders_and_globs_at_a_url(bucket):
    bucket(b__jsonl=b'{"text": "b"}\n', a__jsonl=b'{"text": "a"}\n', c__csv=b"text\nc\n")
    bucket(**{".hidden/x.jsonl": b'{"text": "hidden"}\n'})
    assert texts("memory://bucket") == [
        ("memory:///bucket/a.jsonl", "a"),
        ("memory:///bucket/b.jsonl", "b"),
        ("memory:///bucket/c.csv", "c"),
    ]
    assert [text for _, text in texts("memory://bucket/*.jsonl", "memory://bucket/a.jsonl")] == ["a", "b"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://bucket/gone.jsonl", "there is no such file or folder"),
        ("memory://bucket/*.gone", "there is no such file or folder"),
        ("s3://bucket/train.jsonl", "Install s3fs"),
        ("nonsense://bucket/train.jsonl", "no scheme that fsspec knows"),
    ],
)
def test_what_cannot_be_reached_is_an_input_error(bucket, url, message):
    with pytest.raises(InputError, match=message):
        resolve([url])


def test_no_secret_of_a_url_is_shown():
    with pytest.raises(InputError) as caught:
        resolve(["nonsense://user:hunter2@host/train.jsonl?token=hunter2#hunter2"])
    assert "nonsense://host/train.jsonl:" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_changes_at_its_url_is_unread(bucket):
    files = bucket(a__jsonl=b'{"text": "a"}\n' * 10)
    reading = iter(resolve(["memory://bucket/a.jsonl"])[0])
    next(reading)
    files.pipe_file("/bucket/a.jsonl", b'{"text": "b"}\n' * 11)
    assert "it changed while it was read" in list(reading)[-1].reason


def test_a_url_of_a_local_file_is_that_file(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINES)
    assert texts(f"file://{tmp_path}/a.jsonl")[0] == (f"{tmp_path}/a.jsonl", TEXTS[0])
