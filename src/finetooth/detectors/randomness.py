"""How random a value looks, told from its characters alone. Pure functions; who asks decides how much is enough."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

_LONG: Final = 20
_NO_WORD: Final = 24
_MIXED: Final = 3.0
_CASE_CHANGES: Final = 0.4
_UUID: Final = re.compile(r"(?i)[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}")
_SEPARATORS: Final = re.compile(r"[-_./+~=:]+")
_WORD_AND_NUMBER: Final = re.compile(
    r"(?:[A-Z]?[a-z]+|[A-Z]+){1,6}\d{0,4}|\d{1,8}|[A-Za-z]\d{1,2}|\d{1,3}[A-Za-z]{1,2}"
)


def entropy(value: str) -> float:
    """Return Shannon's entropy of the characters of a value, in bits a character.

    >>> entropy("aabb"), entropy("abcd")
    (1.0, 2.0)
    """
    return sum(n / len(value) * math.log2(len(value) / n) for n in Counter(value).values())


def mixed(value: str) -> bool:
    """Tell whether a value is mixed as keys are: 3 bits of entropy for each character, and letters with digits.

    Sixteen random hexadecimal digits have 3.4 bits on average; words and dates have less, or lack one of the two. With
    fewer than two digits it is a key where case changes as if by the toss of a coin: in words it changes twice a word.
    """
    letters = sum(character.isalpha() for character in value)
    digits = sum(character.isdigit() for character in value)
    changes = sum(left.isupper() != right.isupper() for left, right in pairwise(value))
    tossed = len(value) >= _LONG and changes >= _CASE_CHANGES * len(value)
    return entropy(value) >= _MIXED and letters >= 2 and (digits >= 2 or tossed)  # noqa: PLR2004


def uuid(value: str) -> bool:
    """Tell whether a value is laid out as a UUID; some services take letters beyond f.

    >>> uuid("7d1f9c35-4be2-48a6-9f03-c2ab61d8e574"), uuid("7d1f9c35")
    (True, False)
    """
    return _UUID.fullmatch(value) is not None and any(map(str.isdigit, value))


def hexadecimal(value: str, length: int) -> bool:
    """Tell whether a value is at least so many hexadecimal digits, in one case or both, with letters among them.

    >>> hexadecimal("7d1f9c354be248a69f03c2ab", 24), hexadecimal("2" * 24, 24)
    (True, False)
    """
    return (
        len(value) >= length
        and re.fullmatch(r"[0-9A-Fa-f]+", value) is not None
        and len(set(value)) > 5  # noqa: PLR2004
        and not value.isdigit()
    )


def unbroken(value: str) -> bool:
    """Tell whether a value is a run of at least 24 letters without a hump: longer than words are.

    >>> unbroken("qwmzkdlfjghtyrnvbcxpaosi"), unbroken("CustomerRegistrationService")
    (True, False)
    """
    return (
        len(value) >= _NO_WORD
        and value.isalpha()
        and entropy(value) >= _MIXED
        and not re.search(r"[a-z][A-Z][a-z]{2}", value)
    )


def core(value: str) -> str:
    """Return the longest part between separators that is neither a word nor a number: what may be random in a value.

    >>> core("django-4.2-q7xc2lmv9trw"), core("my-server-2024-eu-west-1"), core("CustomerService2024")
    ('q7xc2lmv9trw', '', '')
    """
    parts = (part for part in _SEPARATORS.split(value) if not _WORD_AND_NUMBER.fullmatch(part))
    return max(parts, key=len, default="")


def changes(value: str) -> float:
    """Return the share of neighbours of different kinds: small letter, capital, digit.

    Drawn at random from all 62 it is .62 on average, from small letters and digits .40, from hexadecimal digits .47;
    in words with a number, and in names of code, it is below .2.

    >>> changes("aB3d"), changes("version2")
    (1.0, 0.14285714285714285)
    """
    kinds = [0 if each.islower() else 1 if each.isupper() else 2 for each in value]
    return sum(left != right for left, right in pairwise(kinds)) / max(1, len(value) - 1)


_KNOWN_PREFIX: Final = re.compile(
    r"AIza|AKIA|ASIA|gh[pousr]_|github_pat_|gl(?:pat|oas|soat|cbt|imt|ptt|rt|agent|ft|dt|ffct)-|xox[a-z]-|xapp-|"
    r"sk-(?:proj|ant|svcacct|admin|or)|[spr]k_(?:live|test)_|sntry[su]_|sgp_|pypi-|npm_|hf_|do[opr]_v1_|dapi|"
    r"shp(?:at|ca|pa|ss)_|SG\.|hv[sbr]\.|glc_|glsa_|lin_(?:api|oauth)_|PMAK-|rubygems_|xkeysib-|figd_|gsk_|nvapi-|"
    r"dckr_(?:pat|oat)_|ya29\."
)
"""Prefixes of which the issuers publish the exact format."""


def known_prefix(value: str) -> bool:
    """Tell whether a value begins as the keys of a provider do whose exact format is known.

    The catalogue judges such a value: what begins so and is not in the format is cut off or made up, and opens nothing.
    """
    return _KNOWN_PREFIX.match(value) is not None
