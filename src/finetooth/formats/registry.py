"""Which formats there are."""

from __future__ import annotations

from finetooth.formats import gitlab, html, json, junit, markdown, sarif, text
from finetooth.formats.format import Format

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        text.FORMAT,
        json.FORMAT,
        markdown.FORMAT,
        html.FORMAT,
        sarif.FORMAT,
        junit.FORMAT,
        gitlab.FORMAT,
    )
}
"""By the name that ``--format`` takes."""
