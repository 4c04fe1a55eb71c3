"""The shapes that are known, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetooth.shapes.alpaca import Alpaca
from finetooth.shapes.openai_chat import OpenAIChat
from finetooth.shapes.plain_text import PlainText
from finetooth.shapes.prompt_completion import PromptCompletion
from finetooth.shapes.shape import Shape, Speaker
from finetooth.shapes.sharegpt import ShareGPT

SHAPES: tuple[Shape, ...] = (OpenAIChat(), PromptCompletion(), ShareGPT(), Alpaca(), PlainText())
"""The first that fits a record is its shape: those that say more about who speaks stand first."""

OTHER = "other"
"""What a record is called that no shape fits."""


def detect(value: Any) -> tuple[str, Mapping[str, Speaker]]:
    """Return the name of the record's shape, and the speaker of each leaf that takes part in training, by pointer."""
    for shape in SHAPES:
        speakers = shape.speakers(value)
        if speakers is not None:
            return shape.name, speakers
    return OTHER, {}
