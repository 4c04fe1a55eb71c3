"""The commonest records of all, a list of bare messages with at most plain values beside it, walked in one go.

That is ``{"messages": [{"role", "content"}, …]}`` and ``{"conversations": [{"from", "value"}, …]}``. What it gives is
what `walker.walk` gives without it, at a quarter of the cost; a property test holds the two together.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from finetooth.location import Role
from finetooth.record import Passage
from finetooth.shapes import openai, sharegpt
from finetooth.shapes.leaves import number_text
from finetooth.shapes.nested import OPENERS, may_hold_json
from finetooth.shapes.pointer import member
from finetooth.shapes.registry import candidates
from finetooth.shapes.structural import STRUCTURAL_KEYS
from finetooth.shapes.tokens import FIELDS


class _Chat(NamedTuple):
    """What a format calls things."""

    shape: str
    messages: str
    role: str
    text: str
    voices: dict[str, tuple[Role, bool]]
    """Speakers, and whether they are trained on."""


_OPENAI = _Chat(
    openai.CHAT.name,
    "messages",
    "role",
    "content",
    {
        "system": ("system", False),
        "developer": ("system", False),
        "user": ("user", False),
        "assistant": ("assistant", True),
        "tool": ("tool", False),
    },
)
_SHAREGPT = _Chat(
    sharegpt.CHAT.name,
    "conversations",
    "from",
    "value",
    {"system": ("system", False), "human": ("user", False), "gpt": ("assistant", True)},
)
_SPOKEN = frozenset(("system", "tools"))  # beside the messages, they take part in the conversation
_FEW = 32
_NUMBERS = (bool, int, float)
_BARE = 2


def plain_chat(value: Any) -> tuple[str, list[Passage]] | None:
    """Return shape and passages of a chat of plain texts; None for all other records, and where a text may be JSON."""
    if value.__class__ is not dict or len(value) > _FEW:
        return None
    chat = _chat(tuple(value))
    if chat is None:
        return None
    found: list[Passage] = []
    for key, node in value.items():
        if key == chat.messages:
            if not _add_messages(found, chat, node):
                return None
            continue
        if node.__class__ is str:
            if may_hold_json(node):
                return None
            text: str | None = node
        elif node is None or node.__class__ in _NUMBERS:
            text = number_text(node)
        else:
            return None
        if key not in STRUCTURAL_KEYS:
            found.append(Passage(member("", key), "key", "other", None, False, key))
        if text is not None:
            found.append(Passage(member("", key), "value", "other", None, False, text))
    return chat.shape, found


@lru_cache(maxsize=256)
def _chat(keys: tuple[str, ...]) -> _Chat | None:
    """Return the format of a chat of these keys, where nothing beside its messages makes it another one."""
    if not _SPOKEN.isdisjoint(keys) or any(key.endswith(FIELDS) for key in keys):
        return None
    shapes = [shape.name for shape in candidates(keys) if shape.name != "cohere-chat"]  # which has other speakers
    if "conversations" not in keys:
        return _OPENAI if shapes[:1] == [_OPENAI.shape] else None
    return _SHAREGPT if shapes[:2] == [_OPENAI.shape, _SHAREGPT.shape] and "messages" not in keys else None


def _add_messages(found: list[Passage], chat: _Chat, messages: Any) -> bool:
    """Add the texts of the messages; return False where one is more than a speaker and a plain text."""
    if not messages or messages.__class__ is not list:
        return False
    _, key, role_key, text_key, voices = chat
    add, new = found.append, tuple.__new__
    try:
        for turn, message in enumerate(messages):
            # NOTE: by class, so that a message with a repeated key, which is a subclass, is none.
            if message.__class__ is not dict or len(message) != _BARE:
                return False
            text = message[text_key]
            if text.__class__ is not str or (text and text[0] in OPENERS and may_hold_json(text)):
                return False
            role, trained = voices[message[role_key]]
            add(new(Passage, (f"/{key}/{turn}/{text_key}", "value", role, turn, trained, text, (), None)))
    except (KeyError, TypeError):  # another key, another speaker, or a speaker that is no text
        return False
    return True
