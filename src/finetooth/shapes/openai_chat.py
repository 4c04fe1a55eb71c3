"""Chat messages as OpenAI, Azure, Mistral, Together, TRL and most others take them.

``{"messages": [{"role", "content", "weight", "tool_calls", "name"}, …]}``; the list is also found under
``conversations``, as some publish it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetooth.shapes.message import conversation_speakers, is_conversation
from finetooth.shapes.pointer import member
from finetooth.shapes.shape import Speaker


class OpenAIChat:
    """A list of messages; the assistant's are trained on, unless their weight is 0."""

    name = "openai-chat"

    def speakers(self, value: Any) -> Mapping[str, Speaker] | None:
        """Return a turn for each message: text, text parts and tool calls."""
        if not isinstance(value, dict):
            return None
        for key in ("messages", "conversations"):
            if is_conversation(value.get(key), "role", "content"):
                return dict(conversation_speakers(value[key], member("", key)))
        return None
