"""What a model saw, in training, before a place in a record: the conversation so far, as a chat template takes it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from finetooth.location import Role
from finetooth.record import Passage, Turn
from finetooth.shapes.pointer import keys

_CHAT_ROLES: dict[Role, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "prompt": "user",
    "completion": "assistant",
    "chosen": "assistant",
    "rejected": "assistant",
    "text": "user",
    "other": "user",  # a speaker whom nobody knows is at least not the model
}

_ORDER_IN_TURN = {"instruction": 0, "input": 1, "content": 0, "tool_calls": 1, "function_call": 1}


def context(passages: Sequence[Passage], passage: Passage, start: int) -> tuple[Turn, ...] | str:
    r"""Return what stood before position ``start`` of ``passage`` when the model was trained on the record.

    In a conversation that is its turns up to this one, whose text ends at ``start`` (and may be empty). Earlier turns
    without text are left out. Leaves of one turn are joined as templates do it: parts of one content without anything
    between, an instruction and its input by an empty line, everything else (tool calls) by a newline. Of two leaves
    under one pointer (a repeated key) the last counts, as it does in a trainer. A rejected answer never stands before
    a chosen one, nor the other way round.

    For a passage outside every turn (raw text, metadata, a key) it is that passage's own text before ``start``.

    Args:
        passages: all of the record, as `walker.passages` gives them.
        passage: one of them that stands there plainly (`Passage.root` of one that another encodes).
        start: code points into its text.
    """
    if passage.turn is None or passage.part == "key":
        return passage.text[:start]
    before: dict[int, dict[str, Passage]] = {}
    for other in passages:
        if other.turn is None or other.encoded is not None:
            continue
        if other.turn <= passage.turn and _same_branch(other, passage):
            before.setdefault(other.turn, {})[other.pointer] = other
    before.setdefault(passage.turn, {})[passage.pointer] = passage
    turns: list[Turn] = []
    for number in sorted(before):
        leaves = sorted(before[number].values(), key=_order)
        if number == passage.turn:
            leaves = leaves[: leaves.index(passage)]
            text = _join(leaves, passage, passage.text[:start])
            turns.append(Turn(_CHAT_ROLES[passage.role], (*leaves, passage)[0].pointer, text))
            continue
        leaves = [leaf for leaf in leaves if leaf.text]
        if leaves:
            text = _join(leaves[:-1], leaves[-1], leaves[-1].text)
            turns.append(Turn(_CHAT_ROLES[leaves[0].role], leaves[0].pointer, text))
    return tuple(turns)


def _same_branch(other: Passage, passage: Passage) -> bool:
    """Tell whether one can stand before the other; what is on neither branch goes on from the chosen one."""
    if other.role == "rejected":
        return passage.role == "rejected"
    return other.role != "chosen" or passage.role != "rejected"


def _order(leaf: Passage) -> int:
    # Keys of a JSON object come in any order, and {"input", "instruction"} is still read the other way round.
    return next((_ORDER_IN_TURN[key] for key in keys(leaf.pointer) if key in _ORDER_IN_TURN), 0)


def _join(leaves: Sequence[Passage], last: Passage, last_text: str) -> str:
    spoken = [leaf for leaf in leaves if leaf.text]
    text = "".join(leaf.text + _between(leaf, following) for leaf, following in pairwise([*spoken, last]))
    return text + last_text


def _between(leaf: Passage, following: Passage) -> str:
    if leaf.role == "prompt":
        return "\n\n"
    content, found, _ = leaf.pointer.partition("/content/")
    return "" if found and following.pointer.startswith(f"{content}/content/") else "\n"
