"""The catalogue of entity types: what each one is, how grave, and how it may be shown.

A policy may override severity and tier (``detect.entities``); category and kind are facts about the type. An entity
type that is not listed, such as one of a user's own rule, is treated as ``UNLISTED``, never dropped; of such a type a
policy may give the category and the kind as well (``Detect.entity_type``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Category = Literal[
    "direct_identifier",
    "credential",
    "financial",
    "health",
    "special_category",
    "quasi_identifier",
    "confidential",
]
Severity = Literal["critical", "high", "medium", "low"]
Tier = Literal["block", "review"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")
"""All of them, gravest first."""


class Kind(StrEnum):
    """What a value is made of, which decides how it is normalised and previewed."""

    SECRET = "secret"  # noqa: S105 - the name of a kind
    """Every character counts, and none may be shown."""
    NUMBER = "number"
    """Letters and digits are what counts, separators are not; only the shape may be shown."""
    EMAIL = "email"
    """Case does not count; initials and the top-level domain may be shown."""
    WORDS = "words"
    """Case and spacing do not count; initials may be shown."""
    TERM = "term"
    """A word of a short list that anybody can read: case and spacing do not count. Its initial or its length would tell
    which word it is, so nothing is shown, and another place where it stands is no sighting of the same secret."""
    COMBINATION = "combination"
    """Several values of one record, joined. It is no text of its own: only the kinds of its parts are shown, and a
    probe tries the parts, each of which is a finding too."""


@dataclass(frozen=True, slots=True)
class EntityType:
    """What is known about one entity type."""

    category: Category
    """Which kind of harm it belongs to."""
    severity: Severity
    """How grave one leaked value is."""
    tier: Tier
    """``block`` where a proven match should stop a release, ``review`` where a person should look."""
    kind: Kind
    """How it is normalised and previewed."""


UNLISTED = EntityType("confidential", "medium", "review", Kind.SECRET)

ENTITY_TYPES: dict[str, EntityType] = {
    # credentials: they open doors, so one is too many
    "ACCESS_TOKEN": EntityType("credential", "critical", "block", Kind.SECRET),
    "API_KEY": EntityType("credential", "critical", "block", Kind.SECRET),
    "CONNECTION_STRING": EntityType("credential", "critical", "block", Kind.SECRET),
    "PASSWORD": EntityType("credential", "critical", "block", Kind.SECRET),
    "PRIVATE_KEY": EntityType("credential", "critical", "block", Kind.SECRET),
    # direct identifiers: one value points at one person
    "ACCOUNT_NUMBER": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    # a number that one business gave one customer: it opens the file that everything else stands in
    "CUSTOMER_ID": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "EMAIL_ADDRESS": EntityType("direct_identifier", "high", "block", Kind.EMAIL),
    "PHONE_NUMBER": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "STREET_ADDRESS": EntityType("direct_identifier", "high", "block", Kind.WORDS),
    "UK_NHS": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    # chosen by a person and used in many places, but most are public by design: a person should look
    "USERNAME": EntityType("direct_identifier", "medium", "review", Kind.WORDS),
    "US_DRIVER_LICENSE": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "US_ITIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "US_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "US_SSN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    # money
    # what PCI DSS calls sensitive authentication data: with a card's number they pay, and nobody may keep them
    "CARD_PIN": EntityType("financial", "critical", "block", Kind.NUMBER),
    "CARD_SECURITY_CODE": EntityType("financial", "critical", "block", Kind.NUMBER),
    "CARD_TRACK_DATA": EntityType("financial", "critical", "block", Kind.SECRET),
    "CREDIT_CARD": EntityType("financial", "critical", "block", Kind.NUMBER),
    "CRYPTO": EntityType("financial", "high", "block", Kind.SECRET),
    "IBAN_CODE": EntityType("financial", "high", "block", Kind.NUMBER),
    "US_BANK_NUMBER": EntityType("financial", "high", "review", Kind.NUMBER),
    # health; a condition is one of Art. 9 too, but policies already speak of health as a category of its own
    "HEALTH_CONDITION": EntityType("health", "high", "review", Kind.TERM),
    "MEDICAL_RECORD_NUMBER": EntityType("health", "critical", "block", Kind.NUMBER),  # one patient, one file
    "MEDICAL_LICENSE": EntityType("health", "high", "review", Kind.NUMBER),
    # special categories (GDPR Art. 9)
    # What a sentence or a column says of one person. All of these are for review: whether the person is real, alive and
    # not speaking of it in public themselves (Art. 9(2)(e)), no pattern can tell.
    "BIOMETRIC_DATA": EntityType("special_category", "high", "review", Kind.SECRET),
    "ETHNIC_ORIGIN": EntityType("special_category", "high", "review", Kind.TERM),
    "GENETIC_DATA": EntityType("special_category", "high", "review", Kind.TERM),
    "NRP": EntityType("special_category", "low", "review", Kind.WORDS),
    "POLITICAL_OPINION": EntityType("special_category", "high", "review", Kind.TERM),
    "RELIGION": EntityType("special_category", "high", "review", Kind.TERM),
    "SEXUAL_ORIENTATION": EntityType("special_category", "high", "review", Kind.TERM),
    "TRADE_UNION": EntityType("special_category", "high", "review", Kind.TERM),
    # quasi-identifiers: they single a person out only together, and every real dataset is full of them
    "AGE": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    # few people are so old, so that it singles out what another age does not (45 CFR 164.514(b)(2)(i)(C))
    "AGE_OVER_89": EntityType("quasi_identifier", "medium", "review", Kind.WORDS),
    "DATE_OF_BIRTH": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "DATE_TIME": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "GENDER": EntityType("quasi_identifier", "low", "review", Kind.TERM),
    "ID": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "IP_ADDRESS": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    # a vehicle is tied to its keeper by a register that not everybody may read
    "LICENSE_PLATE": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "LOCATION": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    "MAC_ADDRESS": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "ORGANIZATION": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    # one purchase: it leads to a person only through the shop that gave it
    "ORDER_NUMBER": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "PERSON": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    "POSTAL_AREA": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),  # the first three digits of a ZIP code
    "POSTAL_CODE": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    # graver than any of its parts, as together they single somebody out; for review, as they may be of several people
    "QUASI_IDENTIFIER_COMBINATION": EntityType("quasi_identifier", "high", "review", Kind.COMBINATION),
    "URL": EntityType("quasi_identifier", "low", "review", Kind.SECRET),
    "UUID": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "VEHICLE_VIN": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),  # as a plate, but for life
    # a date of which nothing but the year is told
    "YEAR": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    # name, title, telephone and mail of one person, side by side; the parts that block are findings of their own
    "EMAIL_SIGNATURE": EntityType("direct_identifier", "medium", "review", Kind.COMBINATION),
    # confidential: what a house or a state keeps to itself. A marking of a published scheme binds whoever holds the
    # text, so one that is proven blocks; the bare word on a line of its own is not proven
    "CONFIDENTIALITY_MARKER": EntityType("confidential", "high", "block", Kind.TERM),
    "INTERNAL_HOST": EntityType("confidential", "low", "review", Kind.SECRET),
    # national identifiers that Presidio knows, looked for where a policy names the region
    "AU_TFN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "CA_SIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "DE_SOCIAL_SECURITY": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "DE_TAX_ID": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "ES_NIE": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "ES_NIF": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "FI_PERSONAL_IDENTITY_CODE": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "IN_AADHAAR": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "IN_PAN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "IT_FISCAL_CODE": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "KR_FRN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "KR_RRN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "NG_NIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "PH_TIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "PH_UMID": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "PL_PESEL": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "SE_PERSONNUMMER": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "SG_NRIC_FIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "TH_TNIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "TR_NATIONAL_ID": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "UK_NINO": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "ZA_ID_NUMBER": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "DE_FUEHRERSCHEIN": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "DE_ID_CARD": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "DE_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "DE_TAX_NUMBER": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ES_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "IN_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "IN_VOTER": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "IT_DRIVER_LICENSE": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "IT_IDENTITY_CARD": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "IT_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "KR_DRIVER_LICENSE": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "KR_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "PH_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "UK_DRIVING_LICENCE": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "UK_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ZA_DRIVER_LICENSE": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ZA_INCOME_TAX_NUMBER": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ZA_MOBILE_NUMBER": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ZA_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ZA_TELEPHONE_NUMBER": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "ZA_TRAFFIC_REGISTER_NUMBER": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "AU_MEDICARE": EntityType("health", "high", "block", Kind.NUMBER),
    "DE_HEALTH_INSURANCE": EntityType("health", "high", "block", Kind.NUMBER),
    "US_HEALTH_INSURANCE_MEMBER_ID": EntityType("health", "high", "block", Kind.NUMBER),
    "US_MBI": EntityType("health", "high", "block", Kind.NUMBER),
    "US_CLAIM_NUMBER": EntityType("health", "medium", "review", Kind.NUMBER),
    "US_PRESCRIPTION_NUMBER": EntityType("health", "medium", "review", Kind.NUMBER),
    "US_PRIOR_AUTHORIZATION_NUMBER": EntityType("health", "medium", "review", Kind.NUMBER),
    "US_REFERRAL_NUMBER": EntityType("health", "medium", "review", Kind.NUMBER),
    "CA_POSTAL_CODE": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "DE_KFZ": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "DE_PLZ": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "IN_VEHICLE_REGISTRATION": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "NG_VEHICLE_REGISTRATION": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "TR_LICENSE_PLATE": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "UK_POSTCODE": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "UK_VEHICLE_REGISTRATION": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "ZA_LICENSE_PLATE": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    # numbers of companies and of professionals in public registers
    "ABA_ROUTING_NUMBER": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "AU_ABN": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "AU_ACN": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "DE_BSNR": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "DE_HANDELSREGISTER": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "DE_LANR": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "DE_VAT_ID": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "IN_GSTIN": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "IT_VAT_CODE": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "KR_BRN": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "SE_ORGANISATIONSNUMMER": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "SG_UEN": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "US_NPI": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "US_PROVIDER_TAX_ID": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "ZA_COMPANY_REGISTRATION": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "ZA_VAT_NUMBER": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    # national identifiers of our own rules (rules/national.yaml), looked for where a policy names the region
    "AR_CUIT": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "AR_DNI": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "AT_SVNR": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "AT_TAX_NUMBER": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "BE_NATIONAL_NUMBER": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "BG_EGN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "BG_LNCH": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "BR_CPF": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "CH_AHV": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "CL_RUT": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "CN_RIC": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "CZ_SK_BIRTH_NUMBER": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "DK_CPR": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "DO_CEDULA": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "EC_CI": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "EE_ISIKUKOOD": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "FR_NIR": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "FR_TAX_ID": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "GR_AFM": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "GR_AMKA": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "HR_OIB": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "ID_NIK": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "IE_PPSN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "IL_ID": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "IS_KENNITALA": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "JMBG": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "JP_MY_NUMBER": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "LT_ASMENS_KODAS": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "LV_PERSONAS_KODS": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "MX_CURP": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "MX_RFC": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "MY_NRIC": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "NL_BSN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "NO_FODSELSNUMMER": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "NZ_IRD": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "PE_DNI": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "PK_CNIC": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "PL_ID_CARD": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "PL_DRIVER_LICENSE": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "PL_NIP": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "PL_PASSPORT": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "PT_CC": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "PT_NIF": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "RO_CNP": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "RU_INN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "SI_EMSO": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "SI_TAX_NUMBER": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "UA_RNOKPP": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "UK_UTR": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "CA_HEALTH_NUMBER": EntityType("health", "high", "block", Kind.NUMBER),
    # in public registers, of sole traders as well
    "PL_REGON": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "US_PTIN": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
}


def entity_type(name: str) -> EntityType:
    """Return what is known about an entity type; an unknown one is ``UNLISTED``."""
    return ENTITY_TYPES.get(name, UNLISTED)
