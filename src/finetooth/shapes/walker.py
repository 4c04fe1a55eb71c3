"""From a record's value to its passages: every text in it, with who speaks there.

What is read does not depend on the shape, which only says whose a text is.
"""

from __future__ import annotations

from typing import Any

from finetooth.record import Passage
from finetooth.shapes.leaves import leaves
from finetooth.shapes.registry import detect
from finetooth.shapes.shape import Speaker

STRUCTURAL_KEYS = frozenset(
    (
        *("messages", "conversations", "role", "from", "content", "value", "text", "type", "name", "weight"),
        *("system", "user", "assistant", "prompt", "completion", "chosen", "rejected"),
        *("instruction", "input", "output", "history"),
        *("tools", "tool_calls", "tool_call_id", "function", "function_call", "arguments", "parameters"),
        *("properties", "description", "required", "id", "index", "source", "label", "score"),
    )
)
"""Keys that are no passages. Each is the literal word of a format, wherever it stands, so it can be nobody's data,
and to detect in it again for every record would cost more than the texts of many. A pattern (only letters, say) would
not do: a person's name as a key looks like any word. Every other key is a passage."""

_NOBODY = Speaker("other", None, False)


def passages(value: Any) -> tuple[str, list[Passage]]:
    """Return the name of the record's shape, and every text in it in the order of the document.

    The texts are all string leaves, also empty ones and those under a key that stands again further on; all keys but
    `STRUCTURAL_KEYS`; and integers long enough to be an identifier, as their decimal text (see `leaves`). Keys, and
    leaves that no shape gives to a speaker, have the role ``other`` and are not trained.

    Args:
        value: what a `Record` holds: JSON values only, as every source yields them.
    """
    shape, speakers = detect(value)
    found: list[Passage] = []
    for pointer, part, text in leaves(value):
        if part == "value":
            speaker = speakers.get(pointer, _NOBODY)
        elif text in STRUCTURAL_KEYS:
            continue
        else:
            speaker = _NOBODY
        found.append(Passage(pointer, part, speaker.role, speaker.turn, speaker.trained, text))
    return shape, found
