"""ShareGPT: ``{"conversations": [{"from", "value"}, …]}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetooth.shapes.message import is_conversation, role_of, weighs_nothing
from finetooth.shapes.shape import Speaker


class ShareGPT:
    """A list of messages; the model's (``gpt``, ``function_call``) are trained on, unless their weight is 0."""

    name = "sharegpt"

    def speakers(self, value: Any) -> Mapping[str, Speaker] | None:
        """Return a turn for each message; a ``system`` text beside them is the first turn."""
        if not isinstance(value, dict) or not is_conversation(value.get("conversations"), "from", "value"):
            return None
        found: dict[str, Speaker] = {}
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", 0, False)
        first_turn = len(found)
        for place, message in enumerate(value["conversations"]):
            if isinstance(message, dict) and isinstance(message.get("value"), str):
                role = role_of(message.get("from"))
                trained = role == "assistant" and not weighs_nothing(message)
                found[f"/conversations/{place}/value"] = Speaker(role, first_turn + place, trained)
        return found
