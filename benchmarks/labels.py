"""What the labels of each set and the entity types of each engine mean: one small vocabulary of *concepts*.

The same two tables and the same rule of compatibility hold for every engine. docs/accuracy.md gives the reasons.
"""

from __future__ import annotations

import re
from typing import Final

OTHER: Final = "OTHER"
"""What a set labels though it is no personal data: works, products, miscellany. Neither asked for nor scored."""

GOLD: Final[dict[str, dict[str, str]]] = {
    "datafog_tests": {
        "ADDRESS": "ADDRESS",
        "CREDIT_CARD": "CARD",
        "DATE": "DATE",
        "DE_VAT_ID": "COMPANY_ID",
        "EMAIL": "EMAIL",
        "IP_ADDRESS": "IP",
        "LOCATION": "LOCATION",
        "ORGANIZATION": "ORGANIZATION",
        "PERSON": "PERSON",
        "PHONE": "PHONE",
        "SSN": "NATIONAL_ID",
        "ZIP_CODE": "POSTCODE",
    },
    "lifebench_chat": {
        "ID": "ID",
        "LOCATION": "LOCATION",
        "ORG": "ORGANIZATION",
        "PERSON": "PERSON",
        "PHONE": "PHONE",
    },
    "pl_pii_bench": {
        "DOB": "DATE_OF_BIRTH",
        "DOWOD": "ID_CARD",
        "DRIVING_LICENSE": "DRIVING_LICENCE",
        "IBAN": "BANK",
        "LOC": "LOCATION",
        "NIP": "COMPANY_ID",
        "ORG": "ORGANIZATION",
        "PASSPORT": "PASSPORT",
        "PERSON": "PERSON",
        "PESEL": "NATIONAL_ID",
        "POSTAL": "POSTCODE",
        "REGON": "COMPANY_ID",
        "VIN": "VEHICLE",
    },
    "presidio_synth_v2": {
        "AGE": "AGE",
        "CREDIT_CARD": "CARD",
        "DATE_TIME": "DATE",
        "DOMAIN_NAME": "URL",
        "EMAIL_ADDRESS": "EMAIL",
        "GPE": "LOCATION",
        "IBAN_CODE": "BANK",
        "IP_ADDRESS": "IP",
        "NRP": "NRP",
        "ORGANIZATION": "ORGANIZATION",
        "PERSON": "PERSON",
        "PHONE_NUMBER": "PHONE",
        "STREET_ADDRESS": "ADDRESS",
        "TITLE": "TITLE",
        "US_DRIVER_LICENSE": "DRIVING_LICENCE",
        "US_SSN": "NATIONAL_ID",
        "ZIP_CODE": "POSTCODE",
    },
    "wikigold": {"LOC": "LOCATION", "MISC": OTHER, "ORG": "ORGANIZATION", "PER": "PERSON"},
    "wnut17_test": {
        "corporation": "ORGANIZATION",
        "creative-work": OTHER,
        "group": "ORGANIZATION",
        "location": "LOCATION",
        "person": "PERSON",
        "product": OTHER,
    },
}
"""Labels of each set."""

_ENTITY_TYPES: Final[dict[str, str]] = {
    "ADDRESS": "STREET_ADDRESS",
    "AGE": "AGE AGE_OVER_89",
    "BANK": "ABA_ROUTING_NUMBER ACCOUNT_NUMBER CRYPTO IBAN_CODE US_BANK_NUMBER",
    "CARD": "CARD_PIN CARD_SECURITY_CODE CARD_TRACK_DATA CREDIT_CARD",
    "COMPANY_ID": "AU_ABN AU_ACN DE_HANDELSREGISTER DE_VAT_ID IN_GSTIN IT_VAT_CODE KR_BRN SE_ORGANISATIONSNUMMER SG_UEN"
    " US_PROVIDER_TAX_ID ZA_COMPANY_REGISTRATION ZA_VAT_NUMBER PL_NIP PL_REGON",
    "DATE": "DATE_TIME YEAR",
    "DATE_OF_BIRTH": "DATE_OF_BIRTH",
    "DRIVING_LICENCE": "DE_FUEHRERSCHEIN IT_DRIVER_LICENSE KR_DRIVER_LICENSE UK_DRIVING_LICENCE US_DRIVER_LICENSE"
    " ZA_DRIVER_LICENSE PL_DRIVER_LICENSE",
    "EMAIL": "EMAIL_ADDRESS",
    "HEALTH_ID": "AU_MEDICARE CA_HEALTH_NUMBER DE_HEALTH_INSURANCE MEDICAL_RECORD_NUMBER UK_NHS US_CLAIM_NUMBER"
    " US_HEALTH_INSURANCE_MEMBER_ID US_MBI US_PRESCRIPTION_NUMBER US_PRIOR_AUTHORIZATION_NUMBER US_REFERRAL_NUMBER",
    "ID": "CUSTOMER_ID ID ORDER_NUMBER UUID",
    "ID_CARD": "DE_ID_CARD IT_IDENTITY_CARD PL_ID_CARD",
    "IP": "IP_ADDRESS",
    "LOCATION": "LOCATION",
    "MAC": "MAC_ADDRESS",
    "NATIONAL_ID": "JMBG",  # and those of a country that stand in no other row
    "NRP": "ETHNIC_ORIGIN NRP POLITICAL_OPINION RELIGION",
    "ORGANIZATION": "ORGANIZATION",
    "PASSPORT": "DE_PASSPORT ES_PASSPORT IN_PASSPORT IT_PASSPORT KR_PASSPORT PH_PASSPORT PL_PASSPORT UK_PASSPORT"
    " US_PASSPORT ZA_PASSPORT",
    "PERSON": "PERSON",
    "PHONE": "PHONE_NUMBER ZA_MOBILE_NUMBER ZA_TELEPHONE_NUMBER",
    "POSTCODE": "CA_POSTAL_CODE DE_PLZ POSTAL_AREA POSTAL_CODE UK_POSTCODE",
    "PROFESSIONAL_ID": "DE_BSNR DE_LANR MEDICAL_LICENSE US_NPI US_PTIN",
    "PROSE": "CONFIDENTIALITY_MARKER EMAIL_SIGNATURE QUASI_IDENTIFIER_COMBINATION",
    "SECRET": "ACCESS_TOKEN API_KEY CONNECTION_STRING PASSWORD PRIVATE_KEY",
    "SPECIAL": "BIOMETRIC_DATA GENDER GENETIC_DATA HEALTH_CONDITION SEXUAL_ORIENTATION TRADE_UNION",
    "URL": "INTERNAL_HOST URL",
    "USERNAME": "USERNAME",
    "VEHICLE": "DE_KFZ IN_VEHICLE_REGISTRATION LICENSE_PLATE NG_VEHICLE_REGISTRATION TR_LICENSE_PLATE"
    " UK_VEHICLE_REGISTRATION VEHICLE_VIN ZA_LICENSE_PLATE ZA_TRAFFIC_REGISTER_NUMBER",
}

CONCEPTS: Final[dict[str, str]] = {name: concept for concept, names in _ENTITY_TYPES.items() for name in names.split()}
"""The concept of every entity type that an engine may give; Presidio and finetooth share most names."""

_COUNTRY: Final = re.compile(r"[A-Z]{2}_")
"""How the names of a country's identifiers begin."""

_NUMBERS: Final = frozenset({"BANK", "COMPANY_ID", "DRIVING_LICENCE", "HEALTH_ID", "ID", "ID_CARD", "NATIONAL_ID"})
_DOCUMENTS: Final = _NUMBERS | {"PASSPORT", "PROFESSIONAL_ID", "VEHICLE"}
_PLACES: Final = frozenset({"ADDRESS", "LOCATION", "POSTCODE"})
_TIMES: Final = frozenset({"AGE", "DATE", "DATE_OF_BIRTH"})

_COMPATIBLE: Final[dict[str, frozenset[str]]] = {
    # Where a place ends and an address begins, and which part of an address is labelled apart, each set cuts anew.
    **dict.fromkeys(_PLACES, _PLACES),
    # OntoNotes, and every model trained on it, calls an age and a date of birth a DATE.
    **dict.fromkeys(_TIMES, _TIMES),
    # A label that says no more than "some identifier" is met by whoever says which.
    "ID": _DOCUMENTS,
    # A form of address before a name is part of the name in some guidelines, and apart in others.
    "TITLE": frozenset({"TITLE", "PERSON"}),
    # A number that identifies a tax payer is a person's or a company's by the state that issued it.
    "COMPANY_ID": frozenset({"COMPANY_ID", "NATIONAL_ID"}),
}


def concept(entity_type: str) -> str:
    """Return what an engine's entity type means; a country's number that no row names is that of a person.

    Raises:
        KeyError: The type is not in the table: add it there, so that nothing is left out in silence.
    """
    if entity_type in CONCEPTS:
        return CONCEPTS[entity_type]
    if _COUNTRY.match(entity_type):
        return "NATIONAL_ID"
    raise KeyError(f"{entity_type} is in no row of benchmarks/labels.py; say there which concept it is")


def accepted(gold: str) -> frozenset[str]:
    """Return the concepts that a prediction may have to count as right on a gold span of this concept."""
    return _COMPATIBLE.get(gold, frozenset({gold}))
