"""One message of a conversation: which of its leaves speak, as whom, and whether they are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from finetooth.location import Role
from finetooth.shapes.leaves import leaves
from finetooth.shapes.pointer import member
from finetooth.shapes.shape import Speaker

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "chatgpt": "assistant",
    "function_call": "assistant",  # in ShareGPT the *model's* call; its answer is an "observation"
    "gpt": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
    "function_response": "tool",
    "ipython": "tool",
    "observation": "tool",
    "tool_response": "tool",
}

_PART_TEXTS = ("text", "thinking", "refusal", "content")
_BESIDE_CONTENT = ("reasoning_content", "thinking", "refusal")


def role_of(name: object) -> Role:
    """Return the speaker whom a record calls ``name``; ``other`` for one that nobody knows."""
    return _ROLES.get(name.strip().lower(), "other") if isinstance(name, str) else "other"


def is_conversation(value: object, role_key: str, text_key: str) -> TypeGuard[list[Any]]:
    """Tell whether it is a list in which at least one message names its speaker, and one has room for a text."""
    if not isinstance(value, list):
        return False
    messages = [message for message in value if isinstance(message, dict)]
    return any(isinstance(message.get(role_key), str) for message in messages) and any(
        text_key in message or "tool_calls" in message or "function_call" in message for message in messages
    )


def weighs_nothing(message: dict[str, Any]) -> bool:
    """Tell whether the message is left out of the training loss (``"weight": 0``)."""
    weight = message.get("weight")
    return isinstance(weight, (int, float)) and weight == 0


def conversation_speakers(
    messages: list[Any],
    pointer: str,
    first_turn: int = 0,
    *,
    trained: bool = True,
) -> Iterator[tuple[str, Speaker]]:
    """Yield the speaker of each leaf of a list of ``{"role", "content", …}``, by pointer.

    Text and tool calls of the assistant are trained, unless the message weighs nothing. What goes with a message
    without being its text (``name``, ``reasoning_content``) has the speaker but no turn, as templates differ on it.

    Args:
        messages: the list.
        pointer: where it stands.
        first_turn: the turn of its first message; a message of any kind takes one.
        trained: False where none of it is trained on, such as a prompt.
    """
    for turn, message in enumerate(messages, first_turn):
        if not isinstance(message, dict):
            continue
        here = member(pointer, turn - first_turn)
        role = role_of(message.get("role"))
        speaks = Speaker(role, turn, trained and role == "assistant" and not weighs_nothing(message))
        beside = Speaker(role, None, speaks.trained)
        for leaf in _content(message.get("content"), member(here, "content")):
            yield leaf, speaks
        for leaf in _calls(message, here):
            yield leaf, speaks
        for key in _BESIDE_CONTENT:
            if isinstance(message.get(key), str):
                yield member(here, key), beside
        if isinstance(message.get("name"), str):
            yield member(here, "name"), Speaker(role, None, False)


def _content(content: Any, pointer: str) -> Iterator[str]:
    if isinstance(content, str):
        yield pointer
    elif isinstance(content, list):
        for place, part in enumerate(content):
            here = member(pointer, place)
            if isinstance(part, str):
                yield here
            elif isinstance(part, dict):
                yield from (member(here, key) for key in _PART_TEXTS if isinstance(part.get(key), str))


def _calls(message: dict[str, Any], pointer: str) -> Iterator[str]:
    calls = message.get("tool_calls")
    functions = [(message.get("function_call"), member(pointer, "function_call"))]  # the older form of one call
    for place, call in enumerate(calls if isinstance(calls, list) else ()):
        if isinstance(call, dict):
            functions.append((call.get("function"), member(member(member(pointer, "tool_calls"), place), "function")))
    for function, here in functions:
        if isinstance(function, dict):
            if isinstance(function.get("name"), str):
                yield member(here, "name")
            # As OpenAI has them, arguments are one string of JSON; elsewhere they are an object.
            for leaf in leaves(function.get("arguments"), member(here, "arguments")):
                if leaf.part == "value":
                    yield leaf.pointer
