"""Google's Gemini on Vertex AI, supervised and preference tuning.

https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare and, for ``completions``
with a ``score``, https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-preference-tuning
"""

from __future__ import annotations

from typing import Any, ClassVar

from finetooth.shapes.message import GEMINI, answer_speakers, context_speakers, conversation_speakers, is_conversation
from finetooth.shapes.shape import Speaker, Speakers, having

_SYSTEM = ("systemInstruction", "system_instruction")


class Gemini:
    """``contents`` of role ``user`` and ``model``, each a list of ``parts``."""

    name = "gemini"
    tools = "Gemini, Vertex AI"
    keys = having("contents")
    sample: ClassVar[Any] = {
        "systemInstruction": {"role": "system", "parts": [{"text": "You are the help desk of a parcel service."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Where is my parcel?"}]},
            {"role": "model", "parts": [{"text": "On its way."}]},
        ],
    }

    def speakers(self, value: Any) -> Speakers | None:
        """Return the instruction as the first turn, one for each content, then the completions that are compared."""
        contents = value.get("contents")
        if not is_conversation(contents, GEMINI):
            return None
        found: dict[str, Speaker] = {}
        for key in _SYSTEM:
            for leaf, _ in conversation_speakers([value.get(key)], "", dialect=GEMINI):
                found[f"/{key}{leaf.removeprefix('/0')}"] = Speaker("system", 0, False)
        first = 1 if found else 0
        completions = [each for each in _listed(value.get("completions")) if isinstance(each, dict)]
        compared = [each for each in completions if isinstance(each.get("completion"), dict)]
        found.update(conversation_speakers(contents, "/contents", first, dialect=GEMINI, trained=not compared))
        best = max((_score(each) for each in compared), default=0.0)
        for place, each in enumerate(_listed(value.get("completions"))):
            if any(each is one for one in compared):
                preferred = _score(each) == best
                found.update(
                    answer_speakers(
                        each["completion"],
                        f"/completions/{place}/completion",
                        first + len(contents),
                        "chosen" if preferred else "rejected",
                        trained=preferred,
                        dialect=GEMINI,
                    )
                )
        found.update(context_speakers(value.get("tools"), "/tools"))
        return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _score(completion: dict[str, Any]) -> float:
    score = completion.get("score")
    return float(score) if isinstance(score, (int, float)) and abs(score) < 1e9 else 0.0  # noqa: PLR2004 - no overflow
