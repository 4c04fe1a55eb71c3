"""Which formats there are."""

from __future__ import annotations

from finetooth.formats import html, json, text
from finetooth.formats.format import Format

FORMATS: dict[str, Format] = {each.name: each for each in (text.FORMAT, json.FORMAT, html.FORMAT)}
"""By the name that ``--format`` takes."""
