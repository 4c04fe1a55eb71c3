"""LLaMA-Factory's ``dataset_info.json``: what the columns and roles of the files beside it are called.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md . It only says whose a text is: where it is missing,
too large or no such file, records are detected as ever.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finetooth.location import Role
from finetooth.shapes.dialogue import Dialogue
from finetooth.shapes.exchange import Exchange
from finetooth.shapes.message import Dialect
from finetooth.shapes.shape import Shape

FILE = "dataset_info.json"
_LARGEST = 1 << 20  # bytes
_TAGS: dict[str, tuple[str, Role]] = {
    "user_tag": ("human", "user"),
    "assistant_tag": ("gpt", "assistant"),
    "observation_tag": ("observation", "tool"),
    "function_tag": ("function_call", "assistant"),
    "system_tag": ("system", "system"),
}


def shapes(path: str) -> tuple[Shape, ...]:
    """Return the shapes that a ``dataset_info.json`` beside the file gives its records."""
    folder, name = os.path.split(path)
    return _described(folder).get(name, ()) if name else ()


def shape(entry: Mapping[str, Any]) -> Shape:
    """Return the shape that one entry tells of: what it does not name has LLaMA-Factory's defaults."""
    columns, tags = _mapping(entry.get("columns")), _mapping(entry.get("tags"))
    ranking = entry.get("ranking") is True
    if entry.get("formatting") in ("sharegpt", "openai"):
        return Dialogue(
            name="llama-factory-sharegpt",
            tools="LLaMA-Factory",
            sample=None,
            messages=(columns.get("messages", "conversations"),),
            dialect=Dialect(
                role=tags.get("role_tag", "from"),
                text=tags.get("content_tag", "value"),
                roles={tags.get(tag, default): role for tag, (default, role) in _TAGS.items()},
            ),
            system=columns.get("system", ""),
            chosen=columns.get("chosen", "chosen") if ranking else "",
            rejected=(columns.get("rejected", "rejected"),) if ranking else (),
            label=(columns["kto_tag"],) if "kto_tag" in columns else (),
        )
    return Exchange(
        name="llama-factory-alpaca",
        tools="LLaMA-Factory",
        sample=None,
        prompt=(columns.get("prompt", "instruction"), columns.get("query", "input")),
        answer=columns.get("chosen", "chosen") if ranking else columns.get("response", "output"),
        system=columns.get("system", ""),
        history=columns.get("history", ""),
        rejected=columns.get("rejected", "rejected") if ranking else "",
        label=columns.get("kto_tag", ""),
    )


def _described(folder: str) -> dict[str, tuple[Shape, ...]]:
    """Return the shapes of each file of the folder that is described there."""
    try:
        with (Path(folder) / FILE).open("rb") as file:
            told = json.loads(file.read(_LARGEST + 1)) if os.stat(file.fileno()).st_size <= _LARGEST else None  # noqa: PTH116
    except (OSError, ValueError, RecursionError):
        return {}
    found: dict[str, tuple[Shape, ...]] = {}
    for entry in told.values() if isinstance(told, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
            name = entry["file_name"]
            found[name] = (*found.get(name, ()), shape(entry))
    return found


def _mapping(value: Any) -> dict[str, str]:
    return {key: name for key, name in value.items() if isinstance(name, str)} if isinstance(value, dict) else {}
