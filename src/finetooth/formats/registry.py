"""Which formats there are."""

from __future__ import annotations

from finetooth.formats import json, text
from finetooth.formats.format import Format

FORMATS: dict[str, Format] = {each.name: each for each in (text.FORMAT, json.FORMAT)}
"""By the name that ``--format`` takes."""
