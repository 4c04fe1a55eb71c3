"""A value that is proven in one place of a record is itself in every other place of it, whatever stands around.

"My password is X" proves X; "I tried X again" two turns later proves nothing, and is the same secret. A word of the
language ("diabetes") is not: said again, it need not be said of the same person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from finetooth.detectors.overlaps import Resolved
from finetooth.entities import Kind, entity_type
from finetooth.span import Span

_SHORTEST = 6
"""Code points. A shorter value stands in other words by chance."""


def with_repeats(found: Sequence[tuple[str, Sequence[Resolved]]]) -> list[list[Resolved]]:
    """Return the matches of each text of a record, and every other place where a proven value of any of them stands.

    Args:
        found: each text of one record with its matches, which don't overlap one another.

    Returns:
        The matches of each text in order of place. One that is added has rules, score and proof of the one it repeats.
    """
    proven: dict[str, Resolved] = {}
    for text, matches in found:
        for match in matches:
            value = match.span.of(text)
            term = entity_type(match.entity_type).kind is Kind.TERM
            if match.validation != "none" and not term and len(value) >= _SHORTEST:
                proven.setdefault(value, match)
    longest_first = sorted(proven.items(), key=lambda item: (-len(item[0]), item[0]))
    completed: list[list[Resolved]] = []
    for text, matches in found:
        taken = list(matches)
        for value, match in longest_first:
            free = (span for span in _places(value, text) if not any(span.overlaps(other.span) for other in taken))
            taken += [replace(match, span=span) for span in free]
        completed.append(sorted(taken, key=lambda match: match.span))
    return completed


def _places(value: str, text: str) -> Iterator[Span]:
    """Yield where a value stands as a word of its own: not inside a longer run of letters and digits."""
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        inside = text[start - 1 : start].isalnum() and value[0].isalnum()
        if not inside and not (text[end : end + 1].isalnum() and value[-1].isalnum()):
            yield Span(start, end)
        start = text.find(value, end)
