"""One message of a conversation: which of its leaves speak, as whom, and whether they are trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from finetooth.location import Role
from finetooth.shapes.leaves import leaves
from finetooth.shapes.pointer import member
from finetooth.shapes.shape import Speaker

ROLES: dict[str, Role] = {
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
    "tool_call": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
    "function_response": "tool",
    "ipython": "tool",
    "observation": "tool",
    "tool_response": "tool",
}
"""What formats call the speakers, in lower case."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a format calls the parts of a message."""

    role: str = "role"
    """Key of the speaker."""
    text: str = "content"
    """Key of the text, or of the list of its parts."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Speakers that it calls otherwise than everybody else."""

    def speaker(self, name: object) -> Role:
        """Return the speaker whom a record calls ``name``; ``other`` for one that nobody knows."""
        if not isinstance(name, str):
            return "other"
        return (self.roles and self.roles.get(name)) or ROLES.get(name) or ROLES.get(name.strip().lower(), "other")


OPENAI = Dialect()
SHAREGPT = Dialect("from", "value")
GEMINI = Dialect("role", "parts")

_PART_TEXTS = ("text", "thinking", "refusal")
_PART_TREES = ("content", "functionCall", "functionResponse", "toolUse", "toolResult", "input")
"""Calls and their results among the parts of a content, as Gemini, Bedrock and Anthropic write them."""
_BESIDE_CONTENT = ("reasoning_content", "thinking", "refusal")
_WEIGHTS = ("weight", "loss", "loss_scale")
_BARE = 2  # a message of nothing but speaker and text, as most are


def is_conversation(value: object, dialect: Dialect = OPENAI) -> TypeGuard[list[Any]]:
    """Tell whether it is a list in which at least one message names its speaker, and one has room for a text."""
    if not isinstance(value, list):
        return False
    named = room = False
    for message in value:
        if isinstance(message, dict):
            named = named or isinstance(message.get(dialect.role), str)
            room = room or any(key in message for key in (dialect.text, "tool_calls", "function_call"))
            if named and room:
                return True
    return False


def is_trained(message: Mapping[str, Any], role: Role) -> bool:
    """Tell whether the training loss falls on a message.

    It falls on the assistant's, unless they weigh nothing (OpenAI's ``weight``, ms-swift's ``loss`` and
    ``loss_scale``), or the message says so itself, whoever speaks (Axolotl's ``train``, ``train_detail``).
    """
    details = message.get("train_detail")
    if isinstance(details, list):
        return any(isinstance(detail, dict) and bool(detail.get("train")) for detail in details)
    for key in ("train", "training"):
        if isinstance(message.get(key), bool):
            return bool(message[key])
    if role != "assistant":
        return False
    return all(message.get(key) != 0 for key in _WEIGHTS)  # False is 0 too


def conversation_speakers(
    messages: list[Any], pointer: str, first_turn: int = 0, *, dialect: Dialect = OPENAI, trained: bool = True
) -> Iterator[tuple[str, Speaker]]:
    """Yield the speaker of each leaf of a list of ``{"role", "content", …}``, by pointer.

    Text and tool calls of the assistant are trained (see `is_trained`). What goes with a message
    without being its text (``name``, ``reasoning_content``) has the speaker but no turn, as templates differ on it.

    Args:
        messages: the list.
        pointer: where it stands.
        first_turn: the turn of its first message; a message of any kind takes one.
        dialect: what it calls speaker and text.
        trained: False where none of it is trained on, such as a prompt.
    """
    role_key, text_key, speaker = dialect.role, dialect.text, dialect.speaker
    new = tuple.__new__  # NOTE: Speaker(…) at half its cost, for what most messages of most datasets are
    for turn, message in enumerate(messages, first_turn):
        if not isinstance(message, dict):
            continue
        role = speaker(message.get(role_key))
        text = message.get(text_key)
        here = f"{pointer}/{turn - first_turn}"
        if len(message) == _BARE and isinstance(text, str):
            yield f"{here}/{text_key}", new(Speaker, (role, turn, trained and role == "assistant"))
            continue
        speaks = Speaker(role, turn, trained and is_trained(message, role))
        for leaf in _content(text, member(here, text_key)):
            yield leaf, speaks
        for leaf in _calls(message, here):
            yield leaf, speaks
        for key in _BESIDE_CONTENT:
            if isinstance(message.get(key), str):
                yield member(here, key), Speaker(role, None, speaks.trained)
        if isinstance(message.get("name"), str):
            yield member(here, "name"), Speaker(role, None, False)


def answer_speakers(
    answer: Any, pointer: str, turn: int, role: Role, *, trained: bool, dialect: Dialect = OPENAI
) -> Iterator[tuple[str, Speaker]]:
    """Yield the speaker of each leaf of one side of a preference: a text, a message, or a list of messages.

    The assistant's messages have the ``role`` of the side. Where the other speakers of a rejected side stand in the
    conversation is left open (no turn), or they would be taken for what went before the chosen one.
    """
    if isinstance(answer, str):
        yield pointer, Speaker(role, turn, trained)
        return
    messages = answer if isinstance(answer, list) else [answer]
    for leaf, speaker in conversation_speakers(messages, pointer, turn, dialect=dialect, trained=trained):
        here = leaf if answer is messages else pointer + leaf.removeprefix(f"{pointer}/0")
        if speaker.role == "assistant":
            yield here, Speaker(role, speaker.turn, speaker.trained)
        else:
            yield here, speaker if role == "chosen" else Speaker(speaker.role, None, False)


def is_answer(value: Any, dialect: Dialect = OPENAI) -> bool:
    """Tell whether it is something for `answer_speakers`."""
    return isinstance(value, str) or is_conversation(value if isinstance(value, list) else [value], dialect)


def context_speakers(tools: Any, pointer: str) -> Iterator[tuple[str, Speaker]]:
    """Yield the speaker of each leaf of what templates put into the system prompt, such as ``tools``: no turn."""
    for leaf in leaves(tools, pointer):
        if leaf.part == "value":
            yield leaf.pointer, Speaker("system", None, False)


def _content(content: Any, pointer: str) -> Iterator[str]:
    if isinstance(content, str):
        yield pointer
        return
    parts = [(member(pointer, place), part) for place, part in enumerate(content)] if isinstance(content, list) else ()
    for here, part in parts or (((pointer, content),) if isinstance(content, dict) else ()):
        if isinstance(part, str):
            yield here
        elif isinstance(part, dict):
            yield from (member(here, key) for key in _PART_TEXTS if isinstance(part.get(key), str))
            for key in _PART_TREES:
                if key in part:
                    yield from _values(part[key], member(here, key))


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
            yield from _values(function.get("arguments"), member(here, "arguments"))


def _values(value: Any, pointer: str) -> Iterator[str]:
    return (leaf.pointer for leaf in leaves(value, pointer) if leaf.part == "value")
