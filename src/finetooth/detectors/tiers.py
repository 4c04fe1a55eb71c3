"""Which findings stop a release, and which a person should look at."""

from __future__ import annotations

from finetooth.entities import Tier, entity_type
from finetooth.match import Validation
from finetooth.policy import EntityOverride


def tier(name: str, validation: Validation, override: EntityOverride | None = None) -> Tier:
    """Return the tier of a match.

    A policy's own word wins. Otherwise a type that the catalogue marks ``block`` blocks only where the match is proven:
    by a checksum, its structure, a provider's format or the words before it. What nothing proves is for review, since a
    gate that cries wolf is switched off.

    Args:
        name: Entity type, such as ``EMAIL_ADDRESS``.
        validation: How the match was proven.
        override: What the policy says of this entity type.
    """
    if override is not None and override.tier is not None:
        return override.tier
    if entity_type(name).tier == "block" and validation != "none":
        return "block"
    return "review"
