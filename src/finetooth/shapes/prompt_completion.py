"""A prompt and its completion: ``{"prompt", "completion"}``, each a text or a list of messages; with a ``label``, KTO.

- texts: Bedrock (https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-prepare.html), Together, MLX
  (https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/LORA.md#Data), OpenAI of old
- messages too: TRL, https://huggingface.co/docs/trl/dataset_formats#prompt-completion
- KTO: https://huggingface.co/docs/trl/dataset_formats#unpaired-preference
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from finetooth.shapes.message import answer_speakers, context_speakers, conversation_speakers, is_conversation
from finetooth.shapes.preference import prompt_speakers
from finetooth.shapes.shape import Speaker, Speakers, having


@dataclass(frozen=True, slots=True)
class PromptCompletion:
    """Only the completion is trained on, also where the prompt holds messages of the assistant."""

    name: str
    """As reports call the format."""
    tools: str
    """Who trains on it."""
    sample: Any
    """A minimal record."""
    labelled: bool = False
    """Whether a ``label`` tells if the completion is one to learn or to unlearn."""

    @property
    def keys(self) -> tuple[frozenset[str], ...]:
        """Both sides."""
        return having("prompt", "completion", "label") if self.labelled else having("prompt", "completion")

    def speakers(self, value: Any) -> Speakers | None:
        """Return a turn for each text, or for each message; a ``system`` text beside them is the first turn."""
        label = value.get("label")
        if self.labelled and not isinstance(label, bool):
            return None
        found: dict[str, Speaker] = {}
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", 0, False)
        prompted, turn = prompt_speakers(value.get("prompt"), len(found))
        completion = value.get("completion")
        if not prompted or not (isinstance(completion, str) or is_conversation(completion)):
            return None
        found.update(prompted)
        if self.labelled:
            role = "chosen" if label else "rejected"
            found.update(answer_speakers(completion, "/completion", turn, role, trained=bool(label)))  # type: ignore[arg-type]
        elif isinstance(completion, str):
            found["/completion"] = Speaker("completion", turn, True)
        else:
            found.update(conversation_speakers(completion, "/completion", turn))
        if "tools" in value:
            found.update(context_speakers(value["tools"], "/tools"))
        return found


PLAIN = PromptCompletion(
    name="prompt-completion",
    tools="Bedrock, Nova, TRL, Together, MLX, OpenAI (legacy)",
    sample={"prompt": "Where is my parcel?", "completion": "On its way."},
)
KTO = PromptCompletion(
    name="kto",
    tools="TRL (KTO)",
    sample={"prompt": "Where is my parcel?", "completion": "On its way.", "label": True},
    labelled=True,
)
