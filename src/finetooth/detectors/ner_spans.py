"""Tidying what a named-entity model marks: the span a person would mark, or nothing.

A model trained on newswire marks loosely in chats, code and tables. Each rule here has a reason that holds for any
text; none looks at a list of names.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from finetooth.redaction import HONORIFIC
from finetooth.span import Span

_NAMES: Final = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "NRP"})
_YEAR: Final = r"\b(?:19|20)\d\d\b"
_YEARS: Final = re.compile(
    rf"(?i)(?:(?:in|since|from|until|by|the|year|between) ){{0,3}}{_YEAR}"
    r"(?:(?: ?[-–/] ?| (?:to|and|or|until) )(?:(?:19|20)?\d\d\b))?"
)
"""A year, or from one to another, and nothing that tells more of the day: a season and "early" do."""
_POINT: Final = re.compile(
    rf"(?i){_YEAR}|\b\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}\b|\b\d{{1,2}}[:h.]\d\d\b|\b\d{{1,2}}\s?(?:[ap]\.?m\b|o['’]clock)"
    r"|\b\d{1,2}(?:st|nd|rd|th)\b(?!.*centur)|\b(?:19|20)\d\d[01]\d[0-3]\d\b|\b\d{1,2}/\d{1,2}\b"
)
"""A year, a date in figures, a time of day, a day of the month."""
_EDGE: Final = " \t\r\n\f\v\xa0\u200b\u200e\u200f\ufeff\"'`“”‘’«»()[]{}<>,;:!?*_~#|/\\=+-–—•…&@^"
_CODE: Final = re.compile(r"[{}<>=|\\_@#\[\]$%^~*+]|//|::|->|\w\(|\.\w+\(")
_LETTER: Final = re.compile(r"[^\W\d_]")

_WORD: Final = re.compile(r"[^\W\d_]{3}")
_SUM: Final = re.compile(r"[%$€£°]")
_AROUND: Final = 80
"""In code points: a sentence or so before and after."""
_NAMED: Final = re.compile(
    r"(?i)\b(?:name(?:['’]s| is)|i['’]?m|i am|this is|called|named|call me|mrs?\.?|ms\.?|dr\.?)\s+$"
)
"""Words that a name follows."""

_HANDLE: Final = re.compile(r"(?=.*[^\W\d_])\w{2,30}")
"""What an account is called: letters, with digits and underscores as its holder likes."""
_AT: Final = re.compile(r"(?<!\w)@ ?$")
_TO_ALL: Final = frozenset({"all", "channel", "everyone", "here"})
"""Whom Slack and Discord call with ``@`` is nobody in particular."""
_DECORATED: Final = re.compile(
    r"[ \t]*@[\w.]+(?:\(.*\))?[ \t]*\r?\n\s*"
    r"(?:@|(?:abstract|async|class|def|export|final|fun|function|interface|internal|open|override|private|protected|public|static|void)\b)"
)
"""A line that decorates the code of the next: Python's decorators, the annotations of Java and Kotlin."""

_MONTH: Final = re.compile(
    r"(?i)\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_AGE: Final = re.compile(r"(?i)^(?:aged?\s+)?\d{1,3}[\s-]*(?:years?|yrs?)[\s-]*olds?$|^aged?\s+\d{1,3}$")


def tidy(entity_type: str, text: str, span: Span) -> tuple[str, Span] | None:
    """Return entity type and span of what the model marked, or None where it marked nothing of the kind.

    Args:
        entity_type: ``PERSON``, ``LOCATION``, ``ORGANIZATION``, ``NRP``, ``STREET_ADDRESS`` or ``DATE_TIME``.
        text: The whole text.
        span: What the model marked.
    """
    if entity_type == "STREET_ADDRESS":
        address = _without_edges(text, span.start, span.end)
        # Mail writes an address over several lines, and never without a number and a word; "16%" and "$40" are sums.
        told = address is not None and re.search(r"\d", address.of(text)) and _WORD.search(address.of(text))
        return (entity_type, address) if address and told and not _SUM.search(address.of(text)) else None
    tidied = _trimmed(text, span)
    if tidied is None:
        return None
    value = tidied.of(text)
    if entity_type in {"PERSON", "ORGANIZATION"} and _is_mention(text, tidied):
        return (entity_type, tidied) if _is_account(text, tidied) else None
    if entity_type == "PERSON" and re.search(r"\d", value):
        return None  # names have no digits; handles, versions and part numbers have
    if entity_type in _NAMES and not (_is_name(value) and _is_cased(text, tidied)):
        return None
    if entity_type == "PERSON":
        return entity_type, _addressed(text, tidied)
    if entity_type == "DATE_TIME":
        if _AGE.match(value):
            return "AGE", tidied
        if _YEARS.fullmatch(value):
            return "YEAR", tidied
        return ("DATE_TIME", tidied) if _is_absolute(value) else None
    return entity_type, tidied


def _trimmed(text: str, span: Span) -> Span | None:
    # A name does not go on in the next line: what a model joins across a line break is a heading and what follows.
    line = re.search(r"[\r\n]", span.of(text).lstrip("\r\n \t"))
    start, end = span.start, span.end
    if line:
        start += len(span.of(text)) - len(span.of(text).lstrip("\r\n \t"))
        end = start + line.start()
    trimmed = _without_edges(text, start, end)
    if trimmed is None:
        return None
    start, end = trimmed.start, trimmed.end
    # 's is grammar, not part of the name.
    if end - start > 2 and text[end - 2 : end].lower() in {"'s", "’s"}:  # noqa: PLR2004
        end -= 2
    return Span(start, end) if start < end else None


def _addressed(text: str, span: Span) -> Span:
    """Return the span of a name with how the person is addressed, which tells sex, marriage or profession."""
    before = text[max(0, span.start - _HONORIFIC_LENGTH) : span.start]
    titles = [found for found in HONORIFIC.finditer(before) if found.end() == len(before)]
    return Span(span.start - len(titles[0].group()), span.end) if titles else span


_HONORIFIC_LENGTH: Final = 12


def _without_edges(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return Span(start, end) if start < end else None


def _is_name(value: str) -> bool:
    # One letter, no letter at all, or the punctuation of code: nobody is called that.
    # A list's "D." and a variable's "num1" neither.
    return len(_LETTER.findall(value)) > 1 and not _CODE.search(value) and not re.fullmatch(r"[a-z]+\d+", value)


def _is_mention(text: str, span: Span) -> bool:
    return bool(_HANDLE.fullmatch(span.of(text)) and _AT.search(text[max(0, span.start - 3) : span.start]))


def _is_account(text: str, span: Span) -> bool:
    """Tell whether what stands after an ``@`` is what an account is called, and neither everybody nor code."""
    line = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    return span.of(text).lower() not in _TO_ALL and not _DECORATED.match(text, line)


def _is_cased(text: str, span: Span) -> bool:
    """Tell whether a name is written as the text around it writes names.

    Where others have capitals, what has none is a word and no name, unless the words before say that a name follows.
    Whoever writes everything small writes names small too. "I", which programs capitalise, and acronyms prove nothing.
    """
    if any(character.isupper() for character in span.of(text)) or not any(c.islower() for c in span.of(text)):
        return True
    around = text[max(0, span.start - _AROUND) : span.start] + " " + text[span.end : span.end + _AROUND]
    cased = any(first.isupper() and second.islower() for first, second in pairwise(f" {around}"))
    return not cased or bool(_NAMED.search(text[max(0, span.start - 20) : span.start]))


def _is_absolute(value: str) -> bool:
    """Tell whether a date points at a day, a month, a year or a time of day.

    "Today" and "next week" point nowhere without a calendar beside them; "24 hours", "the 1960s" and "5 + 5" are
    lengths, ages and sums. A year before 1900 is history, and no living person's.
    """
    if re.search(r"[+×÷*=%$€£°]", value):
        return False
    return bool(_POINT.search(value) or _MONTH.search(value))
