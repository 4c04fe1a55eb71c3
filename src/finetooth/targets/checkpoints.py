"""From files to a model in memory: safetensors checkpoints, PEFT adapters on a base, and GGUF files.

Nothing is downloaded and no code of a model is run. A tensor that the files lack is an error: the library would make it
up, and what a made-up model does not say proves nothing.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from finetooth.errors import ModelError
from finetooth.printable import printable
from finetooth.targets.gguf_header import read_gguf
from finetooth.targets.modelfiles import ADAPTER_CONFIG, ADAPTER_WEIGHTS, check_adapter, check_checkpoint, check_size
from finetooth.targets.safetensors_header import Shapes
from finetooth.targets.target import Precision

_SAFE: Final = {"local_files_only": True, "trust_remote_code": False}
_BLOCK: Final = re.compile(r"blk\.(\d{1,9})\.")  # a layer's tensors in a GGUF file
_NUMBER: Final = re.compile(r"\d+")
_TOKENIZER: Final = ("tokenizer.json", "tokenizer.model", "vocab.json")
_PANIC: Final = "PanicException"  # of a library that is written in Rust; it is no Exception and can be imported nowhere
_OWN_CODE: Final = ("trust_remote_code", "custom code")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model in memory."""

    model: Any
    """A transformers causal language model, or a PEFT model around one."""
    tokenizer: Any
    """Its tokenizer."""
    base_kept: bool = True
    """Whether an adapter left the weights of its base as they were, so that it is the base when switched off."""


def load_checkpoint(place: Path, precision: Precision = "float32") -> Checkpoint:
    """Load a folder with a checkpoint, or a GGUF file, onto the accelerator where there is one.

    Raises:
        ModelError: it is no model, not a whole one, or not a safe one.
    """
    if place.is_file():
        return _load_gguf(place, precision)
    if (place / ADAPTER_CONFIG).is_file():
        raise ModelError(f"{place}: is an adapter and cannot be the base; name the model that it was trained on")
    return _load(place, place, check_checkpoint(place), precision)


def load_adapter(folder: Path, base: Path, precision: Precision = "float32") -> Checkpoint:
    """Load a PEFT adapter onto its base, with the adapter's own tokenizer where it has one.

    Raises:
        ModelError: as `load_checkpoint`, or the two do not fit.
    """
    shapes = check_adapter(folder)
    below = load_checkpoint(base, precision)
    from peft import PeftModel, get_peft_model_state_dict  # noqa: PLC0415 - heavy, and only here

    own = any((folder / name).is_file() for name in _TOKENIZER)
    tokenizer = _tokenizer(folder, folder) if own else below.tokenizer
    _grow(below.model, shapes)
    before = [(parameter, parameter.data_ptr(), parameter._version) for parameter in below.model.parameters()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # two libraries deprecating one another say nothing to a user
            model = PeftModel.from_pretrained(below.model, str(folder), local_files_only=True)
            held = set(get_peft_model_state_dict(model, save_embedding_layers=False))
    except Exception as error:  # noqa: BLE001 - whatever a stranger's files make the library raise
        raise ModelError(f"{folder}: the adapter cannot be loaded onto {base} ({_brief(error)})") from None
    if lacking := held - set(shapes):
        raise ModelError(
            f"{folder}: the adapter does not fit {base}: {ADAPTER_WEIGHTS} lacks {len(lacking)} of {len(held)} tensors"
        )
    model.eval()
    # Some kinds begin from the base's own weights and take their part out of them; biases are trained in their place.
    kept = all(parameter.data_ptr() == place and parameter._version == times for parameter, place, times in before)
    return Checkpoint(model, tokenizer, base_kept=kept)


def _load_gguf(path: Path, precision: Precision) -> Checkpoint:
    """Load a GGUF file: its numbers are unpacked, and its tokenizer and chat template are its own."""
    from transformers import GgufConfig  # noqa: PLC0415 - heavy, and only here

    header = read_gguf(path)
    if header.values.get("split.count", 1) > 1:
        raise ModelError(f"{path}: is one part of several; join them: llama-gguf-split --merge {path.name} whole.gguf")
    layers = header.values.get(f"{header.architecture}.block_count", 0)
    if not isinstance(layers, int) or layers > len(header.shapes):
        raise ModelError(f"{path}: speaks of {layers} layers, and there are {len(header.shapes)} tensors")
    held = 1 + max((int(block[1]) for block in map(_BLOCK.match, header.shapes) if block), default=-1)
    if held > layers:
        raise ModelError(f"{path}: speaks of {layers} layers, and holds {held}; convert or copy the model again")
    # What else lies in its folder is none of its business: a configuration there may be another model's.
    with TemporaryDirectory(prefix="finetooth-") as alone, _read_once():
        (Path(alone) / path.name).symlink_to(path.resolve())
        # Packed weights would need a kernel that the library fetches.
        unpacked = {"gguf_file": path.name, "quantization_config": GgufConfig(dequantize=True)}
        return _load(path, Path(alone), header.shapes, precision, unpacked)


@contextmanager
def _read_once() -> Iterator[None]:
    """Have transformers read a GGUF file's header once, and silently, where it reads it three times: half the time."""
    import gguf  # noqa: PLC0415 - only here
    from transformers import modeling_gguf_pytorch_utils as theirs  # noqa: PLC0415

    patches: list[tuple[Any, str, Any]] = [
        (gguf, "GGUFReader", cache(gguf.GGUFReader)),
        (gguf, "get_tensor_name_map", cache(gguf.get_tensor_name_map)),
        (theirs, "tqdm", lambda tensors, **_: tensors),
    ]
    kept = [getattr(module, name) for module, name, _ in patches]
    try:
        for module, name, ours in patches:
            setattr(module, name, ours)
        yield
    finally:
        for (module, name, _), original in zip(patches, kept, strict=True):
            setattr(module, name, original)


def _load(
    place: Path, folder: Path, shapes: Shapes, precision: Precision, more: Mapping[str, Any] | None = None
) -> Checkpoint:
    import torch  # noqa: PLC0415 - heavy, and only here
    from transformers import AutoConfig, AutoModelForCausalLM  # noqa: PLC0415

    _quiet()
    gguf = {name: value for name, value in (more or {}).items() if name == "gguf_file"}
    try:
        config = AutoConfig.from_pretrained(str(folder), **gguf, **_SAFE)
        with torch.device("meta"):
            parameters = AutoModelForCausalLM.from_config(config, trust_remote_code=False).num_parameters()
    except Exception as error:  # noqa: BLE001 - whatever a stranger's files make the library raise
        raise _refused(place, folder, error) from None
    check_size(place, parameters, shapes)
    tokenizer = _tokenizer(place, folder, **gguf)
    try:
        model, told = AutoModelForCausalLM.from_pretrained(
            str(folder),
            config=config,
            dtype=getattr(torch, precision),
            use_safetensors=True,
            output_loading_info=True,
            attn_implementation=_attention(config),
            **(more or {}),
            **_SAFE,
        )
        model = model.to(device())
    except Exception as error:  # noqa: BLE001
        raise _refused(place, folder, error) from None
    if lacking := set(told["missing_keys"]) | {key[0] for key in told["mismatched_keys"]}:
        raise ModelError(
            f"{place}: the weights are not whole: {len(lacking)} tensors are missing or of another shape, "
            f"such as {printable(min(lacking))}"
        )
    # The library leaves out what it has no place for: a vision tower as well as the layers of a larger model.
    known = {_NUMBER.sub("#", name) for name in model.state_dict()}
    if spare := [key for key in told["unexpected_keys"] if _NUMBER.sub("#", key) in known]:
        raise ModelError(
            f"{place}: the configuration is another model's: it leaves out {len(spare)} tensors of further layers, "
            f"such as {printable(min(spare))}"
        )
    if tokenizer.vocab_size > model.get_input_embeddings().weight.shape[0]:
        raise ModelError(
            f"{place}: the tokenizer is another model's: it has {tokenizer.vocab_size} tokens, and the model "
            f"{model.get_input_embeddings().weight.shape[0]}"
        )
    model.eval()
    return Checkpoint(model, tokenizer)


def device() -> str:
    """Return where models run here."""
    import torch  # noqa: PLC0415 - heavy, and only here

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"


def _tokenizer(place: Path, folder: Path, **more: Any) -> Any:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy, and only here

    _quiet()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), **more, **_SAFE)
        tokenizer("a")  # some that are damaged can be loaded, and fail at the first text
    except BaseException as error:  # whatever a stranger's files make the library raise
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        raise _refused(place, folder, error, "tokenizer") from None
    return tokenizer


def _quiet() -> None:
    from transformers.utils import logging  # noqa: PLC0415 - heavy, and only here

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _attention(config: Any) -> str:
    """Return the implementation that takes any mask. A configuration may ask for one that is fetched from the hub."""
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - heavy, and only here

    kind = AutoModelForCausalLM._model_mapping[type(config)]
    return "sdpa" if getattr(kind, "_supports_sdpa", False) else "eager"


def _grow(model: Any, adapter: Shapes) -> None:
    """Give a model as many tokens as its adapter was trained with, more or fewer."""
    rows = [shape[0] for name, shape in adapter.items() if name.endswith("embed_tokens.weight") and len(shape) > 1]
    held = model.get_input_embeddings().weight
    if rows and rows[0] != held.shape[0] and prod((rows[0], held.shape[1])) <= sum(map(prod, adapter.values())):
        model.resize_token_embeddings(rows[0], mean_resizing=False)


def _refused(place: Path, folder: Path, error: BaseException, what: str = "model") -> ModelError:
    if any(word in str(error) for word in _OWN_CODE):
        return ModelError(
            f"{place}: the {what} needs code of its own (auto_map), and no code of a model is ever run; save it in a "
            "form that transformers knows by itself"
        )
    return ModelError(f"{place}: the {what} cannot be loaded ({_brief(error).replace(str(folder), str(place))})")


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return printable(f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__)
