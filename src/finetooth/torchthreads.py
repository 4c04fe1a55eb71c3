"""How many threads a model of torch runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_SMALL: Final = 20_000_000
"""Parameters."""


@contextmanager
def one_if_small(model: Any) -> Iterator[None]:
    """Run a small model on one thread of the processor, and all others as torch is set.

    The matrices of a small one are done before a second thread wakes, and where cores are shared, waiting for one costs
    ten times what it saves: 7.0 s against 0.5 s for 180 trials on the sample model, on two busy cores.
    """
    import torch  # noqa: PLC0415 - heavy, and whoever has a model has it

    before = torch.get_num_threads()
    if model.device.type == "cpu" and model.num_parameters() < _SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
