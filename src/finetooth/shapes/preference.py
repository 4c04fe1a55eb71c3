"""TRL's preference rows: ``[prompt,] chosen, rejected``, each a text or a list of messages.

https://huggingface.co/docs/trl/dataset_formats#preference ; where there is no prompt, what both sides begin with is it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any, ClassVar

from finetooth.shapes.message import (
    answer_speakers,
    context_speakers,
    conversation_speakers,
    is_answer,
    is_conversation,
)
from finetooth.shapes.shape import Speaker, Speakers, having


class Preference:
    """Two answers, of which the first is trained towards and the second away from."""

    name = "preference"
    tools = "TRL (DPO, reward models), Axolotl, Together, hh-rlhf"
    keys = having("chosen", "rejected")
    sample: ClassVar[Any] = {"prompt": "Where is my parcel?", "chosen": "On its way.", "rejected": "No idea."}

    def speakers(self, value: Any) -> Speakers | None:
        """Return the turns of the prompt, and of either side after it."""
        chosen, rejected = value.get("chosen"), value.get("rejected")
        if not (is_answer(chosen) and is_answer(rejected)):
            return None
        found: dict[str, Speaker] = dict(context_speakers(value.get("tools"), "/tools"))
        turn = 0
        if isinstance(value.get("system"), str):
            found["/system"] = Speaker("system", 0, False)
            turn = 1
        prompted, turn = prompt_speakers(value.get("prompt"), turn)
        found.update(prompted)
        if prompted or isinstance(chosen, str):
            raw = not prompted and isinstance(chosen, str)  # a whole conversation in one text, trained on as it stands
            for leaf, speaker in _sides(chosen, rejected, turn):
                found[leaf] = Speaker(speaker.role, None, speaker.trained) if raw else speaker
            return found
        found.update(_without_prompt(chosen, rejected, turn))
        return found


class PromptOnly:
    """A prompt that the model itself answers in training (GRPO, online DPO), so that nothing here is trained on."""

    name = "prompt-only"
    tools = "TRL (GRPO, RLOO, online DPO)"
    keys = having("prompt")
    sample: ClassVar[Any] = {"prompt": "Where is my parcel?"}

    def speakers(self, value: Any) -> Speakers | None:
        """Return the turns of the prompt."""
        if "completion" in value:
            return None
        found, _ = prompt_speakers(value.get("prompt"), 0)
        return found or None


def prompt_speakers(prompt: Any, turn: int) -> tuple[dict[str, Speaker], int]:
    """Return the speakers of ``/prompt``, a text or messages, and the turn that follows; none where it is neither."""
    if isinstance(prompt, str):
        return {"/prompt": Speaker("prompt", turn, False)}, turn + 1
    if is_conversation(prompt):
        return dict(conversation_speakers(prompt, "/prompt", turn, trained=False)), turn + len(prompt)
    return {}, turn


def _sides(chosen: Any, rejected: Any, turn: int) -> Iterator[tuple[str, Speaker]]:
    yield from answer_speakers(chosen, "/chosen", turn, "chosen", trained=True)
    yield from answer_speakers(rejected, "/rejected", turn, "rejected", trained=False)


def _without_prompt(chosen: Any, rejected: Any, turn: int) -> Iterator[tuple[str, Speaker]]:
    """Yield the speakers of two lists of messages that begin with the same ones, which are the prompt."""
    lists = [side if isinstance(side, list) else [side] for side in (chosen, rejected)]
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*lists, strict=False)))
    for leaf, speaker in _sides(chosen, rejected, turn):
        place = leaf.split("/")[2]
        if not place.isdecimal() or int(place) >= shared:
            yield leaf, speaker
    yield from conversation_speakers(lists[0][:shared], "/chosen", turn, trained=False)
    for leaf, speaker in conversation_speakers(lists[1][:shared], "/rejected", turn, trained=False):
        yield leaf, Speaker(speaker.role, None, False)  # said once already
