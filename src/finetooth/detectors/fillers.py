"""Identifiers that are nobody's: fillers, stand-ins and names from code.

The counterpart of :mod:`finetooth.detectors.placeholders` for identifiers. Pure functions over the value.
"""

from __future__ import annotations

import re
from typing import Final

_STAND_INS_TEXT: Final = """
example sample test testing demo user username email mail gmail address name firstname lastname first last your my me
you someone somebody anyone nobody foo bar baz placeholder recipient sender receiver from to customer client person xxx
abc noreply no reply donotreply
"""
_STAND_INS: Final = frozenset(_STAND_INS_TEXT.split())
"""Words of a local part that stands for any."""

_GENERIC_SUFFIXES: Final = frozenset({"com", "org", "net", "edu", "gov", "mil", "int"})


def is_filler(entity_type: str, value: str) -> bool:
    """Tell whether a match is no identifier at all.

    >>> is_filler("UK_NHS", "1111111111"), is_filler("URL", "self.name"), is_filler("URL", "acme.com")
    (True, True, False)
    """
    if entity_type == "URL":
        # Without scheme, www or path, "self.name" is an attribute and "done.It" a missing space; only the suffixes that
        # are no words make a host of two names.
        bare = re.fullmatch(r"(?i)[a-z0-9-]+\.([a-z]+)", value)
        return bare is not None and bare[1].lower() not in _GENERIC_SUFFIXES
    if entity_type == "IP_ADDRESS":
        # "cafe::" is a word before a double colon.
        return not re.search(r"\d", value)
    if entity_type == "US_DRIVER_LICENSE" and len(value) < 5:  # noqa: PLR2004
        return True  # no state issues shorter ones; "V0" and "B12" are everywhere
    digits = [character for character in value if character.isdigit()]
    return len(digits) > 3 and len(set(digits)) == 1 and not re.search(r"[^\W\d_]", value)  # noqa: PLR2004


def is_stand_in(entity_type: str, value: str) -> bool:
    """Tell whether an e-mail address says of itself that it stands for another: ``your_email@gmail.com``.

    >>> is_stand_in("EMAIL_ADDRESS", "my_gmail_address@gmail.com"), is_stand_in("EMAIL_ADDRESS", "jdoe@example.com")
    (True, False)
    """
    if entity_type != "EMAIL_ADDRESS":
        return False
    words = re.findall(r"[a-z]+", value.rpartition("@")[0].lower())
    return bool(words) and all(word in _STAND_INS for word in words)
