"""Headers of model files: a true one is read, and one that lies is refused before anybody follows it."""

import json
import struct
import time

import pytest

from finetooth.errors import ModelError
from finetooth.targets.gguf_header import read_gguf
from finetooth.targets.safetensors_header import read_folder, read_safetensors

gguf = pytest.importorskip("gguf")
numpy = pytest.importorskip("numpy")

TENSOR = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def safetensors(path, header, *, room=24, length=None):
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(told) if length is None else length
    path.write_bytes(struct.pack("<Q", size) + told + bytes(room))
    return path


def test_an_honest_safetensors_file_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    kinds = {str(kind): torch.zeros(3, 2, dtype=kind) for kind in (torch.float32, torch.bfloat16, torch.bool)}
    save_file({**kinds, "empty": torch.zeros(0)}, tmp_path / "a.safetensors", metadata={"format": "pt"})
    shapes = read_safetensors(tmp_path / "a.safetensors")
    assert shapes == {**dict.fromkeys(kinds, (3, 2)), "empty": (0,)}


@pytest.mark.parametrize(
    ("header", "more"),
    [
        (b"", {"length": 1 << 62}),
        (b"{}", {"length": 200_000_000, "room": 0}),
        (b"[]", {"room": 0}),
        (b'{"a": 1', {}),
        (b"[" * 100_000, {}),
        (b'{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"a":{}}', {}),
        ({"a": 1}, {}),
        ({"a": {**TENSOR, "dtype": "F31"}}, {}),
        ({"a": {**TENSOR, "shape": [2, -3]}}, {}),
        ({"a": {**TENSOR, "shape": [1 << 70]}}, {}),
        ({"a": {**TENSOR, "shape": [2, 4]}}, {}),
        ({"a": {**TENSOR, "data_offsets": [24, 0]}}, {}),
        ({"a": {**TENSOR, "data_offsets": [0, 24, 48]}}, {}),
        ({"a": TENSOR}, {"room": 23}),
        ({"a": TENSOR}, {"room": 25}),
        ({"a": TENSOR, "b": TENSOR}, {}),
        ({"a": TENSOR, "b": {**TENSOR, "data_offsets": [25, 49]}}, {"room": 49}),
    ],
)
def test_a_safetensors_header_that_lies_is_refused(tmp_path, header, more):
    with pytest.raises(ModelError, match="damaged"):
        read_safetensors(safetensors(tmp_path / "a.safetensors", header, **more))


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({"weight_map": {"a": "model-1.safetensors"}}, None),
        ({"weight_map": {"a": "model-2.safetensors"}}, "not in this folder"),
        ({"weight_map": {"a": "../model-1.safetensors"}}, "not in this folder"),
        ({"weight_map": {"a": "/etc/model-1.safetensors"}}, "not in this folder"),
        ({"weight_map": {"b": "model-1.safetensors"}}, "lacks weights"),
        ({"weight_map": {"a": 1}}, "no index"),
        ({"weight_map": []}, "no index"),
        ([], "no index"),
    ],
)
def test_an_index_names_what_is_there(tmp_path, index, message):
    safetensors(tmp_path / "model-1.safetensors", {"a": TENSOR})
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    if message is None:
        assert read_folder(tmp_path) == {"a": (2, 3)}
        return
    with pytest.raises(ModelError, match=message):
        read_folder(tmp_path)


@pytest.fixture
def honest(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "model.gguf", "llama")
    writer.add_block_count(1)
    writer.add_chat_template("{{ messages }}")
    writer.add_array("tokenizer.ggml.tokens", ["a", "bé", ""])
    writer.add_array("tokenizer.ggml.scores", [0.5, 1.5])
    writer.add_tensor("token_embd.weight", numpy.zeros((3, 32), dtype=numpy.float32))
    writer.add_tensor("norm.weight", numpy.ones(5, dtype=numpy.float16))
    quantised = gguf.quantize(numpy.ones((2, 64), dtype=numpy.float32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("w.weight", quantised, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tmp_path / "model.gguf"


def test_an_honest_gguf_file_is_read(honest):
    header = read_gguf(honest)
    assert header.architecture == "llama"
    assert header.values["llama.block_count"] == 1
    assert header.values["tokenizer.ggml.tokens"] == 3
    assert header.shapes == {"token_embd.weight": (32, 3), "norm.weight": (5,), "w.weight": (64, 2)}


def test_a_gguf_file_that_was_cut_off_anywhere_is_refused(honest):
    whole = honest.read_bytes()
    for length in range(0, len(whole) - 32, 7):  # the end is padding
        honest.write_bytes(whole[:length])
        with pytest.raises(ModelError, match="no GGUF file that can be read"):
            read_gguf(honest)


def header(*, version=3, tensors=0, keys=0, magic=b"GGUF"):
    return magic + struct.pack("<IQQ", version, tensors, keys)


def text(value):
    return struct.pack("<Q", len(value)) + value


def tensor(name=b"t", dimensions=(32,), kind=0, place=0):
    shape = struct.pack(f"<{len(dimensions)}Q", *dimensions)
    return text(name) + struct.pack("<I", len(dimensions)) + shape + struct.pack("<IQ", kind, place)


@pytest.mark.parametrize(
    "lie",
    [
        header(magic=b"GGML"),
        header(version=1),
        header(version=3 << 24),  # of the other byte order
        header(tensors=1 << 61),
        header(keys=1 << 61),
        header(keys=1) + text(b"a") + struct.pack("<I", 99),
        header(keys=1) + struct.pack("<Q", 1 << 61),
        header(keys=1) + text(b"a") + struct.pack("<IIQ", 9, 4, 1 << 61),
        header(keys=1) + text(b"a") + struct.pack("<IIQ", 9, 8, 1 << 61),
        header(keys=1) + text(b"a") + struct.pack("<IIQ", 9, 8, 1) + struct.pack("<Q", 1 << 61),
        header(keys=1) + text(b"a") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 9, 1 << 61),
        header(keys=1) + text(b"a") + struct.pack("<I", 8) + text(b"\xff\xfe"),
        header(keys=2) + 2 * (text(b"a") + struct.pack("<IB", 0, 1)),
        header(keys=1) + text(b"general.alignment") + struct.pack("<II", 4, 0),
        header(keys=1) + text(b"general.alignment") + struct.pack("<II", 4, 24),
        header(tensors=1) + tensor(dimensions=(1,) * 5),
        header(tensors=1) + tensor(dimensions=(1 << 40, 1 << 40)),
        header(tensors=1) + tensor(dimensions=(0,)),
        header(tensors=1) + tensor(kind=77),
        header(tensors=1) + tensor(kind=8, dimensions=(33,)),
        header(tensors=1) + tensor(place=1 << 60),
        header(tensors=1) + tensor(place=4),
        header(tensors=2) + tensor(b"t") + tensor(b"u"),
        header(tensors=2) + tensor(b"t") + tensor(b"t", place=128),
    ],
)
def test_a_gguf_header_that_lies_is_refused_at_once(tmp_path, lie):
    path = tmp_path / "model.gguf"
    path.write_bytes(lie + bytes(512))
    began = time.monotonic()
    with pytest.raises(ModelError, match="no GGUF file that can be read"):
        read_gguf(path)
    assert time.monotonic() - began < 2
