"""Plain text, trained on as it stands: ``{"text": …}``, or a record that is nothing but a string.

https://huggingface.co/docs/trl/dataset_formats#language-modeling ;
https://docs.axolotl.ai/docs/dataset-formats/pretraining.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from finetooth.shapes.shape import Speaker, Speakers, having

_SPEAKER = Speaker("text", None, True)


class PlainText:
    """One text without turns, all of it trained on."""

    name = "text"
    tools = "TRL, Axolotl, MLX, torchtune, Together: continued pre-training"
    keys = having("text")
    sample: ClassVar[Any] = {"text": "Your parcel is on its way."}

    def speakers(self, value: Any) -> Speakers | None:
        """Return the text's own speaker."""
        if isinstance(value, str):
            return {"": _SPEAKER}
        return {"/text": _SPEAKER} if isinstance(value.get("text"), str) else None
