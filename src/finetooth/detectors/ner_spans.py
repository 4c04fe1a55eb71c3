"""Tidying what a named-entity model marks: the span a person would mark, or nothing.

A model trained on newswire marks loosely in chats, code and tables. Each rule here has a reason that holds for any
text; none looks at a list of names.
"""

from __future__ import annotations

import re
from typing import Final

from finetooth.span import Span

_NAMES: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP"})
_EDGE: Final = " \t\r\n\f\v\xa0\u200b\u200e\u200f\ufeff\"'`“”‘’«»()[]{}<>,;:!?*_~#|/\\=+-–—•…&@^"
_CODE: Final = re.compile(r"[{}<>=|\\_@#\[\]$%^~*+]|//|::|->|\w\(|\.\w+\(")
_LETTER: Final = re.compile(r"[^\W\d_]")

_MONTH: Final = re.compile(
    r"(?i)\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_NUMBER: Final = r"(?:\d[\d.,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|few|couple|half)"
_UNIT: Final = r"(?:sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|nights?|weeks?|weekends?|months?|quarters?|years?|yrs?|decades?|centur(?:y|ies)|millenni(?:um|a))"
_DURATION: Final = re.compile(
    rf"(?i)^(?:[a-z]+[\s-]+){{0,4}}{_NUMBER}(?:\s*(?:-|–|to|or|and|and a half)\s*{_NUMBER})?(?:\s+(?:more|full|whole|short|long|business|working|consecutive|million|billion|thousand|hundred))*[\s-]*(?:plus\s+)?{_UNIT}\b.*$"
)
_AGE: Final = re.compile(r"(?i)^(?:aged?\s+)?\d{1,3}[\s-]*(?:years?|yrs?)[\s-]*olds?$|^aged?\s+\d{1,3}$")


def tidy(entity_type: str, text: str, span: Span) -> tuple[str, Span] | None:
    """Return entity type and span of what the model marked, or None where it marked nothing of the kind.

    Args:
        entity_type: ``PERSON``, ``LOCATION``, ``ORGANIZATION``, ``NRP`` or ``DATE_TIME``.
        text: The whole text.
        span: What the model marked.
    """
    tidied = _trimmed(text, span)
    if tidied is None:
        return None
    value = tidied.of(text)
    if entity_type == "PERSON" and re.search(r"\d", value):
        return None  # names have no digits; handles, versions and part numbers have
    if entity_type in _NAMES:
        return (entity_type, tidied) if _is_name(value) else None
    if entity_type == "DATE_TIME":
        if _AGE.match(value):
            return "AGE", tidied
        return ("DATE_TIME", tidied) if _is_absolute(value) else None
    return entity_type, tidied


def _trimmed(text: str, span: Span) -> Span | None:
    # A name does not go on in the next line: what a model joins across a line break is a heading and what follows.
    line = re.search(r"[\r\n]", span.of(text).lstrip("\r\n \t"))
    start, end = span.start, span.end
    if line:
        start += len(span.of(text)) - len(span.of(text).lstrip("\r\n \t"))
        end = start + line.start()
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    # 's is grammar, not part of the name.
    if end - start > 2 and text[end - 2 : end].lower() in {"'s", "’s"}:  # noqa: PLR2004
        end -= 2
    return Span(start, end) if start < end else None


def _is_name(value: str) -> bool:
    # One letter, no letter at all, or the punctuation of code: nobody is called that.
    return len(value) > 1 and _LETTER.search(value) is not None and _CODE.search(value) is None


def _is_absolute(value: str) -> bool:
    """Tell whether a date points at a day, a month, a year or a time of day.

    "Today" and "next week" point nowhere without a calendar beside them; "24 hours" and "5 years" are lengths.
    """
    if _DURATION.match(value) or re.fullmatch(r"\d{1,3}|\d{5,7}|\d{9,}", value):
        return False  # a bare number is a year or yyyymmdd, or no date
    return bool(re.search(r"\d", value) or _MONTH.search(value))
