"""OpenAI's three methods, which Azure, Mistral, Together, Fireworks and most others take too.

- SFT: https://platform.openai.com/docs/guides/supervised-fine-tuning (``weight`` 0 leaves a message out of the loss)
- DPO: https://platform.openai.com/docs/guides/direct-preference-optimization
- RFT: https://platform.openai.com/docs/guides/reinforcement-fine-tuning (any key beside ``messages`` goes to the
  grader); Bedrock's has ``reference_answer``: https://docs.aws.amazon.com/bedrock/latest/userguide/rft-prepare-data.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from finetooth.shapes.dialogue import Dialogue
from finetooth.shapes.message import (
    answer_speakers,
    context_speakers,
    conversation_speakers,
    is_answer,
    is_conversation,
)
from finetooth.shapes.shape import Speaker, Speakers, having

_QUESTION = {"role": "user", "content": "Where is my parcel?"}

CHAT = Dialogue(
    name="openai-chat",
    tools="OpenAI, Azure, Mistral, Together, Fireworks, TRL, MLX, Axolotl, ms-swift: supervised fine-tuning",
    sample={
        "messages": [
            {"role": "system", "content": "You are the help desk of a parcel service."},
            _QUESTION,
            {"role": "assistant", "content": "On its way.", "weight": 1},
        ]
    },
    messages=("messages", "conversations"),  # as some publish it
)

_GRADED = ("reference_answer", "reference")


class Dpo:
    """A conversation, and two ways in which it may go on."""

    name = "openai-dpo"
    tools = "OpenAI, Azure, Together, Fireworks: direct preference optimisation"
    keys = having("input", "preferred_output", "non_preferred_output")
    sample: ClassVar[Any] = {
        "input": {"messages": [_QUESTION], "tools": []},
        "preferred_output": [{"role": "assistant", "content": "On its way."}],
        "non_preferred_output": [{"role": "assistant", "content": "No idea."}],
    }

    def speakers(self, value: Any) -> Speakers | None:
        """Return the turns of the input, which is not trained on, and then those of both sides."""
        given = value.get("input")
        if not isinstance(given, dict) or not is_conversation(given.get("messages")):
            return None
        sides = ("preferred_output", "non_preferred_output")
        if not all(is_answer(value.get(side)) for side in sides):
            return None
        messages = given["messages"]
        found: dict[str, Speaker] = dict(conversation_speakers(messages, "/input/messages", trained=False))
        found.update(context_speakers(given.get("tools"), "/input/tools"))
        for side, role in zip(sides, ("chosen", "rejected"), strict=True):
            trained = role == "chosen"
            found.update(answer_speakers(value[side], f"/{side}", len(messages), role, trained=trained))  # type: ignore[arg-type]
        return found


class Rft:
    """A conversation that the model goes on with, and what a grader compares its answer with.

    Nothing here has the loss on it: it falls on what the model itself says in training.
    """

    name = "openai-rft"
    tools = "OpenAI, Bedrock: reinforcement fine-tuning"
    keys = tuple(frozenset({"messages", key}) for key in _GRADED)
    sample: ClassVar[Any] = {"messages": [_QUESTION], "reference_answer": "On its way."}

    def speakers(self, value: Any) -> Speakers | None:
        """Return the turns of the conversation, and the reference as the turn after it."""
        messages = value.get("messages")
        if not is_conversation(messages):
            return None
        found: dict[str, Speaker] = dict(conversation_speakers(messages, "/messages", trained=False))
        for key in _GRADED:
            if isinstance(value.get(key), str):
                found[f"/{key}"] = Speaker("completion", len(messages), False)
        found.update(context_speakers(value.get("tools"), "/tools"))
        return found
