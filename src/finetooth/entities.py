"""The catalogue of entity types: what each one is, how grave, and how it may be shown.

A policy may override severity and tier (``detect.entities``); category and kind are facts about the type. An entity
type that is not listed, such as one of a user's own rule, is treated as ``UNLISTED``: never dropped.
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
    "EMAIL_ADDRESS": EntityType("direct_identifier", "high", "block", Kind.EMAIL),
    "PHONE_NUMBER": EntityType("direct_identifier", "high", "block", Kind.NUMBER),
    "STREET_ADDRESS": EntityType("direct_identifier", "high", "block", Kind.WORDS),
    "UK_NHS": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "US_DRIVER_LICENSE": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "US_ITIN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    "US_PASSPORT": EntityType("direct_identifier", "high", "review", Kind.NUMBER),
    "US_SSN": EntityType("direct_identifier", "critical", "block", Kind.NUMBER),
    # money
    "CREDIT_CARD": EntityType("financial", "critical", "block", Kind.NUMBER),
    "CRYPTO": EntityType("financial", "high", "block", Kind.SECRET),
    "IBAN_CODE": EntityType("financial", "high", "block", Kind.NUMBER),
    "US_BANK_NUMBER": EntityType("financial", "high", "review", Kind.NUMBER),
    # health
    "MEDICAL_LICENSE": EntityType("health", "high", "review", Kind.NUMBER),
    # special categories (GDPR Art. 9)
    "NRP": EntityType("special_category", "low", "review", Kind.WORDS),
    # quasi-identifiers: they single a person out only together, and every real dataset is full of them
    "AGE": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    "DATE_OF_BIRTH": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "DATE_TIME": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
    "ID": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "IP_ADDRESS": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "LOCATION": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    "MAC_ADDRESS": EntityType("quasi_identifier", "medium", "review", Kind.NUMBER),
    "ORGANIZATION": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    "PERSON": EntityType("quasi_identifier", "low", "review", Kind.WORDS),
    "URL": EntityType("quasi_identifier", "low", "review", Kind.SECRET),
    "UUID": EntityType("quasi_identifier", "low", "review", Kind.NUMBER),
}


def entity_type(name: str) -> EntityType:
    """Return what is known about an entity type; an unknown one is ``UNLISTED``."""
    return ENTITY_TYPES.get(name, UNLISTED)
