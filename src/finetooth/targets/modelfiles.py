"""What lies where the user says that a model is, looked at before any library sees it.

Models come from strangers. What is refused here: weights that are a pickle, weights that are not whole, files that lead
out of their folder, and configurations that name code or a file of their own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from finetooth.errors import ModelError
from finetooth.evidence import ModelIdentity
from finetooth.printable import printable
from finetooth.targets.safetensors_header import Shapes, read_folder, read_safetensors, regular

ADAPTER_CONFIG: Final = "adapter_config.json"
ADAPTER_WEIGHTS: Final = "adapter_model.safetensors"

_KINDS: Final = (
    "ADALORA", "BOFT", "FOURIERFT", "HRA", "IA3", "LN_TUNING", "LOHA", "LOKR", "LORA", "OFT", "RANDLORA",
    "TRAINABLE_TOKENS", "VBLORA", "VERA",
)  # fmt: skip
"""Adapters that change weights, wherever a text begins: no tokens of their own, and no other file that they name."""

_LAYERS: Final = (
    "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_blocks", "encoder_layers", "decoder_layers",
    "num_encoder_layers", "num_decoder_layers",
)  # fmt: skip
"""How configurations call the number of layers: the library makes an object of each before it looks at the weights."""

_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_LONGEST_JSON: Final = 64 << 20  # bytes; a configuration has some thousands
_MOST_LARGER: Final = 16  # times more numbers than the files hold: four bits each, and everything tied twice
_CONVERT: Final = {
    "*.safetensors": "model.save_pretrained(folder, safe_serialization=True)",
    ADAPTER_WEIGHTS: "peft_model.save_pretrained(folder, safe_serialization=True)",
}


def check_checkpoint(folder: Path) -> Shapes:
    """Return the tensors of a checkpoint in safetensors, none of them read.

    Raises:
        ModelError: there is no model, it is not whole, or loading it could run code.
    """
    config = read_json(folder, "config.json", _where(folder))
    _refuse_pickles(folder, "*.safetensors")
    _refuse_code(folder, config)
    shapes = read_folder(folder)
    layers = max((_count(part, *_LAYERS) for part in _parts(config)), default=0)
    named = [part["num_hidden_layers"] for part in _parts(config) if type(part.get("num_hidden_layers")) is int]
    if min(named, default=1) < 1:
        raise ModelError(f"{folder}: config.json speaks of {min(named)} layers")
    if layers > len(shapes):
        raise ModelError(f"{folder}: config.json speaks of {layers} layers, and there are {len(shapes)} tensors")
    return shapes


def check_adapter(folder: Path) -> Shapes:
    """Return the tensors of a PEFT adapter, none of them read. Raises as `check_checkpoint` does."""
    config = read_json(folder, ADAPTER_CONFIG, "name the folder that training saved")
    _refuse_pickles(folder, ADAPTER_WEIGHTS)
    _refuse_code(folder, config)
    if config.get("peft_type") not in _KINDS or config.get("alora_invocation_tokens"):
        kind = printable(str(config.get("peft_type")))
        raise ModelError(f"{folder}: an adapter of this kind ({kind}) is not supported; merge it into its base")
    if config.get("megatron_config"):
        raise ModelError(f"{folder}: {ADAPTER_CONFIG} names a module to import, which is never done; remove it")
    shapes = read_safetensors(folder / ADAPTER_WEIGHTS)
    pattern = config.get("rank_pattern") or {}
    if not isinstance(pattern, dict):
        raise ModelError(f"{folder}: {ADAPTER_CONFIG} has a rank_pattern that is no JSON object; copy the folder again")
    ranks = [config.get("r"), *pattern.values()]
    if max((rank for rank in ranks if type(rank) is int), default=0) > max(chain(*shapes.values()), default=0):
        raise ModelError(f"{folder}: {ADAPTER_CONFIG} speaks of a rank that no tensor of {ADAPTER_WEIGHTS} has")
    return shapes


def check_size(folder: Path, parameters: int, shapes: Shapes) -> None:
    """Refuse a model that would be far larger than what its files hold: what is lacking would be made up.

    Raises:
        ModelError: it would.
    """
    held = sum(map(_numbers, shapes.values()))
    if parameters > _MOST_LARGER * held:
        raise ModelError(
            f"{folder}: its configuration asks for {parameters} parameters, and its files hold {held}; they do not "
            "belong together"
        )


def adapter_base(folder: Path) -> Path:
    """Return the base model that an adapter names.

    Raises:
        ModelError: what it names is no model here.
    """
    named = read_json(folder, ADAPTER_CONFIG, "").get("base_model_name_or_path")
    for candidate in (folder / str(named), Path(str(named))):
        with suppress(OSError):  # a name that is too long for one
            if named and (candidate / "config.json").is_file():
                return candidate
    raise ModelError(
        f"{folder}: an adapter needs its base model, and the one that it names is no folder here; name it with --base"
    )


def files_of(model: Path, base: Path | None) -> tuple[Path, ...]:
    """Return the folders and files that make a model: an adapter is nothing without its base.

    Raises:
        ModelError: an adapter's base is not here.
    """
    if model.is_file() or not (model / ADAPTER_CONFIG).is_file():
        return (model,)
    return model, base or adapter_base(model)


def identity(*places: Path) -> ModelIdentity:
    """Return what evidence calls a model: the name of the first place, and a digest over the files of all."""
    files = [file for place in places for file in ([place] if place.is_file() else _files(place))]
    digest = hashlib.sha256()
    for file in files:
        told = file.stat()
        digest.update(f"{file.name}\0{_sha256(file, told.st_size, told.st_mtime_ns)}\n".encode())
    return ModelIdentity(kind="transformers", name=str(places[0]), digest=f"sha256:{digest.hexdigest()}")


def read_json(folder: Path, name: str, remedy: str) -> dict[str, Any]:
    """Return a configuration.

    Raises:
        ModelError: it is not there or cannot be read.
    """
    path = folder / name
    if not path.exists():
        raise ModelError(f"{folder}: no model here ({name} is missing); {remedy}")
    if regular(path).stat().st_size > _LONGEST_JSON:
        raise ModelError(f"{folder}: {name} is too long for a configuration")
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise ModelError(f"{folder}: {name} cannot be read as JSON; copy the folder again") from None
    if not isinstance(value, dict):
        raise ModelError(f"{folder}: {name} is no JSON object; copy the folder again")
    return value


def _where(folder: Path) -> str:
    """Return where the model may be instead."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix == ".gguf")
    names += sorted(path.parent.name for path in folder.glob("*/config.json"))
    return f"name {folder / names[0]}" if names else "name the folder that training saved"


def _refuse_pickles(folder: Path, weights: str) -> None:
    """Refuse weights that run code when they are read: no flag of any library makes a stranger's pickle safe."""
    if any(folder.glob(weights)):
        return
    pickles = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickles:
        raise ModelError(
            f"{folder}: the weights are a pickle ({pickles[0]}), which can run any code when loaded; convert them "
            f"where you trust them: {_CONVERT[weights]}"
        )
    raise ModelError(f"{folder}: no weights here ({weights}); {_where(folder)}")


def _refuse_code(folder: Path, config: dict[str, Any]) -> None:
    """Refuse what makes transformers look for weights elsewhere: a file of any kind, another model's name.

    Code of a model's own (``auto_map``) is never run: whether the model can do without it, its loading shows.
    """
    for part in _parts(config):
        for key in ("transformers_weights", "custom_generate"):
            if part.get(key):
                raise ModelError(f"{folder}: the configuration names a file of its own ({key}); remove that entry")


def _parts(config: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return [config, *(part for part in config.values() if isinstance(part, dict))]


def _count(config: dict[str, Any], *names: str) -> int:
    return max((config[name] for name in names if type(config.get(name)) is int), default=0)


def _numbers(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file()]


@lru_cache(maxsize=1024)
def _sha256(path: Path, size: int, changed: int) -> str:
    """Return the digest of a file: weights are hashed once, though a base belongs to its adapter too."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
