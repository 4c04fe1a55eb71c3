"""What all workers share: texts as JSON strings in, a line each; spans out, a line each.

A span is ``[start, end, entity type, rule, tier]`` in code points, without its value. Standard output is kept for the
answers alone: whatever an engine prints goes to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable

Spans = list[tuple[int, int, str, str, str]]


def serve(detect: Callable[[list[str]], Iterable[Spans]]) -> None:
    """Answer until the input ends.

    Args:
        detect: takes all texts, yields a list of spans for each, in order.
    """
    answers, sys.stdout = sys.stdout, sys.stderr
    texts = [json.loads(line) for line in sys.stdin]
    for spans in detect(texts):
        answers.write(json.dumps(spans) + "\n")
    answers.flush()


def occurrences(value: str, text: str, start: int = 0) -> list[tuple[int, int]]:
    """Return every place of a value at or after ``start``; engines that give no offsets are taken to mean them all."""
    places: list[tuple[int, int]] = []
    at = text.find(value, start) if value else -1
    while at >= 0:
        places.append((at, at + len(value)))
        at = text.find(value, at + 1)
    return places
