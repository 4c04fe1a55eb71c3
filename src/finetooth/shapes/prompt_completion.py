"""A prompt and its completion: ``{"prompt", "completion"}``.

Each is a text (Bedrock, older OpenAI) or a list of messages (TRL).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetooth.shapes.message import conversation_speakers, is_conversation
from finetooth.shapes.shape import Speaker


class PromptCompletion:
    """Only the completion is trained on, also where the prompt holds messages of the assistant."""

    name = "prompt-completion"

    def speakers(self, value: Any) -> Mapping[str, Speaker] | None:
        """Return a turn for each text, or for each message; a ``system`` text beside them is the first turn."""
        if not isinstance(value, dict):
            return None
        found: dict[str, Speaker] = {}
        turn = 0
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", turn, False)
            turn += 1
        prompt, completion = value.get("prompt"), value.get("completion")
        if isinstance(prompt, str):
            found["/prompt"] = Speaker("prompt", turn, False)
            turn += 1
        elif is_conversation(prompt, "role", "content"):
            found.update(conversation_speakers(prompt, "/prompt", turn, trained=False))
            turn += len(prompt)
        else:
            return None
        if isinstance(completion, str):
            found["/completion"] = Speaker("completion", turn, True)
        elif is_conversation(completion, "role", "content"):
            found.update(conversation_speakers(completion, "/completion", turn))
        else:
            return None
        return found
