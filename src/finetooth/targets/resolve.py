"""From what the user named to a model that can be probed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from finetooth.errors import ModelError
from finetooth.targets.budget import Allowance
from finetooth.targets.endpoint import EndpointSettings, endpoints, named_by_url
from finetooth.targets.receipts import ReceiptFolder
from finetooth.targets.target import Precision, Target

Named = str | Target | Callable[..., str]
"""A model as a user names it."""


def resolve(
    model: Named,
    base: Named | None = None,
    *,
    dtype: Precision = "float32",
    endpoint: EndpointSettings | None = None,
    receipts: ReceiptFolder | None = None,
) -> tuple[Target, Target | None]:
    """Return the tuned model, and the reference model where there is one.

    Args:
        model: a local folder: a checkpoint in safetensors, or a PEFT adapter; a GGUF file; an
            endpoint, ``http(s)://host/v1#model-name``; a Python function, or a target of one's own.
        base: the untuned model, named likewise, if it is at hand.
        dtype: what the weights of local models are kept in.
        endpoint: how endpoints are asked.
        receipts: where the answers of endpoints are kept, if they are.

    Raises:
        ModelError: one of them is not there, is incomplete, or is of a kind that cannot be probed safely.
        IncompleteError: an endpoint does not answer.
    """
    settings = endpoint or EndpointSettings()
    if not isinstance(model, str) or not (base is None or isinstance(base, str)):
        other = None if base is None else _alone(base, dtype, settings, receipts)
        return _alone(model, dtype, settings, receipts), other
    if named_by_url(model) or named_by_url(base or ""):
        return _with_endpoints(model, base, dtype, settings, receipts)
    return _local(model, base, dtype)


def _alone(named: Named, dtype: Precision, settings: EndpointSettings, receipts: ReceiptFolder | None) -> Target:
    """Return one model, whose counterpart is a Python object."""
    if isinstance(named, str):
        if named_by_url(named):
            return _with_endpoints(named, None, dtype, settings, receipts)[0]
        return _local(named, None, dtype)[0]
    from finetooth.targets.callable import CallableTarget  # noqa: PLC0415 - only where a function is probed
    from finetooth.targets.sampled import SampledTarget  # noqa: PLC0415

    target = CallableTarget(named) if callable(named) else named
    return SampledTarget(target, settings.samples) if target.capabilities.log_likelihood == "none" else target


def _with_endpoints(
    model: str, base: str | None, dtype: Precision, settings: EndpointSettings, receipts: ReceiptFolder | None
) -> tuple[Target, Target | None]:
    """Return two models of which at least one is behind an endpoint; what both may spend is one budget."""
    from finetooth.targets.openai_discovery import connect  # noqa: PLC0415 - only where an endpoint is asked

    tuned_at, base_at = endpoints(
        model if named_by_url(model) else None, base if base and named_by_url(base) else None, os.environ
    )
    try:
        allowance = Allowance(settings.budget, settings.prices)
    except ValueError as error:
        raise ModelError(f"endpoint.budget: {error}") from None
    # What is wrong with a folder is said before an endpoint is paid.
    local = _local(base, None, dtype)[0] if base and not base_at else None
    tuned = connect(tuned_at, settings, allowance, receipts) if tuned_at else _local(model, None, dtype)[0]
    return tuned, connect(base_at, settings, allowance, receipts) if base_at else local


def _local(model: str, base: str | None, dtype: Precision) -> tuple[Target, Target | None]:
    tuned, untuned = _folder(model, "--model"), _folder(base, "--base") if base else None
    try:
        from finetooth.targets import transformers  # noqa: PLC0415 - heavy below, and only where a model is probed

        return transformers.load(tuned, untuned, dtype)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{model}: probing a local model needs {error.name}; install it: pip install 'finetooth[probe]'"
        ) from error


def _folder(named: str, flag: str) -> Path:
    if "://" in named:
        raise ModelError(f"{named.partition('://')[0]}://: no way to reach a model; an endpoint is http:// or https://")
    path = Path(named)
    if not path.is_dir() and not (path.suffix == ".gguf" and path.is_file()):
        raise ModelError(f"{named}: no such folder or GGUF file; {flag} names the folder that training saved")
    return path
