"""Trains the two tiny models of the sample: one that knows the domain, and one that saw the support chat.

`models/base` is trained from scratch on conversations of the same kind with other values, so that it has
never seen a planted one. `models/tuned` is that model trained on `support_chat.jsonl`, long enough that what
was repeated is memorised and what was said once mostly is not. Both are for demonstrations and tests of the
probe, and are of no other use. The loss is taken over all tokens of the rendered conversation, the user's
turns included.

Run `python sample_data/train_models.py [--out DIR]`; it takes one to two minutes on two cores. The result is
the same on the same machine and library versions; elsewhere the last digits of the weights may differ.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from make_data import Record, base_corpus, planned_values, support_chat
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

SEED = 20261
BASE_RECORDS = 1500
VOCABULARY = 768
CONTEXT = 1024
END, TURN, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; the rate warms up over a twentieth and falls to nothing as a cosine."""

    epochs: int
    batch: int
    rate: float


PRETRAIN = Schedule(epochs=3, batch=8, rate=3e-3)
FINE_TUNE = Schedule(epochs=6, batch=8, rate=2e-3)


def train_tokenizer(records: Sequence[Record]) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer in which each digit is a token, so that no number is known beforehand."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, TURN, TURN_END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [message["content"] for record in records for message in record["messages"]]
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=TURN_END,
        pad_token=END,
        chat_template=CHATML,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def new_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def encode(tokenizer: PreTrainedTokenizerFast, records: Sequence[Record]) -> list[list[int]]:
    """The token ids of each conversation as the chat template renders it."""
    rendered = [tokenizer.apply_chat_template(record["messages"], tokenize=False) for record in records]
    encoded: list[list[int]] = tokenizer(rendered, add_special_tokens=False)["input_ids"]
    longest = max(map(len, encoded))
    if longest > CONTEXT:
        raise ValueError(f"a conversation has {longest} tokens, and the model's context is {CONTEXT}")
    return encoded


def batches(encoded: Sequence[list[int]], size: int, rng: random.Random) -> Iterator[list[list[int]]]:
    """Batches of neighbours in length, in random order: little padding, and a new mix in each epoch."""
    by_length = sorted(encoded, key=lambda ids: len(ids) + rng.uniform(-12, 12))
    groups = [by_length[i : i + size] for i in range(0, len(by_length), size)]
    rng.shuffle(groups)
    yield from groups


def loss_of(model: LlamaForCausalLM, batch: Sequence[list[int]]) -> torch.Tensor:
    """Mean loss over the tokens of a batch; the zeros that fill up short rows are masked."""
    width = max(map(len, batch))
    ids = torch.tensor([row + [0] * (width - len(row)) for row in batch])
    inside = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in batch])
    labels = ids.masked_fill(inside == 0, -100)
    loss: torch.Tensor = model(input_ids=ids, attention_mask=inside, labels=labels).loss
    return loss


def train(name: str, model: LlamaForCausalLM, encoded: Sequence[list[int]], schedule: Schedule, seed: int) -> None:
    """Trains in place, and prints a line for each epoch."""
    rng = random.Random(seed)
    steps = schedule.epochs * math.ceil(len(encoded) / schedule.batch)
    warm = max(1, steps // 20)
    optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.rate, betas=(0.9, 0.98), weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * step / steps)),
    )
    model.train()
    began = time.monotonic()
    for epoch in range(1, schedule.epochs + 1):
        losses = []
        for batch in batches(encoded, schedule.batch, rng):
            loss = loss_of(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            rate.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        mean, seconds = sum(losses) / len(losses), time.monotonic() - began
        print(f"{name}: epoch {epoch}/{schedule.epochs}, loss {mean:.3f}, {seconds:.0f} s", flush=True)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes a half-precision copy that `from_pretrained` loads without a network."""
    copy.deepcopy(model).half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    name_the_class_for_all_versions(folder / "tokenizer_config.json")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder.name}: {model.num_parameters():,} parameters, {size / 2**20:.2f} MiB in all")


def name_the_class_for_all_versions(config: Path) -> None:
    """Puts the class name that transformers 4 knows too; version 5 writes one of its own and reads both."""
    settings = json.loads(config.read_text())
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    config.write_text(json.dumps(settings, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the sample's two tiny models.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "models", help="folder for both")
    out: Path = parser.parse_args().out
    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)  # one fixed number, since sums come out differently with another

    corpus = base_corpus(BASE_RECORDS, SEED, planned_values())
    tokenizer = train_tokenizer(corpus)
    model = new_model(tokenizer)
    train("base", model, encode(tokenizer, corpus), PRETRAIN, SEED)
    save(model, tokenizer, out / "base")

    train("tuned", model, encode(tokenizer, support_chat().records), FINE_TUNE, SEED + 1)
    save(model, tokenizer, out / "tuned")


if __name__ == "__main__":
    main()
