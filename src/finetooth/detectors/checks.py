"""Tests that a value must pass beyond its pattern: check digits, and groups that are never issued."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Check:
    """A test of a value."""

    holds: Callable[[str], bool]
    """The test."""
    checksum: bool
    """Whether passing it proves the value, as a check digit does."""
    why: str
    """What it tests, and where that is defined."""


_VIN_VALUES: Final = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_CHECK_DIGIT: Final = 8
_VIN_CHARACTERS: Final = 17


def vin(value: str) -> bool:
    """Tell whether the check digit of a vehicle identification number holds (49 CFR 565.15(c), North America).

    >>> vin("1M8GDM9AXKP042788"), vin("1M8GDM9A1KP042788")
    (True, False)
    """
    if len(value) != _VIN_CHARACTERS:
        return False
    total = sum(
        int(_VIN_VALUES.get(character, character)) * weight
        for character, weight in zip(value, _VIN_WEIGHTS, strict=True)
    )
    return "0123456789X"[total % 11] == value[_VIN_CHECK_DIGIT]


def card_track(value: str) -> bool:
    """Tell whether the card number that begins the data of a magnetic stripe has its check digit (ISO/IEC 7812-1).

    >>> card_track(";4111111111111111=2805101"), card_track("%B4111111111111112^DOE/JANE^2805101")
    (True, False)
    """
    from stdnum import luhn  # noqa: PLC0415 - only where there is a track

    found = re.search(r"[0-9]{12,19}", value)
    return found is not None and len({*found.group()}) > 1 and luhn.is_valid(found.group())


def ssn(value: str) -> bool:
    """Tell whether a social security number could have been issued: no group of zeros, no area 666 or from 900 up.

    >>> ssn("013496533"), ssn("000123456"), ssn("900123456")
    (True, False, False)
    """
    return bool(re.fullmatch(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}", value))


_STAND_IN_LABELS_TEXT: Final = """
example examples acme foo bar baz foobar test testing demo sample your my some host hostname server servername domain
domainname mydomain myserver myhost yourdomain yourserver yourhost machine company contoso localhost api app
application backend frontend web website webapp db database service svc namespace proxy node ip name url path user
site www docker kubernetes default metadata ns pod cluster nginx redis mongo postgres mysql elasticsearch rabbitmq kafka
"""
_STAND_IN_LABELS: Final = frozenset(_STAND_IN_LABELS_TEXT.split())

_INTERNAL_SUFFIX: Final = re.compile(r"\.(?:svc\.cluster\.local|home\.arpa|[a-z]+)$")


def internal_host(value: str) -> bool:
    """Tell whether a name is that of a host, and none of documentation, of every laptop or of every cluster.

    >>> internal_host("jira.fernvale.corp"), internal_host("host.docker.internal"), internal_host("example.local")
    (True, False, False)
    """
    name = value.lower()
    own = _INTERNAL_SUFFIX.sub("", name) if not name.replace(".", "").isdigit() else name
    words = {word for label in own.split(".") for word in label.split("-")}
    return own != "metadata.google" and not words <= _STAND_IN_LABELS and not words & {"example", "your", "localhost"}


_DATE: Final = re.compile(
    r"\(?(?:1\d{3}|20\d\d)(?:[-–/ ]+(?:1\d{3}|20\d\d))+\)?|(?:\d{1,2}[./-]){2}\d{4}|\d{4}(?:[./-]\d{1,2}){2}"
)
_EXTENSION: Final = re.compile(r"(?:x|ext\.?) ?\d+$")


def date_or_years(value: str) -> bool:
    """Tell whether digits in groups are a date, or a range of years.

    >>> date_or_years("2021-03-14"), date_or_years("(1939-1945)"), date_or_years("555 0132")
    (True, True, False)
    """
    return _DATE.fullmatch(value) is not None


def dialled(value: str) -> bool:
    """Tell whether so many digits are dialled anywhere (ITU-T E.164: 15 at most), and are no date.

    >>> dialled("(99) 645-791"), dialled("2021-03-14"), dialled("555-0132 x17")
    (True, False, True)
    """
    number = _EXTENSION.sub("", value).strip()
    return 7 <= sum(map(str.isdigit, number)) <= 15 and not date_or_years(number)  # noqa: PLR2004 - as told


def polish_id_card(value: str) -> bool:
    """Tell whether the check digit of a Polish identity card holds: the first of six digits, after three letters.

    Weights 7, 3, 1 over the letters (A is 10) and 7, 3, 1, 7, 3 over the last five digits, modulo 10, as the ministry's
    specification of the ICAO check digit has it.

    >>> polish_id_card("ABA300000"), polish_id_card("ABA300001")
    (True, False)
    """
    plain = re.sub(r"[^A-Z0-9]", "", value.upper())
    return _weighted(plain[:3] + plain[4:], (7, 3, 1, 7, 3, 1, 7, 3)) == int(plain[3])


def polish_nrb(value: str) -> bool:
    """Tell whether a Polish account number of 26 digits is an IBAN without its country (ISO 13616, modulo 97).

    >>> polish_nrb("61 1090 1014 0000 0712 1981 2874"), polish_nrb("62 1090 1014 0000 0712 1981 2874")
    (True, False)
    """
    digits = re.sub(r"[^0-9]", "", value)
    return len(digits) == _NRB_DIGITS and int(f"{digits[2:]}2521{digits[:2]}") % 97 == 1


_NRB_DIGITS: Final = 26


def _weighted(characters: str, weights: tuple[int, ...]) -> int:
    """Return a sum modulo 10 in which A is 10, B is 11, and so on (ICAO 9303-3, section 4.9)."""
    return sum(int(c, 36) * weight for c, weight in zip(characters, weights, strict=True)) % 10


CHECKS: Final = {
    "card-track": Check(
        card_track, checksum=True, why="the card's number has its check digit modulo 10 (ISO/IEC 7812-1)"
    ),
    "polish-id-card": Check(
        polish_id_card, checksum=True, why="the first digit checks letters and digits, weights 7, 3, 1 (ICAO 9303-3)"
    ),
    "polish-nrb": Check(polish_nrb, checksum=True, why="two check digits modulo 97 (ISO 13616)"),
    "vin": Check(vin, checksum=True, why="the ninth character is a check digit modulo 11 (49 CFR 565.15(c))"),
    "dialled": Check(dialled, checksum=False, why="7 to 15 digits, the last of E.164, and no date or range of years"),
    "internal-host": Check(
        internal_host, checksum=False, why="no name of documentation, and none that every laptop or cluster has"
    ),
    "ssn": Check(ssn, checksum=False, why="no group that the Social Security Administration never issues"),
}
"""By name, as rules call them."""

_STDNUM: Final = re.compile(r"stdnum(?:\.[a-z][a-z0-9_]*){1,3}")
_WITHOUT_CHECK_DIGIT: Final = frozenset(
    f"stdnum.{name}"
    for name in (
        "ar.dni",
        "dk.cpr",
        "id.nik",
        "in_.pan",
        "mx.rfc",
        "my.nric",
        "pk.cnic",
        "us.itin",
        "us.ptin",
        "us.ssn",
    )
)
"""Modules that test the parts of a number, and no check digit, because it has none or it is not asked for."""

_FIRST_BIRTH, _LAST_BIRTH = 1900, 2099
"""Years. Who was born before is not alive, who is born after is nobody yet: a number that says so is another number."""


@cache
def named(name: str) -> Check | None:
    """Return a check by its name: one of :data:`CHECKS`, or a module of python-stdnum such as ``stdnum.pl.pesel``.

    A module that reads a date of birth out of a number is asked for it too. None where there is no such check.
    """
    if name in CHECKS:
        return CHECKS[name]
    if not _STDNUM.fullmatch(name):
        return None
    try:
        module: Any = importlib.import_module(name)
    except ImportError:
        return None
    if not hasattr(module, "is_valid"):
        return None
    born = getattr(module, "get_birth_date", None)
    checksum = name not in _WITHOUT_CHECK_DIGIT
    why = f"python-stdnum, {name.removeprefix('stdnum.')}: length, parts and {'check digits' if checksum else 'ranges'}"
    if born is not None:
        why += f"; a date of birth of {_FIRST_BIRTH} to {_LAST_BIRTH}"

    def holds(value: str) -> bool:
        # Most modules know their own separators only; a number that a word names may be grouped in any way.
        return _valid(module, value, born) or _valid(module, re.sub(r"[\s.-]", "", value), born)

    return Check(holds, checksum=checksum, why=why)


def _valid(module: Any, value: str, born: Callable[[str], Any] | None) -> bool:
    try:
        if not module.is_valid(value):
            return False
        birth = born(module.compact(value)) if born is not None else None
    except Exception:  # noqa: BLE001 - a few modules stumble over places and dates that never were: nothing is proven then
        return False
    return birth is None or _FIRST_BIRTH <= birth.year <= _LAST_BIRTH
