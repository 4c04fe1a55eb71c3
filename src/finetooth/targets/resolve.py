"""From what the user named to a model that can be probed."""

from __future__ import annotations

from pathlib import Path

from finetooth.errors import ModelError
from finetooth.targets.target import Target

_NOT_YET = "is not supported yet; name a local folder with safetensors weights (transformers: save_pretrained)"


def resolve(model: str, base: str | None = None) -> tuple[Target, Target | None]:
    """Return the tuned model, and the reference model where there is one.

    Args:
        model: a local folder: a checkpoint in safetensors, or a PEFT adapter; or a GGUF file.
        base: the untuned model, if it is at hand: a folder with a checkpoint, or a GGUF file.

    Raises:
        ModelError: one of them is not there, is incomplete, or is of a kind that cannot be probed safely.
    """
    tuned, untuned = _folder(model, "--model"), _folder(base, "--base") if base else None
    try:
        from finetooth.targets import transformers  # noqa: PLC0415 - heavy below, and only where a model is probed

        return transformers.load(tuned, untuned)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{model}: probing a local model needs {error.name}; install it: pip install 'finetooth[probe]'"
        ) from error


def _folder(named: str, flag: str) -> Path:
    if "://" in named:
        raise ModelError(f"{named}: an endpoint {_NOT_YET}")
    path = Path(named)
    if not path.is_dir() and not (path.suffix == ".gguf" and path.is_file()):
        raise ModelError(f"{named}: no such folder or GGUF file; {flag} names the folder that training saved")
    return path
