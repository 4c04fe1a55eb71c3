"""The commonest records of all, a list of bare messages and nothing else, walked in one go.

That is ``{"messages": [{"role", "content"}, …]}`` and ``{"conversations": [{"from", "value"}, …]}``. What it gives is
what `walker.walk` gives without it, at a quarter of the cost; a property test holds the two together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from finetooth.location import Role
from finetooth.record import Passage
from finetooth.shapes import openai, sharegpt
from finetooth.shapes.nested import OPENERS, may_hold_json


class _Chat(NamedTuple):
    """What a format calls things."""

    shape: str
    role: str
    text: str
    voices: dict[str, tuple[Role, bool]]
    """Speakers, and whether they are trained on."""


_CHATS = {
    "messages": _Chat(
        openai.CHAT.name,
        "role",
        "content",
        {
            "system": ("system", False),
            "developer": ("system", False),
            "user": ("user", False),
            "assistant": ("assistant", True),
            "tool": ("tool", False),
        },
    ),
    "conversations": _Chat(
        sharegpt.CHAT.name,
        "from",
        "value",
        {"system": ("system", False), "human": ("user", False), "gpt": ("assistant", True)},
    ),
}
_BARE = 2


def plain_chat(value: Any) -> tuple[str, list[Passage]] | None:
    """Return shape and passages of a chat of plain texts; None for all other records, and where a text may be JSON."""
    if value.__class__ is not dict or len(value) != 1:
        return None
    [(key, messages)] = value.items()
    chat = _CHATS.get(key)
    if chat is None or not messages or messages.__class__ is not list:
        return None
    shape, role_key, text_key, voices = chat
    found: list[Passage] = []
    add, new = found.append, tuple.__new__
    try:
        for turn, message in enumerate(messages):
            # NOTE: by class, so that a message with a repeated key, which is a subclass, is none.
            if message.__class__ is not dict or len(message) != _BARE:
                return None
            text = message[text_key]
            if text.__class__ is not str or (text and text[0] in OPENERS and may_hold_json(text)):
                return None
            role, trained = voices[message[role_key]]
            add(new(Passage, (f"/{key}/{turn}/{text_key}", "value", role, turn, trained, text, (), None)))
    except (KeyError, TypeError):  # another key, another speaker, or a speaker that is no text
        return None
    return shape, found
