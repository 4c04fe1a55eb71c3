"""Values whose own form proves them: keys of providers, web tokens, connection strings, password hashes, private keys.

What stands around such a value does not matter. Each reader takes what a rule of ``rules/generic.yaml`` proposes and
returns what it is, or None. Pure functions.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Final

from finetooth.detectors.placeholders import documentation_example, doubtful, placeholder
from finetooth.detectors.randomness import entropy, mixed
from finetooth.detectors.readings import Reading, trimmed
from finetooth.span import Span

_PEM_END: Final = re.compile(r"-----END[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY: Final = re.compile(r"(?:[A-Za-z0-9+/=]{16,}|[A-Z][\w-]{2,20}: [^\n]{1,80})")
_LONGEST_PEM: Final = 20_000


def _basic(text: str, span: Span) -> Reading | None:
    # RFC 7617: base64 of user, colon, password. What does not decode to that is no credential.
    value = span.of(text)
    try:
        user, colon, password = base64.b64decode(value + "=" * (-len(value) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not colon or placeholder(value) or placeholder(password) or not (user + password).isprintable():
        return None
    return Reading(span, "PASSWORD", "structure")


def _access_key_id(text: str, span: Span) -> Reading | None:
    # The id alone opens no door, but nothing else looks like it, and its secret is seldom far.
    return None if documentation_example(span.of(text)) else Reading(span, "API_KEY", "provider")


def _prefixed_key(text: str, span: Span) -> Reading | None:
    value = span.of(text)
    if value.startswith("pk_") or not mixed(value) or placeholder(value):
        return None  # pk_ is Stripe's prefix, and that of those who follow it, for keys that every browser is sent
    return Reading(span, "API_KEY", "provider")


def _hash(text: str, span: Span) -> Reading | None:
    return None if documentation_example(span.of(text)) else Reading(span, "PASSWORD", "structure")


def _format(entity_type: str) -> Callable[[str, Span], Reading | None]:
    """Read a value in a provider's own format: proven, unless it is an example or looks invented."""

    def reading(text: str, span: Span) -> Reading | None:
        value = span.of(text)
        if documentation_example(value) or entropy(value) < 2.5:  # noqa: PLR2004
            return None
        return Reading(span, entity_type, "none" if doubtful(value) else "provider")

    return reading


def _public(text: str, span: Span) -> Reading | None:
    return None if documentation_example(span.of(text)) else Reading(span, "API_KEY", "none")


def _discord(text: str, span: Span) -> Reading | None:
    value = span.of(text)
    number = value.partition(".")[0]
    try:
        numbered = base64.b64decode(number + "=" * (-len(number) % 4)).isdigit()
    except binascii.Error:
        numbered = False
    if documentation_example(value) or not mixed(value):
        return None
    return Reading(span, "ACCESS_TOKEN", "provider" if numbered and not doubtful(value) else "none")


def _jwt(text: str, span: Span) -> Reading | None:
    span = trimmed(text, span)
    value = span.of(text)
    if not json_web_token(value) or documentation_example(value):
        return None
    # 256 bits are the shortest signature that RFC 7518 knows.
    return Reading(span, "ACCESS_TOKEN", "structure" if len(value.rpartition(".")[2]) >= 43 else "none")  # noqa: PLR2004


def json_web_token(value: str) -> bool:
    """Tell whether header and payload of a token decode to JSON, the header with an algorithm (RFC 7515, 4.1.1).

    A payload that is encrypted (five parts) or of another kind does not have to be JSON.
    """
    header, payload, *rest = (*value.split("."), "")
    decoded = _json(header)
    return decoded is not None and ("alg" in decoded) and (_json(payload) is not None or len(rest) > 2)  # noqa: PLR2004


def _json(part: str) -> dict[str, object] | None:
    try:
        decoded = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _connection(password: re.Pattern[str]) -> Callable[[str, Span], Reading | None]:
    def reading(text: str, span: Span) -> Reading | None:
        span = trimmed(text, span)
        found = password.search(span.of(text))
        if not found or placeholder(found["password"]):
            return None
        if found["password"].lower() == (found.groupdict().get("user") or "").lower():
            return None  # user:user@ is how documentation writes it
        return Reading(span, "CONNECTION_STRING", "structure")

    return reading


def _private_key(text: str, span: Span) -> Reading | None:
    window = text[span.start : span.start + _LONGEST_PEM]
    end = _PEM_END.search(window)
    if end:
        stop = end.end()
    else:  # truncated: to the end of its last line of base64
        stop = len(span)
        for line in _PEM_BODY.finditer(window, window.index("-----", 10) + 5):
            if len(re.sub(r"\\[nr]|[\s\"'+>|]", "", window[stop : line.start()])) > 0 and line.start() > stop:
                break
            stop = max(stop, line.end())
    body = re.sub(r"-----[^-]*-----|\\[nr]|\s", "", window[:stop])
    if not re.search(r"[A-Za-z0-9+/]{20}", body) or re.search(r"(?i)x{8,}|\.{3,}|…|\*{4,}|example|your", body):
        return None  # a header without a key, or a key that is left out
    return Reading(Span(span.start, span.start + stop), "PRIVATE_KEY", "structure")


def _putty(text: str, span: Span) -> Reading | None:
    return Reading(
        trimmed(text, Span(span.start, span.start + len(span.of(text).rstrip()))), "PRIVATE_KEY", "structure"
    )


def _private_key_in_base64(text: str, span: Span) -> Reading | None:
    value = span.of(text).rstrip("=")
    decoded = base64.b64decode(value[: len(value) // 4 * 4]).decode("latin-1")
    return (
        Reading(span, "PRIVATE_KEY", "structure")
        if re.match(r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY", decoded)
        else None
    )


READERS: Final[dict[str, Callable[[str, Span], Reading | None]]] = {
    "finetooth.prefixed-key": _prefixed_key,
    "finetooth.authorization-basic": _basic,
    "finetooth.aws-access-key-id": _access_key_id,
    "finetooth.connection-uri": _connection(re.compile(r"://(?P<user>[^:/@]*):(?P<password>[^@]*)@")),
    "finetooth.connection-string": _connection(
        re.compile(r"(?i)(?:password|pwd|accountkey|sharedaccesskey)\s?=\s?(?P<password>[^;&\s]+)")
    ),
    "finetooth.password-hash": _hash,
    "finetooth.telegram-bot-token": _format("ACCESS_TOKEN"),
    "finetooth.discord-bot-token": _discord,
    "finetooth.mailchimp-key": _format("API_KEY"),
    "finetooth.jwt": _jwt,
    "finetooth.provider-key": _format("API_KEY"),
    "finetooth.client-identifier": _public,
    "finetooth.azure-key": _format("API_KEY"),
    "finetooth.azure-client-secret": _format("API_KEY"),
    "finetooth.google-oauth-token": _format("ACCESS_TOKEN"),
    "finetooth.webhook": _format("ACCESS_TOKEN"),
    "finetooth.okta-token": _format("API_KEY"),
    "finetooth.vault-unseal-key": _format("API_KEY"),
    "finetooth.kerberos-hash": _hash,
    "finetooth.shared-access-signature": _format("ACCESS_TOKEN"),
    "finetooth.putty-key": _putty,
    "finetooth.private-key-base64": _private_key_in_base64,
    "finetooth.private-key": _private_key,
}
"""By id of their rules."""
