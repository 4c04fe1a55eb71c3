"""Base64 and base16 (RFC 4648) in a text: whatever decodes to something that people read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final
from unicodedata import category

from finetooth.decodings.decoded import Decoded
from finetooth.offsets import Edit, Offsets

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}")
"""Nine bytes and more, also broken into lines (RFC 2045 section 6.8)."""

_BASE16: Final = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9a-fA-F]{2}){12,})(?![0-9A-Za-z])")
"""Twelve bytes and more: a digest's length, but a digest is no text."""

_CERTAIN: Final = 18
"""Of so many bytes taken at random hardly any are all printable UTF-8; of fewer, only ASCII is believed."""


def base_n(text: str) -> Iterator[Decoded]:
    """Yield what every run of base64 or base16 says, where that is a text.

    A run of random bytes is one by chance in fewer than 1 of 10,000 runs of nine bytes (97 of 256 values are printable
    ASCII), so that keys and digests are seldom read as something else.
    """
    for match in _BASE64.finditer(text):
        run, start = match.group(), match.start()
        whole = _base64(run, start)
        if whole is not None:
            yield whole
        elif "\n" in run:
            # Not one encoding over several lines, but one with ordinary text below it.
            lines = re.finditer(r"[^\r\n]{12,}", run)
            yield from filter(None, (_base64(line.group(), start + line.start()) for line in lines))
    for match in _BASE16.finditer(text):
        digits, start = match.group(1), match.start(1)
        said = _text(bytes.fromhex(digits))
        if said is not None:
            yield Decoded("base16", said, partial(_offsets, said, range(start, match.end(1) + 1), 2))


def _base64(run: str, start: int) -> Decoded | None:
    if run.isalpha() and (run[1:].islower() or run.isupper()):
        return None  # a word: base64 mixes cases and digits
    symbols = re.sub(r"[\r\n=]", "", run)
    usable = len(symbols) - (len(symbols) % 4 == 1)  # one symbol is six bits, which are no byte
    try:
        padded = symbols[:usable] + "=" * (-usable % 4)
        said = _text(base64.b64decode(padded, altchars=b"-_" if re.search("[-_]", run) else None, validate=True))
    except binascii.Error:
        return None
    return None if said is None else Decoded("base64", said, partial(_offsets_of_base64, said, run, start))


def _offsets_of_base64(text: str, run: str, start: int) -> Offsets:
    places = [start + at for at, character in enumerate(run) if character not in "\r\n="]
    return _offsets(text, [*places, places[-1] + 1], 4 / 3)


def _text(data: bytes) -> str | None:
    try:
        text = data.decode("ascii" if len(data) < _CERTAIN else "utf-8")
    except UnicodeDecodeError:
        return None
    # Format characters print nothing and are text all the same.
    return text if all(c.isprintable() or c in "\t\r\n" or category(c) == "Cf" for c in text) else None


def _offsets(text: str, places: Sequence[int], symbols: float) -> Offsets:
    """Return the map of a text whose bytes are written with so many symbols each, at these places."""
    edits = []
    byte = 0
    for at, character in enumerate(text):
        following = byte + len(character.encode())
        first, last = int(byte * symbols), -int(-following * symbols // 1) - 1
        edits.append(Edit(at, at + 1, places[first], places[min(last, len(places) - 2)] + 1))
        byte = following
    return Offsets(places[0], places[-1], tuple(edits))
