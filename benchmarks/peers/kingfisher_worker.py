"""Kingfisher alone: its built-in rules at the confidence that it takes by default, without finetooth's."""

from __future__ import annotations

from collections.abc import Iterator

from kingfisher_sdk import Rules, Scanner
from worker import Spans, serve


def detect(texts: list[str]) -> Iterator[Spans]:
    """Yield the spans of each text."""
    scanner = Scanner(Rules(cache=False))
    for text in texts:
        data = text.encode("utf-8", "replace")
        yield [
            (
                _points(data, finding.location["start_offset"]),
                _points(data, finding.location["end_offset"]),
                "API_KEY",
                finding.rule_id,
                "",
            )
            for finding in scanner.scan(data)
            if finding.visible
        ]


def _points(data: bytes, offset: int) -> int:
    return len(data[:offset].decode(errors="ignore"))


serve(detect)
