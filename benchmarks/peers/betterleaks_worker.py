"""betterleaks with its built-in configuration: one call a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import betterleaks
from worker import Spans, located, serve


def detect(texts: list[str]) -> Iterator[Spans]:
    """Yield the spans of each text."""
    for text in texts:
        yield [(*_place(finding, text), "API_KEY", finding.rule_id, "") for finding in betterleaks.scan_string(text)]


def _place(finding: Any, text: str) -> tuple[int, int]:
    line = finding.location.start_line
    before = text.split("\n")[line - 1].encode()[: finding.location.start_column - 1]  # columns count bytes, from 1
    return located(finding.match.value, text, line, len(before.decode(errors="ignore")))


serve(detect)
