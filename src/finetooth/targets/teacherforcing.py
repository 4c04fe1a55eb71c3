"""The log-probability of given texts, by reading them: what they share once, many at a time, as memory allows."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any, Final

from finetooth.targets.fullprecision import in_full_precision
from finetooth.targets.memory import free_bytes, is_out_of_memory, release
from finetooth.targets.packing import BatchCost, Row, Scored, batches, pack
from finetooth.targets.target import Likelihood, Unanswered

_SHARE: Final = 1 / 3  # of the free memory; the rest is for what is not counted here
_MOST: Final = {"cpu": 4096, "mps": 16_384, "cuda": 65_536}  # tokens; beyond them a device is busy
_CHUNK: Final = 256  # positions whose probabilities are summed up at once: a copy of so many, not of all
_TOLERANCE: Final = 1e-3  # nats, between two ways to compute the same in float32

NO_NUMBER: Final = "the model gives no number (NaN) for it"


class Reader:
    """A causal language model that reads.

    Args:
        model: a transformers causal language model; under an adapter, the model that the adapter was put into.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.device = model.device
        self.words = model.get_input_embeddings().weight.shape[0]
        self._text = model.config.get_text_config()
        self._head = model.get_output_embeddings()
        self._attends: bool | None = None
        self._parameters = inspect.signature(model.forward).parameters

    @property
    def only_attends(self) -> bool:
        """Whether tokens meet in attention alone and nowhere else, so that a mask is enough to keep them apart.

        Tried out, once: texts that part are read in one row, and each in its own. A recurrence or a convolution shows.
        """
        if self._attends is None:
            self._attends = self._tried()
        return self._attends

    def takes(self, parameter: str) -> bool:
        """Tell whether the model can be given something."""
        return parameter in self._parameters

    def score(self, items: Sequence[Scored]) -> Iterator[tuple[int, list[tuple[Scored, Likelihood | Unanswered]]]]:
        """Yield, for each batch, how many tokens were read, and each text of it with its answer."""
        cost = self._cost()
        apart = pack(items, branching=False)
        rows = pack(items, branching=True) if self._masks() and len(apart) > 1 else apart
        if any(not row.straight for row in rows) and not self.only_attends:
            rows = apart
        waiting = deque(batches(rows, cost))
        while waiting:
            batch = waiting.popleft()
            try:
                yield sum(len(row.tokens) for row in batch), self._read(batch)
            except Exception as error:  # noqa: BLE001 - no text may stop the others, whatever a model makes of it
                if not is_out_of_memory(error):
                    failed = Unanswered(f"the model cannot read it ({type(error).__name__})")
                    yield 0, [(item, failed) for row in batch for item in row.items]
                    continue
                del error
                release(self.device)
                cost.halve()
                smaller = _halves(batch)
                if smaller is None:
                    lacking = Unanswered(f"there is not enough memory to read {len(batch[0].tokens)} tokens at once")
                    yield 0, [(item, lacking) for item in batch[0].items]
                    continue
                # What still waits is cut as small, or each batch would have to fail first.
                rest = [row for batch in waiting for row in batch]
                waiting = deque([*smaller, *batches(rest, cost)])

    def _read(self, batch: Sequence[Row]) -> list[tuple[Scored, Likelihood | Unanswered]]:
        import torch  # noqa: PLC0415 - heavy, and only here

        width = max(len(row.tokens) for row in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        for number, row in enumerate(batch):
            ids[number, : len(row.tokens)] = torch.tensor(row.tokens, dtype=torch.long)
        more = {} if batch[0].straight else self._ways(batch, width)
        # Padding stands on the right, where causal attention keeps it from reaching any token before it.
        asked = [(number, place) for number, row in enumerate(batch) for place in row.predicting]
        at = {where: position for position, where in enumerate(asked)}
        with torch.inference_mode():
            logits = self._logits(ids.to(self.device), asked, more)
            positions: list[int] = []
            words: list[int] = []
            for number, row in enumerate(batch):
                for item, way in zip(row.items, row.ways, strict=True):
                    positions += [at[number, place] for place in way]
                    words += item.tokens[item.first :]
            chances, greedy = _chances(logits, positions, words)
        answers: list[tuple[Scored, Likelihood | Unanswered]] = []
        begin = 0
        for row in batch:
            for item in row.items:
                end = begin + len(item.tokens) - item.first
                total = sum(chances[begin:end])
                known = Likelihood(min(0.0, total), end - begin, greedy=all(greedy[begin:end]))
                answers.append((item, Unanswered(NO_NUMBER) if isnan(total) else known))
                begin = end
        return answers

    def _logits(self, ids: Any, asked: Sequence[tuple[int, int]], more: dict[str, Any]) -> Any:
        """Return the logits at some positions, shape (positions, words).

        There are as many of them as the vocabulary has words, so that those of all positions would take more memory
        than everything else. The last layer is therefore shown the wanted positions alone.
        """
        rows = [row for row, _ in asked]
        places = [place for _, place in asked]

        def wanted(_: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
            return (given[0][rows, places][None], *given[1:])

        handle = self._head.register_forward_pre_hook(wanted) if self._head is not None else None
        try:
            logits = self.model(input_ids=ids, use_cache=False, **more).logits
        finally:
            if handle is not None:
                handle.remove()
        return logits[0] if handle is not None else logits[rows, places]

    def _ways(self, batch: Sequence[Row], width: int) -> dict[str, Any]:
        """Return what makes each token see its own way alone: masks of shape (rows, 1, width, width), and depths."""
        import torch  # noqa: PLC0415 - heavy, and only here

        # A token of padding sees itself: who sees nothing has no number, and that would spread.
        sees = torch.eye(width, dtype=torch.bool).repeat(len(batch), 1, 1)
        depths = torch.zeros((len(batch), width), dtype=torch.long)
        for number, row in enumerate(batch):
            depths[number, : len(row.depths)] = torch.tensor(row.depths, dtype=torch.long)
            for place, parent in enumerate(row.parents):
                if parent >= 0:
                    sees[number, place] |= sees[number, parent]
        near = depths[:, :, None] - depths[:, None, :] < (getattr(self._text, "sliding_window", None) or width + 1)
        return {"attention_mask": self._masked(sees[:, None], near[:, None]), "position_ids": depths.to(self.device)}

    def _masked(self, sees: Any, near: Any) -> Any:
        """Return the mask in the form that the model's layers take: those with a sliding window see what is near."""
        kinds = self._kinds()
        masks = {
            kind: self._form(sees & near if kind == "sliding_attention" else sees).to(self.device) for kind in kinds
        }
        return next(iter(masks.values())) if len(masks) == 1 else masks

    def _form(self, sees: Any) -> Any:
        import torch  # noqa: PLC0415 - heavy, and only here

        if self.model.config._attn_implementation == "sdpa":
            return sees
        dtype = self.model.dtype
        return torch.zeros(sees.shape, dtype=dtype).masked_fill(~sees, torch.finfo(dtype).min)

    def _kinds(self) -> set[str]:
        """Return the kinds of attention that the layers have."""
        kinds = getattr(self._text, "layer_types", None)
        if kinds:
            return set(kinds)
        return {"sliding_attention" if getattr(self._text, "sliding_window", None) else "full_attention"}

    def _masks(self) -> bool:
        """Tell whether the model takes a mask and positions of ours."""
        return self.takes("position_ids") and self._kinds() <= {"full_attention", "sliding_attention"}

    def _tried(self) -> bool:
        words = [(7919 * number + 13) % self.words for number in range(24)]
        texts = [words, [*words[:8], *words[16:]], [*words[:12], *words[:6]]]
        items = [Scored(number, tuple(text), 1) for number, text in enumerate(texts)]
        [tree], lines = pack(items), pack(items, branching=False)
        try:
            with in_full_precision(self.model):
                together, alone = dict(self._read([tree])), dict(self._read(lines))
        except Exception:  # noqa: BLE001 - an architecture that cannot take it is read line by line
            return False
        return all(
            isinstance(one, Likelihood)
            and isinstance(other, Likelihood)
            and abs(one.log_probability - other.log_probability) < _TOLERANCE * len(words)
            for one, other in ((together[item], alone[item]) for item in items)
        )

    def _cost(self) -> BatchCost:
        size, inner = self.model.dtype.itemsize, getattr(self._text, "intermediate_size", None)
        hidden = getattr(self._text, "hidden_size", 4096)
        heads = getattr(self._text, "num_attention_heads", 32)
        return BatchCost(
            room=free_bytes(self.device) * _SHARE,
            most=_MOST.get(self.device.type, _MOST["cpu"]),
            per_token=(8 * hidden + 3 * (inner or 4 * hidden)) * max(size, 4),
            per_score=self.words * (size + 4),
            per_pair=5 + 4 * heads,
        )


def _chances(logits: Any, positions: list[int], words: list[int]) -> tuple[list[float], list[bool]]:
    """Return the log-probability of each word at its position, and whether it is the most probable one there.

    The logits of half precision are summed up in full.
    """
    import torch  # noqa: PLC0415 - heavy, and only here

    totals = torch.cat([part.float().logsumexp(-1) for part in logits.split(_CHUNK)])
    picked = logits[positions, words].float() - totals[positions]
    chances: list[float] = picked.double().tolist() if picked.device.type != "mps" else picked.cpu().double().tolist()
    best = logits.argmax(-1)[positions].tolist()
    return chances, [word == first for word, first in zip(words, best, strict=True)]


def _halves(batch: Sequence[Row]) -> list[list[Row]] | None:
    """Return smaller batches, or None where there are none: a tree falls into its texts, one row each."""
    if len(batch) > 1:
        middle = len(batch) // 2
        return [list(batch[:middle]), list(batch[middle:])]
    lines = pack(batch[0].items, branching=False)
    return [[row] for row in lines] if len(lines) > 1 else None
