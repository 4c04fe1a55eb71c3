"""Amazon Bedrock and Nova: the Converse schema.

https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html ; its preference form, where
the last message has ``candidates``: https://docs.aws.amazon.com/nova/latest/nova2-userguide/nova-dpo.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from finetooth.shapes.message import answer_speakers, context_speakers, conversation_speakers, is_conversation
from finetooth.shapes.shape import Speaker, Speakers, having


class BedrockConversation:
    """Messages whose content is a list of ``{"text"}``, and a system text of the same kind."""

    name = "bedrock-conversation"
    tools = "Amazon Bedrock, Nova (schemaVersion bedrock-conversation-2024)"
    keys = (*having("schemaVersion", "messages"), *having("system", "messages"))
    sample: ClassVar[Any] = {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "You are the help desk of a parcel service."}],
        "messages": [
            {"role": "user", "content": [{"text": "Where is my parcel?"}]},
            {"role": "assistant", "content": [{"text": "On its way."}]},
        ],
    }

    def speakers(self, value: Any) -> Speakers | None:
        """Return the system text as the first turn, then one for each message."""
        messages, system = value.get("messages"), value.get("system")
        if not is_conversation(messages) and not any(_candidates(message) for message in _listed(messages)):
            return None
        if not isinstance(system, list) and "schemaVersion" not in value:
            return None
        found: dict[str, Speaker] = {
            f"/system/{place}/text": Speaker("system", 0, False)
            for place, part in enumerate(_listed(system))
            if isinstance(part, dict) and isinstance(part.get("text"), str)
        }
        first = 1 if found else 0
        judged = any(_candidates(message) for message in messages)
        found.update(conversation_speakers(messages, "/messages", first, trained=not judged))
        for place, message in enumerate(messages):
            found.update(_sides(message, f"/messages/{place}/candidates", first + place))
        found.update(context_speakers(value.get("toolConfig"), "/toolConfig"))
        return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _candidates(message: Any) -> list[Any]:
    return _listed(message.get("candidates")) if isinstance(message, dict) else []


def _sides(message: Any, pointer: str, turn: int) -> Iterator[tuple[str, Speaker]]:
    for place, candidate in enumerate(_candidates(message)):
        if isinstance(candidate, dict):
            preferred = candidate.get("preferenceLabel") == "preferred"
            # A candidate is a message without its role, which is that of the message around it.
            answer = {"role": "assistant", "content": candidate.get("content")}
            role = "chosen" if preferred else "rejected"
            yield from answer_speakers(answer, f"{pointer}/{place}", turn, role, trained=preferred)  # type: ignore[arg-type]
