"""Alpaca: ``{"instruction", "input", "output"}``, of which the input may be absent.

LLaMA-Factory adds a ``system`` text and a ``history`` of ``[instruction, output]`` pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finetooth.shapes.shape import Speaker

_PAIR = 2


class Alpaca:
    """An instruction and its answer. Answers are trained on, those of the history too."""

    name = "alpaca"

    def speakers(self, value: Any) -> Mapping[str, Speaker] | None:
        """Return the turns: system, the pairs of the history, instruction with input, output."""
        if not isinstance(value, dict):
            return None
        if not isinstance(value.get("instruction"), str) or not isinstance(value.get("output"), str):
            return None
        found: dict[str, Speaker] = {}
        turn = 0
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", turn, False)
            turn += 1
        history = value.get("history")
        for place, pair in enumerate(history if isinstance(history, list) else ()):
            if isinstance(pair, list) and len(pair) == _PAIR:
                found[f"/history/{place}/0"] = Speaker("prompt", turn, False)
                found[f"/history/{place}/1"] = Speaker("completion", turn + 1, True)
                turn += 2
        found["/instruction"] = Speaker("prompt", turn, False)
        if isinstance(value.get("input"), str):
            found["/input"] = Speaker("prompt", turn, False)
        found["/output"] = Speaker("completion", turn + 1, True)
        return found
