r"""Escapes: backslashes of Markdown and of programs, HTML character references, percent encoding.

Each reads one level. What is escaped twice is decoded twice, as whoever calls these reads what they give once more.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from finetooth.decodings.decoded import Decoded, of_bytes, rewriting
from finetooth.offsets import Piece

_BACKSLASH: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}"
    r"|x[0-9a-fA-F]{2}(?:\\x[0-9a-fA-F]{2})*|\\{64,}|[nrt!-/:-@\[-`{-~])"
)
_DRAWN: Final = 64
"""So many backslashes in a row are a drawing: no encoding is this deep."""
_BLANKS: Final = {"n": "\n", "r": "\r", "t": "\t"}
_PHRASING: Final = "a|b|bdi|bdo|em|font|i|mark|s|small|span|strong|sub|sup|u|wbr"
_OTHER_TAGS: Final = (
    "abbr|address|article|aside|blockquote|body|br|button|caption|center|cite|code|dd|del|details|dfn|div|dl|dt|"
    "figcaption|figure|footer|form|h[1-6]|head|header|hr|html|img|input|ins|kbd|label|li|link|main|meta|nav|ol|option|"
    "p|pre|q|samp|script|section|select|style|summary|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|tt|ul|var"
)
_MARKUP: Final = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    rf"|</?(?:(?P<phrasing>(?i:{_PHRASING}))|(?i:{_OTHER_TAGS}))(?:\s[^<>]{{0,500}})?/?>"
)
_PERCENT: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")


def backslash(text: str) -> Decoded | None:
    r"""Read backslash escapes: ``sk\_live`` of Markdown, ``\u0061`` and ``\"`` of JSON that stands in prose.

    Any ASCII punctuation may be escaped in Markdown (CommonMark 0.31, section 2.4); ``\n``, ``\xHH`` and ``\uHHHH`` are
    those of JSON (RFC 8259), JavaScript and Python.
    """
    return rewriting("backslash", text, _backslashes) if "\\" in text else None


def _backslashes(text: str) -> Iterator[Piece]:
    for match in _BACKSLASH.finditer(text):
        start, end, escape = *match.span(), match.group()
        kind = escape[1]
        if len(escape) > _DRAWN and kind == "\\":
            continue
        if kind == "x":
            data = bytes.fromhex(escape.replace("\\x", ""))
            # Bytes that are no UTF-8 are Latin-1, as in a Python or JavaScript string.
            yield from of_bytes(data, start, 4) or (
                (start + 4 * at, start + 4 * at + 4, chr(b)) for at, b in enumerate(data)
            )
        elif kind in "uU":
            yield start, end, _code_point(escape)
        else:
            yield start, end, _BLANKS.get(kind, kind)


def _code_point(escape: str) -> str:
    units = [int(digits.strip("{}"), 16) for digits in re.split(r"\\[uU]", escape)[1:]]
    if len(units) == 2:  # noqa: PLR2004 - a surrogate pair
        return chr(0x10000 + ((units[0] - 0xD800) << 10) + units[1] - 0xDC00)
    return chr(units[0]) if units[0] <= 0x10FFFF else escape  # noqa: PLR2004


def markup(text: str) -> Decoded | None:
    """Read HTML as a browser shows it: character references (``&amp;``, ``&#64;``) said, and tags gone.

    Tags within a word leave nothing behind, all others a space, so that no two words become one. Only names of HTML
    (Living Standard, section 4) are tags: ``<password>`` is what somebody writes for a value.
    """
    return rewriting("html", text, _markup) if "&" in text or "<" in text else None


def _markup(text: str) -> Iterator[Piece]:
    for match in _MARKUP.finditer(text):
        written = match.group()
        yield (*match.span(), html.unescape(written) if written[0] == "&" else "" if match["phrasing"] else " ")


def percent(text: str) -> Decoded | None:
    """Read percent encoding (RFC 3986 section 2.1): ``ada%40example.com``. What is no UTF-8 stays as it stands."""
    return rewriting("percent", text, _percents) if "%" in text else None


def _percents(text: str) -> Iterator[Piece]:
    for match in _PERCENT.finditer(text):
        yield from of_bytes(bytes.fromhex(match.group().replace("%", "")), match.start(), 3) or ()
