"""Tests that a value must pass beyond its pattern: check digits, and groups that are never issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


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


CHECKS: Final = {
    "vin": Check(vin, checksum=True, why="the ninth character is a check digit modulo 11 (49 CFR 565.15(c))"),
    "internal-host": Check(
        internal_host, checksum=False, why="no name of documentation, and none that every laptop or cluster has"
    ),
    "ssn": Check(ssn, checksum=False, why="no group that the Social Security Administration never issues"),
}
"""By name, as rules call them."""
