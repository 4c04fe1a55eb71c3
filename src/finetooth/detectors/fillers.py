"""Identifiers that are nobody's: fillers, stand-ins and names from code.

The counterpart of :mod:`finetooth.detectors.placeholders` for identifiers. Pure functions over the value.
"""

from __future__ import annotations

import ipaddress
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
    """Tell whether a value leads to nobody, though it has the form: it is found, and nothing proves it.

    An e-mail address that says so of itself (``your_email@gmail.com``); an IP address that no subscriber of the public
    network has: private, loopback, link-local, documentation (the registries of RFC 6890, with RFC 1918, 5737 and
    3849); a MAC address of documentation (RFC 7042, 2.1.2).

    >>> is_stand_in("EMAIL_ADDRESS", "my_gmail_address@gmail.com"), is_stand_in("EMAIL_ADDRESS", "jdoe@example.com")
    (True, False)
    >>> is_stand_in("IP_ADDRESS", "192.168.0.1"), is_stand_in("IP_ADDRESS", "8.8.8.8")
    (True, False)
    """
    if entity_type == "IP_ADDRESS":
        return not _is_public(value)
    if entity_type == "MAC_ADDRESS":
        return re.sub(r"[^0-9a-f]", "", value.lower()).startswith("00005e0053")
    if entity_type != "EMAIL_ADDRESS":
        return False
    words = re.findall(r"[a-z]+", value.rpartition("@")[0].lower())
    return bool(words) and all(word in _STAND_INS for word in words)


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_interface(address).ip.is_global
    except ValueError:  # what Presidio takes for an address and Python does not: let it be one
        return True
