"""What a rule of Kingfisher's catalogue found: which entity type, and how well it is proven.

The catalogue names some five hundred rules for their provider (``betterleaks.github-pat``); a policy speaks of five
types of credential. The mapping is by words of the rule's id and by the shape of its pattern, so that rules which a
later version adds fall into place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from finetooth.match import Validation


@dataclass(frozen=True, slots=True)
class Meaning:
    """What every match of one rule is."""

    rule: str
    """Its id as finetooth shows it, such as ``kingfisher.github-pat``."""
    entity_type: str
    """Such as ``ACCESS_TOKEN``."""
    validation: Validation
    """How a match of it is proven."""


_TYPES: Final = (
    # The first that fits decides, so the most telling word comes first. Words are whole: 1Password is no password.
    ("PRIVATE_KEY", re.compile(r"\bprivate-key\b|\bage-secret-key\b|\bservice-account$")),
    (
        "CONNECTION_STRING",
        re.compile(r"\bconnection-string\b|(?:bitbucket|codecatalyst|codecommit)credentials|\bsensitive-url\b"),
    ),
    ("PASSWORD", re.compile(r"\bpassword\b|\bpassphrase\b|\bcredential-uri\b|\bauth-user\b|\bkubernetes-secret\b")),
    (
        "ACCESS_TOKEN",
        re.compile(r"token|\bpat\b|\bp[tr]t\b|oauth|\bjwt\b|\bsession\b|\bcookie\b|\bauth-header\b|\bwebhook\b"),
    ),
)

_PUBLIC: Final = re.compile(
    r"(?:-id|-pub(?:lic)?-(?:api-)?key|-publishable-key|-username|-domain|-host|-name|"
    r"-(?:client|mobile|browser)-(?:sdk-key|api-token)|(?<!webhook)(?<!sensitive)-url)(?:\.\d+)?$"
)
"""Rules whose match names an account, an application or a host, or a key meant to be shipped to every browser. Such a
value opens no door by itself, so it is no proof: it is kept for review, because its secret is seldom far."""

_NEEDS_A_WORD: Final = re.compile(r"\(\?:=\||\{0,\d{2}\}\??|\[:=\]|\(\?:=\|:\)")
"""How the catalogue's patterns say "the provider's name, a few characters or an assignment, then the value": without
that word nearby the value is any run of letters and digits. A pattern without it knows the value by its own prefix."""

_BY_STRUCTURE: Final = re.compile(
    r"^private-key$|^jwt\b|\bcredential-uri\b|\bconnection-string\b|(?:bitbucket|codecatalyst|codecommit)credentials|"
    r"^gcp-(?:service-account|application-default-credentials)$|\bsensitive-url\b"
)
"""A PEM block, a JSON Web Token, a URI with user and password or a service account's JSON is one whoever issued it."""


def meaning(rule_id: str, pattern: str) -> Meaning:
    """Return what a rule of the catalogue finds.

    Args:
        rule_id: The catalogue's id, such as ``betterleaks.github-pat``.
        pattern: The rule's regular expression.
    """
    name = rule_id.rsplit("/", maxsplit=1)[-1].removeprefix("betterleaks.").removeprefix("kingfisher.")
    entity_type = next((entity for entity, words in _TYPES if words.search(name)), "API_KEY")
    validation: Validation
    if _PUBLIC.search(name):
        validation = "none"
    elif _BY_STRUCTURE.search(name):
        validation = "structure"
    elif _NEEDS_A_WORD.search(pattern):
        validation = "context"
    else:
        validation = "provider"
    return Meaning(f"kingfisher.{name}", entity_type, validation)
