"""Recovery phrases of wallets: 12 to 24 words that are a private key (BIP-39).

Whoever reads one has the money, and no scanner for secrets looks for them. The words come from a list of 2,048, and the
last one carries a checksum, so that of twelve words of the list taken at random one in sixteen is a phrase; a sentence
hardly ever has twelve words of the list in a row.

https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from finetooth.match import Match
from finetooth.span import Span

RULES: Final = Path(__file__).parent / "rules" / "mnemonics.yaml"
"""The rule of this module."""

RULE: Final = "finetooth.recovery-phrase"
"""Its id."""

_LENGTHS: Final = (24, 21, 18, 15, 12)
_SHORTEST: Final = 47
"""Characters: twelve words of three letters and what stands between them."""
_WORD: Final = re.compile(r"[A-Za-z]+")
_BETWEEN: Final = re.compile(r"[\s,;:.\-–|()\[\]\"'`*_#0-9]{1,12}")
"""What stands between two words: they are written in a line, in a column, or numbered."""
_SCORE: Final = 0.95


def find(text: str) -> Iterator[Match]:
    """Yield the recovery phrases of a text, in order of their place."""
    if len(text) < _SHORTEST:
        return
    listed = _list().keys()
    row: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        if word.group().lower() not in listed:
            yield from _phrases(row)
            row = []
        elif row and not _BETWEEN.fullmatch(text, row[-1].end(), word.start()):
            yield from _phrases(row)
            row = [word]
        else:
            row.append(word)
    yield from _phrases(row)


def _phrases(row: list[re.Match[str]]) -> Iterator[Match]:
    """Yield the phrases in a row of words of the list; the longest first, and none within another."""
    at = 0
    while len(row) - at >= _LENGTHS[-1]:
        length = next((n for n in _LENGTHS if n <= len(row) - at and _holds(row[at : at + n])), None)
        if length is not None:
            span = Span(row[at].start(), row[at + length - 1].end())
            yield Match(RULE, "PRIVATE_KEY", span, _SCORE, "checksum")
        at += length or 1


def _holds(words: list[re.Match[str]]) -> bool:
    spoken = [word.group().lower() for word in words]
    # Twelve words drawn at random from 2,048 hold two repetitions once in 2,000 times, and 24 three as seldom: lists of
    # things do, and so does the standard's own example, "abandon abandon … about".
    repeated = len(spoken) - len(set(spoken))
    return repeated <= len(spoken) // 10 and bool(_mnemonic().check(" ".join(spoken)))


@cache
def _mnemonic() -> Any:
    from mnemonic import Mnemonic  # noqa: PLC0415 - with its list, only where a text is looked at

    return Mnemonic("english")


@cache
def _list() -> dict[str, int]:
    return {word: at for at, word in enumerate(_mnemonic().wordlist)}
