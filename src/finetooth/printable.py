"""Text from a stranger, made safe to show: no terminal obeys it, no mark turns it around, and it fills no page."""

from __future__ import annotations

import re
from json import dumps
from typing import Final

_UNUSUAL: Final = re.compile(r"[^\n -~]")


def printable(text: str) -> str:
    r"""Return the text with a replacement character for each that does not print: control, format, surrogate.

    >>> printable("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def clipped(text: str, limit: int) -> str:
    """Return the text printable and no longer than ``limit``, with a word at its end on how much was left out.

    >>> clipped("a" * 1000, 30)
    'aaaaaaaaaa… (1,000 characters)'
    """
    if len(text) <= limit:
        return printable(text)
    told = f"… ({len(text):,} characters)"
    return printable(text[: max(0, limit - len(told))]) + told


def escaped(json: str) -> str:
    r"""Return JSON that says the same, with an escape for each character that does not print: no terminal obeys it.

    >>> escaped('"a\u2028•"')
    '"a\\u2028•"'
    """
    if json.replace("\n", "").isprintable():
        return json
    return _UNUSUAL.sub(lambda found: found[0] if found[0].isprintable() else dumps(found[0])[1:-1], json)
