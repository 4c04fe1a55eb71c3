"""How much memory there is for a model to work in, and how it shows that there is too little."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_CGROUP: Final = Path("/sys/fs/cgroup")
_UNKNOWN: Final = 4 << 30  # bytes; what any machine that holds a model has
_SIGNS: Final = ("out of memory", "can't allocate memory", "not enough memory")


def free_bytes(device: Any) -> int:
    """Return the bytes that are free on a device of torch: in a container, those that it may have."""
    import torch  # noqa: PLC0415 - heavy, and whoever has a model has it

    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + kept)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return min(_machine(), _container())


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error is that memory was not enough, which each device says in its own way."""
    import torch  # noqa: PLC0415 - as above

    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)
    )


def release(device: Any) -> None:
    """Give back what torch keeps for later."""
    import torch  # noqa: PLC0415 - as above

    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _machine() -> int:
    with suppress(OSError, ValueError, IndexError, StopIteration):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) << 10
    with suppress(OSError, ValueError):  # without a figure of what is free, half of what there is
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return _UNKNOWN


def _container() -> int:
    with suppress(OSError, ValueError):  # "max" where there is no limit
        limit = int((_CGROUP / "memory.max").read_text("ascii"))
        return max(0, limit - int((_CGROUP / "memory.current").read_text("ascii")))
    return _UNKNOWN << 20
