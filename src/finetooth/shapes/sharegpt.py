"""ShareGPT and what grew from it: messages of ``from`` and ``value``, preferences and labels beside them, NeMo's mask.

- https://docs.axolotl.ai/docs/dataset-formats/conversation.html
- https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md (``chosen``, ``rejected``, ``kto_tag``)
- https://docs.nvidia.com/nemo-framework/user-guide/24.07/modelalignment/sft.html (``mask``: who is *not* trained on)
"""

from __future__ import annotations

from typing import Any, ClassVar

from finetooth.shapes.dialogue import Dialogue
from finetooth.shapes.message import SHAREGPT, Dialect, conversation_speakers, is_conversation
from finetooth.shapes.shape import Speaker, Speakers, having

_QUESTION = {"from": "human", "value": "Where is my parcel?"}
_ANSWER = {"from": "gpt", "value": "On its way."}

CHAT = Dialogue(
    name="sharegpt",
    tools="ShareGPT, Axolotl, LLaMA-Factory, torchtune, ms-swift",
    sample={"conversations": [_QUESTION, _ANSWER]},
    messages=("conversations",),
    dialect=SHAREGPT,
)
PREFERENCE = Dialogue(
    name="sharegpt-preference",
    tools="LLaMA-Factory (ranking)",
    sample={"conversations": [_QUESTION], "chosen": _ANSWER, "rejected": {"from": "gpt", "value": "No idea."}},
    messages=("conversations",),
    dialect=SHAREGPT,
    chosen="chosen",
    rejected=("rejected",),
)
KTO = Dialogue(
    name="sharegpt-kto",
    tools="LLaMA-Factory (KTO)",
    sample={"conversations": [_QUESTION, _ANSWER], "kto_tag": True},
    messages=("conversations",),
    dialect=SHAREGPT,
    label=("kto_tag", "label"),
)
MESSAGES_KTO = Dialogue(
    name="messages-kto",
    tools="LLaMA-Factory, ms-swift (KTO)",
    sample={
        "messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "On its way."}],
        "label": True,
    },
    messages=("messages", "conversations"),
    label=("label", "kto_tag"),
)


class NeMo:
    """Messages of which those of the masked speaker are left out of the loss, and all others are in it."""

    name = "nemo"
    tools = "NVIDIA NeMo"
    keys = having("mask", "conversations")
    sample: ClassVar[Any] = {
        "system": "",
        "mask": "User",
        "conversations": [
            {"from": "User", "value": "Where is my parcel?"},
            {"from": "Assistant", "value": "On its way."},
        ],
    }

    def speakers(self, value: Any) -> Speakers | None:
        """Return a turn for each message; a ``system`` text beside them is the first turn."""
        masked, messages = value.get("mask"), value.get("conversations")
        if not isinstance(masked, str) or not is_conversation(messages, SHAREGPT):
            return None
        found: dict[str, Speaker] = {}
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", 0, False)
        others: dict[str, bool] = {}
        for place, message in enumerate(messages):
            if isinstance(message, dict):
                others[f"/conversations/{place}/value"] = message.get("from") != masked
        for leaf, who in conversation_speakers(messages, "/conversations", len(found), dialect=SHAREGPT):
            found[leaf] = Speaker(who.role, who.turn, others.get(leaf, who.trained))
        return found


class Pairs:
    """ms-swift's ``{"conversation": [{"human", "assistant"}]}``.

    https://swift.readthedocs.io/en/latest/Customization/Custom-dataset.html
    """

    name = "human-assistant-pairs"
    tools = "ms-swift, XTuner"
    keys = having("conversation")
    sample: ClassVar[Any] = {
        "system": "You are the help desk.",
        "conversation": [{"human": "Where?", "assistant": "On its way."}],
    }
    _voices = (
        ("system", "system"),
        ("human", "user"),
        ("input", "user"),
        ("assistant", "assistant"),
        ("output", "assistant"),
    )

    def speakers(self, value: Any) -> Speakers | None:
        """Return two turns for each pair; a ``system`` text beside them, or in the first pair, is the first turn."""
        pairs = value.get("conversation")
        if not isinstance(pairs, list):
            return None
        found: dict[str, Speaker] = {}
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", 0, False)
        turn, spoken = len(found), False
        for place, pair in enumerate(pairs):
            for key, role in self._voices if isinstance(pair, dict) else ():
                if isinstance(pair.get(key), str):
                    spoken = spoken or role == "assistant"
                    found[f"/conversation/{place}/{key}"] = Speaker(role, turn, role == "assistant")  # type: ignore[arg-type]
                    turn += 1
        return found if spoken else None


SWIFT_PREFERENCE = Dialogue(
    name="messages-preference",
    tools="ms-swift (DPO)",
    sample={
        "messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "On its way."}],
        "rejected_response": "No idea.",
    },
    rejected=("rejected_response", "rejected_messages"),
    dialect=Dialect(),
)
