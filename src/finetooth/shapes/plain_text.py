"""Plain text, trained on as it stands: ``{"text": …}``, or a record that is nothing but a string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetooth.shapes.shape import Speaker

_SPEAKER = Speaker("text", None, True)


class PlainText:
    """One text without turns, all of it trained on."""

    name = "text"

    def speakers(self, value: Any) -> Mapping[str, Speaker] | None:
        """Return the text's own speaker."""
        if isinstance(value, str):
            return {"": _SPEAKER}
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            return {"/text": _SPEAKER}
        return None
