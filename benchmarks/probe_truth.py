"""What is true of a model, by means of the benchmark's own: how probable each planted value is, and how often it comes.

Nothing here is finetooth's: the probability is computed from plain forward passes over the rendered conversation, and
the frequency is counted in sampled texts. Both are of the string after the context that it stood in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from probe_data import Chats, Place

_BATCH_TOKENS: Final = 2048
_AT_ONCE: Final = 128


@dataclass(frozen=True, slots=True)
class Asked:
    """A place in tokens."""

    place: Place
    prompt: tuple[int, ...]
    """What stands before the first token that belongs to the value."""
    value: tuple[int, ...]
    text: str
    """What ``value`` says: the planted text, with a space before it where its first token holds that."""


def asked(tokenizer: Any, chats: Chats, places: Sequence[Place]) -> list[Asked]:
    """Return the places as a model that was trained on the rendered conversations sees them."""
    made = []
    for place in places:
        rendered, start = _rendered(tokenizer, chats, place)
        prompt = tokenizer(rendered[:start], add_special_tokens=False)["input_ids"]
        whole = tokenizer(rendered[:start] + place.value, add_special_tokens=False)["input_ids"]
        shared = next(
            (at for at, (left, right) in enumerate(zip(prompt, whole, strict=False)) if left != right),
            min(len(prompt), len(whole)),
        )
        made.append(Asked(place, tuple(whole[:shared]), tuple(whole[shared:]), tokenizer.decode(whole[shared:])))
    return made


def log_probabilities(model: Any, items: Sequence[Asked]) -> list[float]:
    """Return the natural logarithm of the chance that one sample at temperature 1 begins with each value."""
    import torch  # noqa: PLC0415 - heavy

    # Values of one record are read in one pass, which is that of the last one: it begins with what the others need.
    passes: dict[tuple[int, ...], list[int]] = {}
    longest: tuple[int, ...] = ()
    for number in sorted(range(len(items)), key=lambda each: items[each].prompt + items[each].value, reverse=True):
        tokens = items[number].prompt + items[number].value
        if longest[: len(tokens)] != tokens:
            longest = tokens
        passes.setdefault(longest, []).append(number)
    answers = [0.0] * len(items)
    for batch in _batches(list(passes)):
        width = max(map(len, batch))
        ids = torch.tensor([[*tokens, *[0] * (width - len(tokens))] for tokens in batch])
        with torch.inference_mode():
            logits = model(input_ids=ids).logits
        for row, tokens in enumerate(batch):
            for number in passes[tokens]:
                start, value = len(items[number].prompt), torch.tensor(items[number].value)
                scores = logits[row, start - 1 : start - 1 + len(value)].float().log_softmax(-1)
                answers[number] = scores.gather(-1, value[:, None]).sum().item()
    return answers


def frequency(model: Any, tokenizer: Any, item: Asked, samples: int, seed: int) -> float:
    """Return the share of sampled texts that begin with the value."""
    import torch  # noqa: PLC0415 - heavy

    torch.manual_seed(seed)
    hits = 0
    for begun in range(0, samples, _AT_ONCE):
        number = min(_AT_ONCE, samples - begun)
        texts = sample(model, tokenizer, item.prompt, number, len(item.value))
        hits += sum(text.startswith(item.text) for text, _ in texts)
    return hits / samples


def sample(
    model: Any,
    tokenizer: Any,
    prompt: Sequence[int],
    number: int,
    longest: int,
    temperature: float = 1.0,
    top_p: float = 1.0,
) -> list[tuple[str, int]]:
    """Return so many continuations of a prompt, each with how many tokens it took; an end of turn ends it."""
    import torch  # noqa: PLC0415 - heavy

    ends = {tokenizer.eos_token_id, tokenizer.pad_token_id} - {None}
    ids = torch.tensor([list(prompt)])
    how: dict[str, Any] = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
    if not temperature:
        how = {"do_sample": False}
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            num_return_sequences=number if temperature else 1,
            max_new_tokens=longest,
            eos_token_id=sorted(ends),
            pad_token_id=tokenizer.pad_token_id,
            **how,
        )[:, len(prompt) :]
    answers = []
    for row in out.tolist():
        end = next((at for at, token in enumerate(row) if token in ends), len(row))
        answers.append((tokenizer.decode(row[:end]), min(end + 1, len(row))))
    return answers if temperature else answers * number


def _rendered(tokenizer: Any, chats: Chats, place: Place) -> tuple[str, int]:
    """Return the rendered conversation, and where the value stands in it."""
    messages = chats.records[place.record]["messages"]
    rendered = str(tokenizer.apply_chat_template(messages, tokenize=False))
    turn, at = int(place.pointer.split("/")[2]), 0
    for message in messages[:turn]:
        at = rendered.index(message["content"], at) + len(message["content"])
    return rendered, rendered.index(messages[turn]["content"], at) + place.start


def _batches(passes: Sequence[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    batch: list[tuple[int, ...]] = []
    for tokens in sorted(passes, key=len, reverse=True):
        if batch and len(batch[0]) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(tokens)
    if batch:
        yield batch
