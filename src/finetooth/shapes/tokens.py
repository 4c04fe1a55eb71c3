"""Rows that were tokenised beforehand: ``input_ids`` instead of text.

Without a tokenizer nobody can say what they hold, so that they are unread, not clean. With one, a row is the text that
it decodes to. Where only a part of it is trained on, every run of tokens of one kind is a passage of its own, besides
the whole, so that it can be told on which side a value stands, and none is lost where a run ends within it.

https://huggingface.co/docs/transformers/main_classes/data_collator ; https://docs.axolotl.ai/docs/dataset-formats/tokenized.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any, NamedTuple, Protocol

from finetooth.location import Role
from finetooth.offsets import Offsets
from finetooth.record import Encoded, Passage, RepeatedKeys, Step
from finetooth.shapes.pointer import keys, member
from finetooth.sources.jsontext import NotJson, parse

FIELDS = ("input_ids", "token_ids", "tokens")
"""What keys end in that hold token ids, such as ``chosen_input_ids``."""

IGNORED = -100
"""The label of a token that the loss leaves out (PyTorch's ``ignore_index``)."""

_MASKS = ("loss_mask", "completion_mask", "assistant_masks")  # 1 where the loss falls
_SIDES: dict[str, tuple[Role, bool]] = {
    "prompt": ("prompt", False),
    "completion": ("completion", True),
    "chosen": ("chosen", True),
    "rejected": ("rejected", False),
}
_RUNS = 64  # of more runs, as masks over single tokens make them, none says anything
_WRITTEN = re.compile(r"[\s\[]*[0-9][0-9\s,\[\]]*")
_STEP = (Step("tokens", ""),)


class Tokenizer(Protocol):
    """What turns token ids into text."""

    def decode(self, ids: Sequence[int]) -> str | None:
        """Return the text, special tokens and all; None where it doesn't know one of the ids."""


def token_passages(record: Any, pointer: str, tokenizer: Tokenizer | None) -> tuple[list[Passage], str | None]:
    """Return what the token ids at ``pointer`` decode to, or why they are unread.

    They stand there as a list, as a list of lists (packed), or as either written out in a string.

    Args:
        record: the record.
        pointer: of a member whose key ends in one of `FIELDS`; it may hold something else.
        tokenizer: what to decode with.
    """
    found: list[Passage] = []
    *_, key = keys(pointer)
    for owner in _at(record, pointer.rpartition("/")[0]):
        for field in _members(owner, key):
            for row in _rows(owner, key, field, pointer):
                # NOTE: the key could be data in front of its ending, so a reason names the ending only.
                name = next(name for name in FIELDS if key.endswith(name))
                if tokenizer is None:
                    return [], f"`{name}` holds token ids and no text; name the model's tokenizer with --tokenizer DIR"
                decoded = _decoded(row, tokenizer)
                if decoded is None:
                    return [], f"`{name}` holds ids that the tokenizer doesn't know; name the one that made them"
                found += decoded
    return found, None


def holds_tokens(text: str, pointers: Sequence[str]) -> bool:
    """Tell whether any of the members that ``pointers`` lead to, in the JSON that a text holds, are token ids."""
    try:
        record = parse(text.strip("\ufeff"))
    except NotJson:
        return True  # which nobody can rule out
    return any(token_passages(record, pointer, None)[1] for pointer in pointers)


class _Row(NamedTuple):
    """One sequence of tokens."""

    pointer: str
    role: Role
    ids: list[int]
    trained: list[bool]
    """Of each token."""
    labels: list[int] | None
    """What is learnt, where it isn't the tokens themselves, as for encoder and decoder."""


def _rows(owner: dict[str, Any], key: str, field: Any, pointer: str) -> Iterator[_Row]:
    field = _written_out(field)
    if not isinstance(field, list):
        return
    prefix = key.removesuffix(next(name for name in FIELDS if key.endswith(name)))
    role, trained = _SIDES.get(prefix.rstrip("_"), ("text", True))
    labels = _written_out(owner.get(f"{prefix}labels"))
    masks = [_written_out(owner.get(f"{prefix}{name}")) for name in _MASKS]
    packed = any(isinstance(row, list) for row in field)
    for place, row in enumerate(field if packed else [field]):
        ids = _integers(row)
        if not ids:
            continue
        learnt, *told = [_integers(_element(each, place) if packed else each, len(ids)) for each in (labels, *masks)]
        flags = [trained] * len(ids)
        own: list[int] | None = None
        if learnt is not None and any(label not in (IGNORED, token) for label, token in zip(learnt, ids, strict=True)):
            own, flags = [label for label in learnt if label != IGNORED], [False] * len(ids)
        elif learnt is not None:
            flags = [trained and label != IGNORED for label in learnt]
        for mask in told:
            if mask is not None:
                flags = [flag and bool(bit) for flag, bit in zip(flags, mask, strict=True)]
        yield _Row(member(pointer, place) if packed else pointer, role, ids, flags, own)


def _decoded(row: _Row, tokenizer: Tokenizer) -> list[Passage] | None:
    text = tokenizer.decode(row.ids)
    if text is None:
        return None
    whole = Passage(row.pointer, "value", row.role, None, any(row.trained), text, _STEP)
    found = [whole]
    runs = [(trained, sum(1 for _ in run)) for trained, run in groupby(row.trained)]
    if 1 < len(runs) <= _RUNS:
        # How far the text goes with the tokens up to the end of each run: a token alone may decode to something else.
        prefixes = [row.ids[:end] for end in accumulate(length for _, length in runs)]
        ends = [min(len(tokenizer.decode(prefix) or ""), len(text)) for prefix in prefixes]
        start = 0
        for (trained, _), end in zip(runs, [*ends[:-1], len(text)], strict=True):
            if start < end:
                encoded = Encoded(whole, Offsets(start, end))
                found.append(whole._replace(trained=trained, text=text[start:end], encoded=encoded))
                start = end
    if row.labels is not None:
        learnt = tokenizer.decode(row.labels)
        if learnt is None:
            return None
        found.append(Passage(row.pointer, "value", "completion", None, True, learnt, (Step("labels", ""),)))
    return found


def _written_out(field: Any) -> Any:
    """Return what a string of numbers lists, as a CSV file has it; everything else as it is."""
    if isinstance(field, str) and _WRITTEN.fullmatch(field):
        return [int(digits) for digits in re.findall(r"[0-9]{1,18}", field)]
    return field


def _element(field: Any, place: int) -> Any:
    return field[place] if isinstance(field, list) and place < len(field) else None


def _integers(field: Any, length: int | None = None) -> list[int] | None:
    """Return the whole numbers of a list; None where it holds anything else, or is not of that length."""
    if not isinstance(field, list) or (length is not None and len(field) != length):
        return None
    if all(type(each) is int for each in field):
        return field
    if all(isinstance(each, (int, float)) and each == each // 1 for each in field):
        return [int(each) for each in field]
    return None


def _at(record: Any, pointer: str) -> list[dict[str, Any]]:
    """Return the objects at a pointer: more than one where a key on the way stands more than once."""
    nodes = [record]
    for key in keys(pointer):
        below: list[Any] = []
        for node in nodes:
            if isinstance(node, list):
                below += node[int(key) : int(key) + 1] if key.isdecimal() else []
            else:
                below += _members(node, key)
        nodes = below
    return [node for node in nodes if isinstance(node, dict)]


def _members(node: Any, key: str) -> list[Any]:
    if not isinstance(node, dict):
        return []
    shadowed = node.shadowed if isinstance(node, RepeatedKeys) else ()
    return [value for name, value in shadowed if name == key] + ([node[key]] if key in node else [])
