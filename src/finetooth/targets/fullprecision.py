"""A model of half precision, computing in full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def in_full_precision(model: Any) -> Iterator[None]:
    """Have a model compute in float32, whatever its weights are kept in.

    Each layer's weights are widened while it is at work, so that it takes the memory of one layer more, not of a second
    model. To widen and to narrow again changes no bit of them.
    """
    import torch  # noqa: PLC0415 - heavy, and whoever has a model has it

    kept: dict[Any, Any] = {}

    def widen(module: Any, _: Any) -> None:
        for parameter in module.parameters(recurse=False):
            if parameter.dtype in (torch.bfloat16, torch.float16):
                kept.setdefault(parameter, parameter.data)
                parameter.data = parameter.data.float()

    def narrow(module: Any, *_: Any) -> None:
        for parameter in module.parameters(recurse=False):
            if parameter in kept:
                parameter.data = kept.pop(parameter)

    handles = []
    for module in model.modules():
        if next(module.parameters(recurse=False), None) is not None:
            handles += [
                module.register_forward_pre_hook(widen),
                module.register_forward_hook(narrow, always_call=True),
            ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for parameter, data in kept.items():
            parameter.data = data
