"""Continuations of given texts: drawn from the model's whole distribution, or the likeliest token each time.

Not by the library's own ``generate``, whose settings come with the model: a penalty or a cut there would change what is
drawn. A draw depends on its prompt and its number alone, so that it is the same in any batch and in any run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from finetooth.targets.memory import free_bytes, is_out_of_memory, release
from finetooth.targets.target import Unanswered
from finetooth.targets.teacherforcing import NO_NUMBER, Reader

_SHARE: Final = 1 / 3
_MOST: Final = {"cpu": 64, "mps": 128, "cuda": 512}  # continuations at once; beyond them a device is busy


@dataclass(frozen=True, slots=True)
class Draw:
    """One continuation that is wanted."""

    position: int
    """Which prompt it belongs to."""
    number: int
    """Which sample of it, from 0."""
    tokens: tuple[int, ...] = field(repr=False)
    """The context."""
    most: int
    """Tokens after which it is stopped."""
    greedy: bool
    """Whether the likeliest token is taken each time."""
    ends: frozenset[int]
    """The tokens that end it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A batch of continuations."""

    read: int
    """Tokens of contexts, each context once."""
    said: list[tuple[Draw, list[int] | Unanswered]] = field(repr=False)
    """The tokens of each, with the one that ended it."""

    @property
    def generated(self) -> int:
        """Tokens generated, over all of them."""
        return sum(len(tokens) for _, tokens in self.said if not isinstance(tokens, Unanswered))


def draw(reader: Reader, wanted: Sequence[Draw]) -> Iterator[Drawn]:
    """Yield the continuations, batch by batch."""
    waiting = _batches(reader, wanted)
    while waiting:
        batch = waiting.pop()
        try:
            yield _Round(reader, batch).drawn()
        except Exception as error:  # noqa: BLE001 - no prompt may stop the others, whatever a model makes of it
            if not is_out_of_memory(error):
                failed = Unanswered(f"the model cannot go on from it ({type(error).__name__})")
            elif len(batch) == 1:
                failed = Unanswered(f"there is not enough memory to go on from {len(batch[0].tokens)} tokens")
            else:
                del error
                release(reader.device)
                middle = len(batch) // 2
                waiting += [batch[middle:], batch[:middle]]
                continue
            yield Drawn(0, [(each, failed) for each in batch])


def _batches(reader: Reader, wanted: Sequence[Draw]) -> list[list[Draw]]:
    """Return batches of similar length, the longest at the end; of equal length where padding would be seen."""
    text = reader.model.config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or getattr(text, "num_attention_heads", 32)
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    per_token = 2 * text.num_hidden_layers * heads * size * reader.model.dtype.itemsize
    room = free_bytes(reader.device) * _SHARE
    found: list[list[Draw]] = []
    for each in sorted(wanted, key=lambda each: (len(each.tokens), each.tokens, each.number)):
        batch = found[-1] if found else []
        width = len(each.tokens) + max(each.most, *(other.most for other in batch), 0) if batch else 0
        needed = (len(batch) + 1) * (width * per_token + 3 * 8 * reader.words)
        alike = bool(batch) and (len(batch[0].tokens) == len(each.tokens) or reader.only_attends)
        if alike and needed <= room and len(batch) < _MOST.get(reader.device.type, _MOST["cpu"]):
            batch.append(each)
        else:
            found.append([each])
    return found


class _Round:
    """One batch on its way."""

    def __init__(self, reader: Reader, batch: Sequence[Draw]) -> None:
        self._reader = reader
        self._batch = batch
        self._said: list[list[int]] = [[] for _ in batch]
        self._chance = [_random(each) for each in batch]
        self._failed: set[int] = set()

    def drawn(self) -> Drawn:
        """Draw until all have ended."""
        import torch  # noqa: PLC0415 - heavy, and only here

        with torch.inference_mode():
            read = self._draw()
        said: list[tuple[Draw, list[int] | Unanswered]] = [
            (each, Unanswered(NO_NUMBER) if number in self._failed else self._said[number])
            for number, each in enumerate(self._batch)
        ]
        return Drawn(read, said)

    def _draw(self) -> int:
        import torch  # noqa: PLC0415 - heavy, and only here

        prompts = sorted({each.tokens for each in self._batch}, key=len)
        logits, cache, mask = self._begin(prompts)
        rows = torch.tensor([prompts.index(each.tokens) for each in self._batch], device=self._reader.device)
        active = list(range(len(self._batch)))
        logits, mask = logits[rows], mask[rows]
        cache.reorder_cache(rows)
        while True:
            chosen = self._choose(logits, active)
            going = []
            for row, (number, token) in enumerate(zip(active, chosen, strict=True)):
                if token is None:
                    self._failed.add(number)
                    continue
                self._said[number].append(token)
                each = self._batch[number]
                if token not in each.ends and len(self._said[number]) < each.most:
                    going.append(row)
            if not going:
                return sum(map(len, prompts))
            if len(going) < len(active):
                left = torch.tensor(going, device=self._reader.device)
                cache.reorder_cache(left)
                mask, active = mask[left], [active[row] for row in going]
            ids = torch.tensor([[self._said[number][-1]] for number in active], device=self._reader.device)
            mask = torch.cat([mask, mask.new_ones((len(active), 1))], dim=1)
            logits, cache = self._step(ids, mask, cache)

    def _begin(self, prompts: Sequence[tuple[int, ...]]) -> tuple[Any, Any, Any]:
        """Read each prompt once; shorter ones are padded on the left, so that all end together."""
        import torch  # noqa: PLC0415 - heavy, and only here

        width = max(map(len, prompts))
        ids = torch.zeros((len(prompts), width), dtype=torch.long)
        mask = torch.zeros((len(prompts), width), dtype=torch.long)
        for row, tokens in enumerate(prompts):
            ids[row, width - len(tokens) :] = torch.tensor(tokens, dtype=torch.long)
            mask[row, width - len(tokens) :] = 1
        mask = mask.to(self._reader.device)
        logits, cache = self._step(ids.to(self._reader.device), mask, None)
        return logits, cache, mask

    def _step(self, ids: Any, mask: Any, cache: Any) -> tuple[Any, Any]:
        """Return the logits after the last token, shape (rows, words), and what the model remembers."""
        more = {"position_ids": (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]}
        read = self._reader.model(
            input_ids=ids,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            **(more if self._reader.takes("position_ids") else {}),
            **({"logits_to_keep": 1} if self._reader.takes("logits_to_keep") else {}),
        )
        return read.logits[:, -1], read.past_key_values

    def _choose(self, logits: Any, active: Sequence[int]) -> list[int | None]:
        """Return the next token of each: the likeliest, or by inversion of the distribution at a random number."""
        import torch  # noqa: PLC0415 - heavy, and only here

        if logits.device.type == "mps":
            logits = logits.cpu()  # has no float64, and the sum of so many chances needs it
        sound = torch.isfinite(logits.amax(-1)).tolist()
        likeliest = logits.argmax(-1).tolist()
        if all(self._batch[number].greedy for number in active):
            found = likeliest
        else:
            chances = logits.double().softmax(-1).cumsum(-1)
            at = [0.0 if self._batch[number].greedy else self._chance[number].random() for number in active]
            where = torch.tensor(at, dtype=torch.float64, device=logits.device)[:, None] * chances[:, -1:]
            inverted = torch.searchsorted(chances, where, right=True)[:, 0].clamp(max=logits.shape[1] - 1).tolist()
            found = [
                likeliest[row] if self._batch[number].greedy else inverted[row] for row, number in enumerate(active)
            ]
        return [token if fine else None for token, fine in zip(found, sound, strict=True)]


def _random(each: Draw) -> Random:
    """Return the random numbers of a continuation, the same wherever and whenever it is drawn."""
    told = ",".join(map(str, (each.number, *each.tokens))).encode()
    return Random(hashlib.sha256(told).digest())  # noqa: S311 - it needs no secrecy, but must repeat
