"""What token-classification models call the entities, and what the catalogue calls them.

The names are those of the data sets that such models are trained on: CoNLL-2003, OntoNotes, WikiNER, ai4privacy, i2b2.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES: Final[dict[str, str]] = {
    "PERSON": "PER PERSON NAME PERSNAME PATIENT DOCTOR STAFF FIRSTNAME LASTNAME MIDDLENAME GIVENNAME SURNAME FULLNAME",
    "LOCATION": "LOC LOCATION GPE FAC PLACENAME GEOGNAME CITY STATE COUNTY COUNTRY HOSPITAL",
    "ORGANIZATION": "ORG ORGANIZATION ORGANISATION ORGNAME CORPORATION COMPANY COMPANYNAME GROUP",
    "DATE_TIME": "DATE TIME DATETIME",
    "NRP": "NORP NRP",
    "AGE": "AGE",
    "DATE_OF_BIRTH": "DOB DATEOFBIRTH BIRTHDATE",
    "EMAIL_ADDRESS": "EMAIL EMAILADDRESS",
    "PHONE_NUMBER": "PHONE PHONENUMBER TELEPHONENUM TELEPHONE",
    "STREET_ADDRESS": "ADDRESS STREETADDRESS STREET BUILDINGNUM SECONDARYADDRESS",
    "US_SSN": "SSN SOCIALNUM SOCIALSECURITYNUMBER",
    "CREDIT_CARD": "CREDITCARD CREDITCARDNUMBER",
    "IBAN_CODE": "IBAN IBANCODE",
    "ACCOUNT_NUMBER": "ACCOUNTNUM ACCOUNTNUMBER",
    "IP_ADDRESS": "IP IPADDRESS IPV4 IPV6",
    "MAC_ADDRESS": "MAC MACADDRESS",
    "URL": "URL",
    "USERNAME": "USERNAME",
    "PASSWORD": "PASSWORD",
}
"""For an entity type, the labels that mean it, without what parts their words."""

_TYPES: Final = {name: entity_type for entity_type, names in _NAMES.items() for name in names.split()}

NOT_ABOUT_PERSONS: Final = (
    *("MISC", "CARDINAL", "EVENT", "LANGUAGE", "LAW", "MONEY", "ORDINAL", "PERCENT", "PRODUCT", "QUANTITY"),
    *("WORK_OF_ART", "CREATIVE_WORK"),
)
"""Labels of OntoNotes, CoNLL and WNUT whose entities identify nobody."""

_NOBODY: Final = frozenset({"O", *(label.replace("_", "") for label in NOT_ABOUT_PERSONS)})

_UNNAMED: Final = re.compile(r"LABEL_?\d+")


def entity_type_of(label: str) -> str | None:
    """Return the entity type of a model's label, without its B-, I-, L-, U-, E- or S-; None where it is about nobody.

    A label that is not known is an entity type of its own name: it counts as unlisted, and is never dropped.

    >>> entity_type_of("B-PER"), entity_type_of("I-first_name"), entity_type_of("O"), entity_type_of("B-Badge No")
    ('PERSON', 'PERSON', None, 'BADGE_NO')
    """
    name = re.sub(r"^[BILUES][-_]", "", label).upper()
    plain = re.sub(r"[^A-Z0-9]", "", name)
    if plain in _NOBODY:
        return None
    return _TYPES.get(plain) or re.sub(r"[^A-Z0-9]+", "_", name).strip("_") or None


def is_unnamed(label: str) -> bool:
    """Tell whether a label is a number that its maker gave no name: ``LABEL_3``."""
    return _UNNAMED.fullmatch(label.upper()) is not None


def begins(label: str) -> bool:
    """Tell whether a label says that an entity begins here, even where one of its type has just ended."""
    return re.match(r"[BUS][-_]", label) is not None
