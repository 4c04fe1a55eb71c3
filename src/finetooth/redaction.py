"""From a raw value to what may leave the scanner: a keyed fingerprint and a masked preview.

This module holds raw values in its arguments. Nothing right of Evidence may import it (import-linter proves it).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from math import log2
from typing import Final

from finetooth.entities import ENTITY_TYPES, Kind, entity_type
from finetooth.errors import KeyMismatchError

MASK = "•"
_KEY_BYTES = 32
_FINGERPRINT_HEX = 32  # 128 bits
_WORDS_SHOWN = 4
_SHAPE_SHOWN = 24
_SECRET_SHOWN = 12


@dataclass(frozen=True, slots=True)
class FingerprintKey:
    """The secret that fingerprints are computed with.

    A fingerprint of a nine-digit number can be brute-forced in minutes by anyone who holds the key, so custody of the
    key is the control: it comes from the environment or a file, and is never written to a report or a command line.
    """

    _bytes: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self._bytes) != _KEY_BYTES:
            raise KeyMismatchError(
                f"a fingerprint key has {_KEY_BYTES} bytes, this one has {len(self._bytes)}; "
                "make one with: head -c 32 /dev/urandom | base64"
            )

    @classmethod
    def generate(cls) -> FingerprintKey:
        """Make a new random key."""
        return cls(secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def from_base64(cls, text: str) -> FingerprintKey:
        """Read a key from base64.

        Raises:
            KeyMismatchError: it is not base64, or not 32 bytes.
        """
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except binascii.Error:
            raise KeyMismatchError(
                "the fingerprint key is not base64; make one with: head -c 32 /dev/urandom | base64"
            ) from None

    def to_base64(self) -> str:
        """Return the key as it stands in a key file."""
        return base64.b64encode(self._bytes).decode("ascii")

    @property
    def id(self) -> str:
        """Eight hex digits that name the key without telling anything about it."""
        return self._digest(b"finetooth key id")[:8]

    def fingerprint(self, entity: str, value: str, kind: Kind | None = None) -> str:
        """Return the identity of a value of an entity type: 32 hex digits, the same for any way of writing it.

        HMAC-SHA-256 (RFC 2104) over the entity type and the normalised value, cut to 128 bits.

        Args:
            entity: the entity type.
            value: the value.
            kind: what it is made of, where a policy says so of a type of its own; else the catalogue's word.
        """
        message = entity.encode() + b"\0" + normalise(entity, value, kind).encode("utf-8", "surrogatepass")
        return self._digest(message)[:_FINGERPRINT_HEX]

    def fits(self, fingerprint: str, entity: str, value: str) -> bool:
        """Tell whether a fingerprint is this value's, whatever kind a policy gave to a type of its own."""
        kinds: tuple[Kind | None, ...] = (None,) if entity in ENTITY_TYPES else tuple(Kind)
        return any(self.fingerprint(entity, value, kind) == fingerprint for kind in kinds)

    def mac(self, message: bytes) -> str:
        """Return a keyed digest of a message that is no value, 64 hex digits: never equal to a fingerprint's."""
        return self._digest(b"finetooth mac\0" + message)

    def _digest(self, message: bytes) -> str:
        return hmac.new(self._bytes, message, hashlib.sha256).hexdigest()


HONORIFIC: Final = re.compile(
    r"(?i)(?<!\w)(?:mrs?|ms|mx|miss|mister|madam|ma['’]am|sir|dame|dr|prof(?:essor)?|rev|hon|herr|frau|m(?:me|lle)|monsieur|"
    r"madame|sr(?:a|ta)?|señora?|señorita|don|doña|sig(?:ra|na)?|pan[ií]?)\b\.?\s+"
)
"""How a person is addressed before the name."""


def normalise(entity: str, value: str, kind: Kind | None = None) -> str:
    """Return the value without what does not make it another value: case, spacing and separators, by kind.

    >>> normalise("US_SSN", "536-90-4399") == normalise("US_SSN", "536 90 4399")
    True
    >>> normalise("PERSON", "Ada  LOVELACE")
    'ada lovelace'
    >>> normalise("PERSON", "Dr. Ada Lovelace")
    'ada lovelace'
    >>> normalise("PASSWORD", " Tr0ub4dor ")
    'Tr0ub4dor'
    """
    kind = kind or entity_type(entity).kind
    if kind in (Kind.SECRET, Kind.COMBINATION):
        return value.strip()
    text = unicodedata.normalize("NFKC", value).casefold()
    if kind is Kind.NUMBER:
        return "".join(filter(str.isalnum, text)) or text.strip()
    if entity == "PERSON":
        text = HONORIFIC.sub("", text) if HONORIFIC.match(text) else text
    return " ".join(text.split())


_WORD_BITS = 12.0  # one of some four thousand: as many given names, surnames, places and words are in common use


def information(entity: str, value: str, kind: Kind | None = None) -> float:
    """Return roughly how many bits of a value somebody who knows its form would have to guess.

    Words, names and the parts of an address count as one of a vocabulary each; in numbers and secrets every character
    counts as one of its classes (digits, small letters, capitals, other signs).

    >>> information("PERSON", "Ada Lovelace"), round(information("US_SSN", "536-90-4399"))
    (24.0, 30)
    """
    kind = kind or entity_type(entity).kind
    text = normalise(entity, value, kind)
    if kind in (Kind.SECRET, Kind.NUMBER):
        classes = ((10, r"[0-9]"), (26, r"[^\W\d_A-Z]"), (26, r"[A-Z]"), (32, r"[\W_]"))
        return len(text) * log2(sum(size for size, members in classes if re.search(members, text)) or 1)
    return _WORD_BITS * len(re.findall(r"[^\W_]+", text))


def preview(entity: str, value: str, kind: Kind | None = None) -> str:
    """Return the value masked so that a person can recognise it and nobody else can use it.

    >>> preview("US_SSN", "536-90-4399")
    '•••-••-••••'
    >>> preview("EMAIL_ADDRESS", "ada@example.com")
    'a•••@e•••.com'
    >>> preview("PERSON", "Ada Lovelace")
    'A••• L•••'
    >>> preview("PASSWORD", "Tr0ub4dor&3-horse-staple")
    '••••••••••••…'
    """
    match kind or entity_type(entity).kind:
        case Kind.EMAIL if "@" in value:
            return _preview_email(value)
        case Kind.WORDS:
            words = value.split()
            return " ".join(map(_initial, words[:_WORDS_SHOWN])) + ("…" if len(words) > _WORDS_SHOWN else "")
        case Kind.NUMBER:
            shape = re.sub(r"[^\s\-./:,()+]", MASK, " ".join(value.split()))
            return shape[:_SHAPE_SHOWN] + ("…" if len(shape) > _SHAPE_SHOWN else "")
        case Kind.TERM | Kind.COMBINATION:
            return MASK * 3
        case _:
            return MASK * min(len(value), _SECRET_SHOWN) + ("…" if len(value) > _SECRET_SHOWN else "")


def _preview_email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    name, dot, suffix = domain.rpartition(".")
    return f"{_initial(local)}@{_initial(name or suffix)}" + (f".{suffix}" if dot and suffix.isalnum() else "")


def _initial(word: str) -> str:
    """Return the first letter, where it is one, and a mask of fixed length, so that the length stays hidden."""
    return (word[0] if word[:1].isalpha() else "") + MASK * 3
