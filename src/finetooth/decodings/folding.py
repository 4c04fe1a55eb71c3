r"""Folding: characters that look like ASCII, or like nothing at all, read as what they look like.

Invisible characters go (zero-width, soft hyphens, bidirectional controls, variation selectors). Full-width,
mathematical and circled letters, digits of every script, spaces and dashes become ASCII. Combining marks are composed
with their letter, or go. Letters of other scripts become the Latin ones that they look like, where they stand among
Latin letters.
Sources: Unicode UAX #15 (NFKC), UTS #39 (confusables), UTR #36.

Text in other languages is full of such characters and hides nothing, so that a text is folded only where one of them
stands where it could break a value apart.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from finetooth.decodings.decoded import Decoded, rewriting
from finetooth.offsets import Piece

_LOOKALIKES: Final = {
    other: latin
    for latins, others in (
        ("aeopcyxijshdqwlv", "аеорсухіјѕһԁԛԝӏѵ"),  # Cyrillic
        ("ABEKMHOPCTYXIJSQWVZ", "АВЕКМНОРСТУХІЈЅԚԜѴԶ"),
        ("aovpiuy", "αονριυγ"),  # Greek
        ("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"),
        ("ounhgqs", "օսոհցզѕ"),  # Armenian
        ("iagl", "ıɑɡɩ"),  # Latin of phonetic alphabets
    )
    for latin, other in zip(latins, others, strict=True)
}
"""Letters of alphabets that people write: they mean something else only among Latin letters."""

_SMALL_CAPITALS: Final = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
"""No alphabet has these."""

_INVISIBLE: Final = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
"""What shows nothing without being a format character: joiners, fillers, the empty Braille pattern."""

_TAGS: Final = 0xE0000
"""Invisible copies of ASCII stand from here: what they spell is read by models and seen by nobody."""


def folded(text: str) -> Decoded | None:
    """Read a text as it looks, or return None where nothing in it hides anything."""
    if text.isascii() or not (_tables().hides(text) or next(_mixed(text), None)):
        return None
    return rewriting("folded", text, _folded)


def _folded(text: str) -> Iterator[Piece]:
    return heapq.merge(_tables().pieces(text), _mixed(text))


def _mixed(text: str) -> Iterator[Piece]:
    """Yield letters that look like Latin ones, in runs where Latin letters stand too and no others."""
    if _LOOKALIKES.keys().isdisjoint(text):
        return
    for run in re.finditer(r"[\w.@]+", text):
        word = run.group()
        if word.isascii() or not re.search("[A-Za-z]", word):
            continue
        foreign = [(at, letter) for at, letter in enumerate(word) if letter > "\x7f" and letter.isalpha()]
        if foreign and all(letter in _LOOKALIKES for _, letter in foreign):
            yield from ((run.start() + at, run.start() + at + 1, _LOOKALIKES[letter]) for at, letter in foreign)


class _Tables:
    """What is folded to what; made once, in a fraction of a second, when the first text wants it."""

    def __init__(self) -> None:
        self._said = {
            character: said
            for code in (*range(0x80, 0x20000), *range(_TAGS, _TAGS + 0x200))  # ideographs and private use between
            if _may_fold(character := chr(code)) and (said := _folds(character)) is not None
        }
        marks = {character for code in range(0x300, 0xFE30) if _is_mark(character := chr(code))}
        self._foldable: Final = re.compile(f"[!-~]?{_class(marks)}+|{_class(self._said)}{_class(marks)}*")
        # A letter or digit in disguise, what is invisible and in no honest text, and a dash that nobody types, each
        # hide something wherever they stand. The others do so only in some places.
        elsewhere = (c for c, said in self._said.items() if not said.isalnum() and said not in {"", "-"})
        ordinary = {*_ORDINARY, "–", "—", *elsewhere}
        self._telling: Final = frozenset(self._said.keys() - ordinary)
        self._doubtful: Final = frozenset(ordinary | marks)
        spaces = _class(c for c, said in self._said.items() if said == " ")
        self._place: Final = re.compile(
            f"{_class(_ORDINARY)}(?<=[!-~].)(?=[!-~])|{_class(marks)}(?<=[A-Za-z0-9@.].)"  # within a word
            rf"|[–—](?<=[0-9].)[0-9]{{2,4}}[–—][0-9]|{spaces}(?<=[0-9].)(?=[0-9])"  # dashes are typed in ranges
            "|[＠．](?<=[A-Za-z0-9].)(?=[A-Za-z0-9])"
        )

    def hides(self, text: str) -> bool:
        """Tell whether any character of a text could break a value apart."""
        characters = frozenset(text)
        if not characters.isdisjoint(self._telling):
            return True
        return not characters.isdisjoint(self._doubtful) and self._place.search(text) is not None

    def pieces(self, text: str) -> Iterator[Piece]:
        """Yield every character, or letter with its marks, that looks like something else than it is."""
        for match in self._foldable.finditer(text):
            written = match.group()
            said = self._said.get(written[0])  # with its marks, if it has any
            if said is None:
                composed = unicodedata.normalize("NFC", written)
                said = composed[0] if not _is_mark(composed[0]) else ""
            yield (*match.span(), said)


_ORDINARY: Final = "\u00ad\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Invisible characters of honest text: hyphenation, joiners of Persian and of emoji, directions, presentation."""


def _may_fold(character: str) -> bool:
    """Tell at a glance: letters without case, which are most characters, look like no ASCII."""
    glance = unicodedata.category(character) not in {"Lo", "Cn", "Co"}
    return glance or character in _INVISIBLE or ord(character) > _TAGS


def _folds(character: str) -> str | None:
    category = unicodedata.category(character)
    code = ord(character)
    if 0 < code - _TAGS < 0x7F:  # noqa: PLR2004 - the end of ASCII
        return chr(code - _TAGS) if code - _TAGS >= 0x20 else ""  # noqa: PLR2004 - where printable ASCII begins
    if category == "Cf" or character in _INVISIBLE or character in _ORDINARY or 0xFE00 <= code <= 0xFE0F:  # noqa: PLR2004
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in {"Zs", "Zl", "Zp"}:
        return " " if category == "Zs" else "\n"
    if category == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    if character in _SMALL_CAPITALS:
        return _SMALL_CAPITALS[character]
    kind = unicodedata.decomposition(character).partition(" ")[0]
    if kind in {"<font>", "<wide>", "<narrow>", "<circle>", "<small>", "<square>", "<compat>"}:
        said = unicodedata.normalize("NFKC", character)
        if said.isascii() and (said.isalnum() or kind in {"<wide>", "<small>"}):
            return said
    return None


def _is_mark(character: str) -> bool:
    """Tell whether a character is a mark that is put on letters of any script, rather than a vowel of one."""
    return unicodedata.category(character) in {"Mn", "Me"} and unicodedata.name(character, "").startswith("COMBINING")


def _class(characters: object) -> str:
    return "[" + "".join(map(re.escape, sorted(characters))) + "]"  # type: ignore[call-overload]


@cache
def _tables() -> _Tables:
    return _Tables()
