"""What people write so that machines don't read it, and what layouts break apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from finetooth.decodings.decoded import Decoded, rewriting
from finetooth.offsets import Piece

_AT: Final = r"[ ]{0,2}[\[({<][ ]?(?:at|@)[ ]?[\])}>][ ]{0,2}"
_DOT: Final = r"[ ]{0,2}[\[({<][ ]?(?:dot|\.)[ ]?[\])}>][ ]{0,2}|[ ]{1,2}dot[ ]{1,2}"
_NAME: Final = r"[\w+-]{1,64}"
_SPELT: Final = re.compile(
    rf"(?i)(?<![\w@.+-]){_NAME}(?:(?:\.|{_DOT}){_NAME}){{0,4}}"
    rf"(?:(?P<at>{_AT})|(?P<bare>[ ]{{1,2}}at[ ]{{1,2}})|@)"
    rf"[\w-]{{1,63}}(?:(?:\.|{_DOT})[\w-]{{2,63}}){{1,4}}"
)
_SIGNS: Final = re.compile(rf"(?i){_AT}|{_DOT}|[ ]{{1,2}}at[ ]{{1,2}}")
_MAIL: Final = re.compile(r"(?i)mail|contact|write|reach|address")
_BEFORE: Final = 60
"""Code points before "ada at example dot com" in which something says that it is an address."""

_BREAK: Final = re.compile(
    r"(?<![A-Za-z0-9_/+=.-])(?=[A-Za-z0-9_/+=.-]{0,200}[0-9])(?=[A-Za-z0-9_/+=.-]{0,200}[A-Za-z])"
    r"[A-Za-z0-9_/+=.-]{8,200}([ \t]{0,4}\r?\n[ \t>]{0,8})(?=[A-Za-z0-9_/+=-]{4,200}(?:\s|[\"'`,;.)]|$))"
)
"""A run that could be the beginning of a token, the end of its line, and one more run."""


def spelt(text: str) -> Decoded | None:
    """Read addresses that are spelt out: ``ada (at) example dot com``, ``ada@example[.]com``.

    "I shop at amazon dot com" names no mailbox; "at" without brackets counts only after a word that announces one.
    """
    return rewriting("spelt", text, _signs) if _may_be_spelt(text) else None


def _may_be_spelt(text: str) -> bool:
    lowered = text.lower()
    return "dot" in lowered or "at)" in lowered or "at]" in lowered or "[.]" in lowered or "(.)" in lowered


def _signs(text: str) -> Iterator[Piece]:
    for address in _SPELT.finditer(text):
        signs = list(_SIGNS.finditer(text, *address.span()))
        if address["bare"] and (
            len(signs) == 1 or not _MAIL.search(text, max(0, address.start() - _BEFORE), address.start())
        ):
            continue
        for sign in signs:
            yield (*sign.span(), "." if "dot" in sign.group().lower() or "." in sign.group() else "@")


def rejoined(text: str) -> Decoded | None:
    """Read a token that a line break cuts in two as one.

    Two lines of a list look the same, so that only what a provider's format or a checksum proves counts in such a text.
    """
    if "\n" not in text:
        return None
    return rewriting("rejoined", text, _breaks)


def _breaks(text: str) -> Iterator[Piece]:
    return ((*match.span(1), "") for match in _BREAK.finditer(text))
