import io

import pytest

from finetooth.sources.container import Container, container
from finetooth.sources.peekable import Peekable

LINES, DOCUMENT = Container.JSON_LINES, Container.JSON_DOCUMENT


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("train.jsonl", b'{"a": 1}\n{"a": 2}\n', LINES),
        ("train.jsonl", b'{"a": 1}', LINES),
        ("train.jsonl", b'{"a": bad}\n{"a": 2}\n', LINES),
        ("train.ndjson", b'"text"\n', LINES),
        ("TRAIN.JSONL.GZ", b'"text"\n', LINES),
        ("train.jsonl", b"[\n{},\n{}\n]", DOCUMENT),
        ("train.jsonl", b"[{}, {}]\n", DOCUMENT),
        ("train.json", b'{"a": 1}\n\n{"a": 2}\n', LINES),
        ("train.json", b'\n\n{"a": 1}\n{"a": 2}\n', LINES),
        ("train.json", b'{"a": ' + b"1" * 200_000 + b"}\n" + b'{"a": 2}', DOCUMENT),  # an integer of too many digits
        ("train.json", b'{"a": "' + b"1" * 200_000 + b'"}\n' + b'{"a": 2}', LINES),
        ("train.json", b'{"a": 1}\n\n', DOCUMENT),
        ("train.json", b'{\n"a": 1}', DOCUMENT),
        ("train.json", b"17", DOCUMENT),
        ("train.txt", b'{"a": 1}\n{"a": 2}\n', LINES),
        ("train", b'[{"a": 1}]', DOCUMENT),
        ("a.csv", b"a,b\n1,2\n", Container.CSV),
        ("a.csv", b"[a],b\n1,2\n", Container.CSV),
        ("a.csv", b'{"a": 1}\n{"a": 2}\n', LINES),
        ("a.tsv.gz", b"a\tb\n", Container.TSV),
        ("a.jsonl", b"PAR1\x15\x04", Container.PARQUET),
    ],
)
def test_content_decides_before_the_name(name, content, expected):
    stream = Peekable(io.BytesIO(content).read)
    assert container(name, stream) is expected
    assert stream.peek(10) == content[:10]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", b"Once upon a time\n", Container.TEXT),
        ("a.md.zst", b"# Title\n", Container.TEXT),
        ("a.txt", b"[1] a footnote\n", Container.TEXT),
        ("README", b"Read me\n", Container.TEXT),
        ("a.jsonl", b'{\n "a": 1\n}\n{\n "a": 2\n}\n', DOCUMENT),
        ("a.csv", b"PAR1,ORC\n1,2\n", Container.CSV),
        ("a.csv", b"ID3,b\n1,2\n", Container.CSV),
        ("a.feather", b"ARROW1\0\0", Container.ARROW_FILE),
        ("a.arrow", b"\xff\xff\xff\xff\xa8\0\0\0", Container.ARROW_STREAM),
        ("a.jsonl", b"PK\x03\x04", Container.ZIP),
        ("a.jsonl", b"\0" * 257 + b"ustar", Container.TAR),
    ],
)
def test_more_containers(name, content, expected):
    assert container(name, Peekable(io.BytesIO(content).read)) is expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# Read me\n", "if it is plain text, name it .txt"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"FEA1\0\0\0\0", "Feather file of version 1"),
        (b"%PDF-1.7", "extract its text"),
        (b"\x80\x04\x95", "can run code"),
        (b"\0\0\0\x20ftypisom", "MP4"),
    ],
)
def test_anything_else_is_refused_with_a_remedy(content, reason):
    refusal = container("file.bin", Peekable(io.BytesIO(content).read))
    assert reason in refusal
