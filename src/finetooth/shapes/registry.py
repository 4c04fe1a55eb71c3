"""The shapes that are known, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from finetooth.shapes import columns, openai, prompt_completion, sharegpt
from finetooth.shapes.bedrock import BedrockConversation
from finetooth.shapes.cohere import CohereChat
from finetooth.shapes.gemini import Gemini
from finetooth.shapes.plain_text import PlainText
from finetooth.shapes.preference import Preference, PromptOnly
from finetooth.shapes.segments import Segments
from finetooth.shapes.shape import Shape, Speakers

SHAPES: tuple[Shape, ...] = (
    openai.Dpo(),
    BedrockConversation(),
    Gemini(),
    openai.Rft(),
    sharegpt.MESSAGES_KTO,
    sharegpt.SWIFT_PREFERENCE,
    CohereChat(),
    openai.CHAT,
    prompt_completion.KTO,
    prompt_completion.PLAIN,
    sharegpt.NeMo(),
    sharegpt.PREFERENCE,
    sharegpt.KTO,
    sharegpt.CHAT,
    sharegpt.Pairs(),
    Segments(),
    columns.ALPACA_PREFERENCE,
    columns.ALPACA_KTO,
    columns.ALPACA,
    Preference(),
    columns.QUERY_PREFERENCE,
    columns.QUERY_RESPONSE,
    columns.QUESTION_RESPONSE,
    columns.QUESTION_ANSWER,
    columns.TEXT_INPUT_OUTPUT,
    columns.INPUT_TEXT_OUTPUT_TEXT,
    columns.INPUT_OUTPUT,
    PromptOnly(),
    PlainText(),
)
"""The first that fits a record is its shape: those that need more, and say more about who speaks, stand first."""

OTHER = "other"
"""What a record is called that no shape fits."""

_MANY_KEYS = 64
_PLAIN_TEXT = SHAPES[-1]


def detect(value: Any, first: Sequence[Shape] = ()) -> tuple[str, Speakers]:
    """Return the name of the record's shape, and the speaker of each leaf that takes part in training, by pointer.

    Args:
        value: what a record holds.
        first: shapes to try before all others, such as the one that a user named.
    """
    if isinstance(value, dict):
        for shapes in (first, candidates(tuple(value)) if len(value) <= _MANY_KEYS else _fitting(value)):
            for shape in shapes:
                speakers = shape.speakers(value)
                if speakers is not None:
                    return shape.name, speakers
    elif isinstance(value, str):
        return _PLAIN_TEXT.name, _PLAIN_TEXT.speakers(value) or {}
    return OTHER, {}


@lru_cache(maxsize=256)
def candidates(keys: tuple[str, ...]) -> tuple[Shape, ...]:
    """Return the shapes that records of these keys can have: files repeat the same keys, so it is asked once."""
    return _fitting(dict.fromkeys(keys))


def _fitting(keys: dict[str, Any]) -> tuple[Shape, ...]:
    return tuple(shape for shape in SHAPES if any(needed <= keys.keys() for needed in shape.keys))
