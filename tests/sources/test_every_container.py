"""Every container under every compression, and what hostile files cost: the contract of reading, row by row."""

import hashlib

import pytest

from finetooth.record import Record
from finetooth.sources.datasetfile import DatasetFile, StandardInput
from sources.packing import COMPRESSIONS, CONTAINERS, TEXTS


def texts(items):
    return [item.value if isinstance(item.value, str) else item.value["text"] for item in items]


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("name", CONTAINERS)
def test_all_is_read_where_it_stands(tmp_path, name, compression):
    content, lines = CONTAINERS[name]
    file = tmp_path / (name + compression)
    file.write_bytes(COMPRESSIONS[compression](content))
    source = DatasetFile(str(file))
    items = list(source)
    assert [type(item) for item in items] == [Record] * 3, items
    assert texts(items) == list(TEXTS)
    assert [item.index for item in items] == [0, 1, 2]
    assert tuple(item.line for item in items) == lines
    assert all(item.path.startswith(str(file)) for item in items)
    assert source.stored().sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert list(source) == items


@pytest.mark.parametrize("compression", [*COMPRESSIONS][1:])
def test_a_stream_of_many_members_is_read_whole_whatever_its_name(read, compression):
    pack = COMPRESSIONS[compression]
    packed = b"".join(pack(b'{"n": %d}\n' % n) for n in range(50))
    records, unread = read("train.jsonl", packed)
    assert [record.value["n"] for record in records] == list(range(50))
    assert unread == []


@pytest.mark.parametrize("compression", [*COMPRESSIONS][1:])
def test_two_layers_of_compression_are_undone_and_three_are_not(read, compression):
    pack = COMPRESSIONS[compression]
    records, unread = read("train.jsonl", pack(pack(b'{"n": 1}\n')))
    assert ([record.value for record in records], unread) == ([{"n": 1}], [])
    records, (unread,) = read("train.jsonl", COMPRESSIONS[".gz"](pack(pack(b'{"n": 1}\n'))))
    assert records == []
    assert unread.reason


@pytest.mark.parametrize("compression", [*COMPRESSIONS][1:])
@pytest.mark.parametrize("damage", ["cut", "tail", "flip"])
def test_what_stands_before_damage_is_read_and_the_rest_is_unread(read, compression, damage):
    lines = b"".join(b'{"n": "%s"}\n' % hashlib.sha512(b"%d" % n).hexdigest().encode() for n in range(14_000))
    packed = bytearray(COMPRESSIONS[compression](lines))
    if damage == "cut":
        del packed[len(packed) * 3 // 4 :]
    elif damage == "tail":
        packed += b"hunter2"
    else:
        packed[len(packed) * 3 // 4] ^= 0x55
    records, unread = read("train.jsonl", bytes(packed))
    if damage == "flip":
        # As pyarrow writes them, Zstandard and LZ4 have no checksum, so a flipped letter is but another letter.
        assert unread or compression in {".zst", ".lz4"}
        return
    assert unread[-1].reason.startswith("the rest of the file is unread: the ")
    assert "hunter2" not in unread[-1].reason
    assert len(records) > 3_000
    assert [record.index for record in records] == list(range(len(records)))
    assert len(records) + len(unread) == unread[-1].line


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_standard_input_is_decompressed_and_told_by_its_content(tmp_path, compression):
    for content in (b'{"n": 1}\n{"n": 2}\n', b'[{"n": 1},\n{"n": 2}]', b'{"n": 1}{"n": 2}'[:8] + b'\n{"n": 2}'):
        file = tmp_path / "pipe"
        file.write_bytes(COMPRESSIONS[compression](content))
        with file.open("rb") as pipe:
            assert [item.value for item in StandardInput(pipe)] == [{"n": 1}, {"n": 2}]
