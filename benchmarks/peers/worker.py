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


def located(value: str, text: str, line: int, column: int = 0) -> tuple[int, int]:
    """Return where a value stands, of which an engine tells the line and the value, or else what it decoded.

    Args:
        value: what was found.
        text: the text.
        line: number of the line that it begins in, from 1.
        column: where in the line it may begin at the earliest, from 0, in code points.
    """
    lines = text.split("\n")
    start = sum(len(each) + 1 for each in lines[: line - 1])
    at = text.find(value, start + column)
    if at < 0:
        at = text.find(value, start)
    # A value that stands nowhere was decoded or put together; its line is all that is known of its place.
    return (at, at + len(value)) if at >= 0 else (start, start + len(lines[line - 1]))
