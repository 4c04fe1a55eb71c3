"""The words of the formats themselves, which are no passages."""

from __future__ import annotations

from finetooth.shapes.message import ROLES

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

STRUCTURAL_WORDS = dict.fromkeys(("role", "from"), frozenset((*ROLES, *map(str.capitalize, ROLES))))
"""Values that are no passages, for the same reason: under these keys, the names that formats have for speakers."""
