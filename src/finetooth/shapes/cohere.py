"""Cohere: chat messages of ``System``, ``User`` and ``Chatbot``.

https://docs.cohere.com/docs/chat-preparing-the-data
"""

from __future__ import annotations

from typing import Any, ClassVar

from finetooth.shapes.message import conversation_speakers, is_conversation
from finetooth.shapes.shape import Speakers, having

_VOICES = ("System", "User", "Chatbot")


class CohereChat:
    """Messages of OpenAI's kind in which the model is called ``Chatbot``."""

    name = "cohere-chat"
    tools = "Cohere"
    keys = having("messages")
    sample: ClassVar[Any] = {
        "messages": [
            {"role": "System", "content": "You are the help desk of a parcel service."},
            {"role": "User", "content": "Where is my parcel?"},
            {"role": "Chatbot", "content": "On its way."},
        ]
    }

    def speakers(self, value: Any) -> Speakers | None:
        """Return a turn for each message."""
        messages = value.get("messages")
        if not is_conversation(messages) or not isinstance(messages[0], dict):
            return None
        if messages[0].get("role") not in _VOICES:  # quick to say no: OpenAI's messages look like these, and are many
            return None
        if not any(isinstance(message, dict) and message.get("role") == "Chatbot" for message in messages):
            return None
        return dict(conversation_speakers(messages, "/messages"))
