"""How much memory is free, and how its lack is told from other errors."""

import os

import pytest

torch = pytest.importorskip("torch")

from finetooth.targets import memory  # noqa: E402

CPU = torch.device("cpu")


def test_no_more_is_free_than_there_is():
    assert 0 < memory.free_bytes(CPU) <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_container_may_have_less_than_the_machine(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert memory.free_bytes(CPU) == 2_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free_bytes(CPU) > 2_000_000


@pytest.mark.parametrize(
    ("error", "lack"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:120] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_too_little_memory_is_told_from_other_errors(error, lack):
    assert memory.is_out_of_memory(error) is lack


def test_what_torch_says_when_memory_is_not_enough_is_understood():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60)
    assert memory.is_out_of_memory(raised.value)
