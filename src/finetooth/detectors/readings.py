"""A value in its text: where it really begins and ends, and what is told of it.

A pattern sees where a value begins. Where it ends is for a reader: at the quotation mark that closes it, before the
full stop of the sentence, after the bracket that it opened itself. Pure functions over the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from finetooth.match import Validation
from finetooth.span import Span

_QUOTES: Final = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»"}
_KEY_OF_DATA: Final = re.compile(
    r"(?i)(?<![a-z])(?:public|pub|primary|foreign|sort|partition|composite|candidate|surrogate|unique|row|column|group|range|"
    r"index|cache|routing|order|object|idempotency|dedup\w*|translation|message|i18n)[\s_.-]?keys?[\"'`\])]{0,3}"
    r"\s{0,4}[:=]{1,2}>?\s{0,4}[\"'`]{0,2}$"
)
_ABOUT_PASSWORD: Final = re.compile(
    r"(?i)(?:password|passwd|passphrase|pass|pwd)[_-]?(?:policy|rules?|strength|hint|reset|file|path|url|uri|env|var|field|"
    r"label|column|input|selector|prompt|placeholder|len|length|min|max|regex|pattern|format|type|encoder|id|name|error|"
    r"message|msg|title|text|status|expir\w{1,8}|age|ttl|count|manager)[\"'`\])]{0,3}\s{0,4}[:=]{1,2}>?\s{0,4}[\"'`]{0,2}$"
)
LONGEST_QUOTED: Final = 100
"""In code points. What is longer between two marks is a text."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a proposal turned out to be."""

    span: Span
    """Where the secret stands, in code points of the text."""
    entity_type: str
    """Such as ``PASSWORD``."""
    validation: Validation
    """How it was proven; ``none`` where it may as well be an ordinary word."""


def in_quotes(text: str, span: Span) -> tuple[Span, bool]:
    """Extend a value that begins behind a quotation mark to the mark that closes it on the same line."""
    start = span.start
    if text[start] in "“‘«" and len(span) > 1:
        start += 1
    mark = text[start - 1 : start]
    close = _QUOTES.get(mark)
    if close is None:
        return span, False
    end = text.find(close, start, start + LONGEST_QUOTED)
    if end <= start or "\n" in text[start:end]:
        return span, False
    while text[end - 1] == "\\" and end - 1 > start:  # "…\" inside a JSON string
        end -= 1
    return Span(start, end), True


def trimmed(text: str, span: Span) -> Span:
    """Leave off what belongs to the sentence or the code: closing punctuation, and brackets that were not opened."""
    start, end = span.start, span.end
    while end - start > 1:
        last = text[end - 1]
        inside = text[start:end]
        if last in ".,;:?\"'`”’»*\\" or (
            last in ")]}>" and inside.count(last) > inside.count("([{<"[")]}>".index(last)])
        ):
            end -= 1
        else:
            break
    return Span(start, end)


def goes_on(text: str, end: int) -> bool:
    """Tell whether a value is only a part of what stands there: of a call, an index or an attribute, of a longer word.

    Args:
        text: The text.
        end: Where the value ends, in code points.
    """
    return (
        text[end : end + 1] in {"(", "["}
        or text[end : end + 2] in {"->", "::", "?."}
        or re.match(r"[?!*$^]\w", text[end : end + 2]) is not None
    )


def names_data(before: str) -> bool:
    """Tell whether what stands before a value names a key that finds data and opens nothing: a primary, a cache key.

    >>> names_data('"sort_key": "'), names_data("secret key: ")
    (True, False)
    """
    return _KEY_OF_DATA.search(before) is not None


def about_a_password(before: str) -> bool:
    """Tell whether what stands before a value names something that a password has: a policy, a file, a label.

    >>> about_a_password("password_policy: "), about_a_password("db_password: ")
    (True, False)
    """
    return _ABOUT_PASSWORD.search(before) is not None
