"""Axolotl's template-free rows: ``{"segments": [{"text", "label"}]}``, where the label says what is trained on.

https://docs.axolotl.ai/docs/dataset-formats/template_free.html
"""

from __future__ import annotations

from typing import Any, ClassVar

from finetooth.shapes.shape import Speaker, Speakers, having


class Segments:
    """Raw text in pieces, joined as they stand."""

    name = "segments"
    tools = "Axolotl (input_output)"
    keys = having("segments")
    sample: ClassVar[Any] = {
        "segments": [{"label": False, "text": "Where is my parcel?\n"}, {"label": True, "text": "On its way."}]
    }

    def speakers(self, value: Any) -> Speakers | None:
        """Return one speaker for each piece."""
        segments = value.get("segments")
        if not isinstance(segments, list):
            return None
        found = {
            f"/segments/{place}/text": Speaker("text", None, bool(segment.get("label")))
            for place, segment in enumerate(segments)
            if isinstance(segment, dict) and isinstance(segment.get("text"), str) and "label" in segment
        }
        return found or None
