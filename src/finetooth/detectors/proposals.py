"""Reading what the generic rules propose: where the value really begins and ends, and whether it is a secret at all.

``rules/generic.yaml`` only proposes, wide and fast. Here a proposal is read as a person would: quotes are closed, a
private key runs to its end, punctuation of the sentence is left off, and placeholders, code and ordinary words are
dropped. Pure functions; no library is imported.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from finetooth.detectors.passwords import password_like
from finetooth.detectors.placeholders import documentation_example, doubtful, placeholder, stand_in
from finetooth.detectors.randomness import entropy, mixed
from finetooth.match import Validation
from finetooth.span import Span

_WORDLIKE: Final = {"an ordinary word", "an identifier made of words"}
_QUOTES: Final = {'"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»"}
_PEM_END: Final = re.compile(r"-----END[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY: Final = re.compile(r"(?:[A-Za-z0-9+/=]{16,}|[A-Z][\w-]{2,20}: [^\n]{1,80})")
_LONGEST_QUOTED: Final = 100
_LONGEST_PEM: Final = 20_000
_PASSWORD_OPTION: Final = re.compile(r"(?i)\b(?:psexec|sshpass)")
"""Programs of which -p is a password and nothing else."""
_SHORTEST_LITERAL: Final = 4
_TOKEN_LIKE: Final = re.compile(r"[A-Za-z0-9_.+/=~$%^-]*")
"""What the rules for keys read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a proposal turned out to be."""

    span: Span
    """Where the secret stands, in code points of the text."""
    entity_type: str
    """Such as ``PASSWORD``."""
    validation: Validation
    """How it was proven; ``none`` where it may as well be an ordinary word."""


def read(rule: str, text: str, span: Span) -> Reading | None:
    """Return what a generic rule's proposal is, or None where it is no secret.

    Args:
        rule: Id of a rule of ``rules/generic.yaml``, such as ``finetooth.password-prose``.
        text: The whole text.
        span: What the rule proposes, in code points.
    """
    return _READERS[rule](text, span)


def _key(entity_type: str, *, proven: bool = True) -> Callable[[str, Span], Reading | None]:
    def reading(text: str, span: Span) -> Reading | None:
        span = _trimmed(text, span)
        value = span.of(text)
        if placeholder(value) or not mixed(value) or goes_on(text, span.end):
            return None
        return Reading(span, entity_type, "context" if proven and not doubtful(value) else "none")

    return reading


def _assigned_password(text: str, span: Span) -> Reading | None:
    span, quoted = _quoted(text, span)
    if not quoted:
        cut = re.search(r"</|\\[nr\"']|[&|]", span.of(text))  # the end of an XML value, an escape, a query parameter
        if cut:
            if cut.start() == 0:
                return None
            span = Span(span.start, span.start + cut.start())
        span = _trimmed(text, span)
    value = span.of(text)
    reason = placeholder(value)
    if reason in _WORDLIKE and not stand_in(value) and _in_code(text, span, quoted=quoted):
        return Reading(span, "PASSWORD", "none")  # people do choose words
    # What begins with a closing mark is the rest of a label or a list: passwordLabel:"Password:",next:…
    if reason or value[0] in ",;:)]}>=|&" or (not quoted and goes_on(text, span.end)):
        return None
    if password_like(value):
        return Reading(span, "PASSWORD", "none" if doubtful(value) else "context")
    # A number after a keyword may be a PIN; a quoted phrase may be a passphrase. Either may also be neither.
    if _pin(value) or (quoted and _phrase(value)):
        return Reading(span, "PASSWORD", "none")
    return None


def _told_password(text: str, span: Span) -> Reading | None:
    span, quoted = _quoted(text, span)
    span = _trimmed(text, span)
    value = span.of(text)
    if placeholder(value):
        # "an ordinary word" is no objection to a value that someone put in quotation marks.
        if not (quoted and placeholder(value) == "an ordinary word"):
            return None
        return Reading(span, "PASSWORD", "none")
    if password_like(value) or (quoted and " " in value and _phrase(value)):
        return Reading(span, "PASSWORD", "context")
    return Reading(span, "PASSWORD", "none") if _pin(value) else None


def _bare_password(text: str, span: Span) -> Reading | None:
    """Read a password that no verb introduces: it must look like one all by itself, with a letter and a digit."""
    span, _ = _quoted(text, span)
    span = _trimmed(text, span)
    value = span.of(text)
    mixed = any(map(str.isalpha, value)) and any(map(str.isdigit, value))
    return Reading(span, "PASSWORD", "context") if mixed and password_like(value) and not placeholder(value) else None


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


def _argument(text: str, span: Span) -> Reading | None:
    """Read a password that stands where only a password can: an argument, an option, a field of a known layout."""
    span, quoted = _quoted(text, span)
    if not quoted:
        span = _trimmed(text, span)
    value = span.of(text)
    if stand_in(value) or (not quoted and goes_on(text, span.end)):
        return None
    proven = password_like(value) and not placeholder(value) and not doubtful(value)
    return Reading(span, "PASSWORD", "context" if proven else "none")


def _glued(text: str, span: Span) -> Reading | None:
    """Read what stands after a short option: `-p` of one program is a password, and of another a port or a path."""
    reading = _argument(text, span)
    if reading is None:
        return None
    sure = _PASSWORD_OPTION.search(text[max(0, span.start - 200) : span.start].rpartition("\n")[2])
    return reading if sure or password_like(reading.span.of(text)) else None


def _compared(text: str, span: Span) -> Reading | None:
    """Read the literal that stands before a comparison with a password."""
    end = re.search(r"[\"'`]\s?[!=]{2,3}\s?$", text[max(0, span.start - 6) : span.start])
    if end is None:
        return None
    close = max(0, span.start - 6) + end.start()
    start = text.rfind(text[close], max(0, close - _LONGEST_QUOTED), close) + 1
    if start == 0 or close - start < _SHORTEST_LITERAL or "\n" in text[start:close]:
        return None
    value = text[start:close]
    if stand_in(value) or placeholder(value) or " " in value:
        return None
    return Reading(
        Span(start, close), "PASSWORD", "context" if password_like(value) and not doubtful(value) else "none"
    )


def _following(text: str, span: Span) -> Reading | None:
    span = _trimmed(text, span)
    value = span.of(text)
    return Reading(span, "PASSWORD", "none") if mixed(value) and not placeholder(value) else None


def _literal(text: str, span: Span) -> Reading | None:
    span, quoted = _quoted(text, span)
    value = span.of(text)
    if not quoted or stand_in(value) or placeholder(value) or goes_on(text, span.end):
        return None
    if _TOKEN_LIKE.fullmatch(value):
        return None  # the rules for keys judge these
    signs = set(re.sub(r"[\w\s.,;:'’()/-]", "", value))
    if " " in value or (len(signs) < 3 and not password_like(value)):  # noqa: PLR2004
        return None
    return Reading(span, "API_KEY", "none" if doubtful(value) or len(signs) < 3 else "context")  # noqa: PLR2004


def _format(entity_type: str) -> Callable[[str, Span], Reading | None]:
    """Read a value in a provider's own format: proven, unless it is an example or looks invented."""

    def reading(text: str, span: Span) -> Reading | None:
        value = span.of(text)
        if documentation_example(value) or entropy(value) < 2.5:  # noqa: PLR2004
            return None
        return Reading(span, entity_type, "none" if doubtful(value) else "provider")

    return reading


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
    span = _trimmed(text, span)
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
        span = _trimmed(text, span)
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


def _private_key_in_base64(text: str, span: Span) -> Reading | None:
    value = span.of(text).rstrip("=")
    decoded = base64.b64decode(value[: len(value) // 4 * 4]).decode("latin-1")
    return (
        Reading(span, "PRIVATE_KEY", "structure")
        if re.match(r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY", decoded)
        else None
    )


def _quoted(text: str, span: Span) -> tuple[Span, bool]:
    """Extend a value that begins behind a quotation mark to the mark that closes it on the same line."""
    start = span.start
    if text[start] in "“‘«" and len(span) > 1:
        start += 1
    mark = text[start - 1 : start]
    close = _QUOTES.get(mark)
    if close is None:
        return span, False
    end = text.find(close, start, start + _LONGEST_QUOTED)
    if end <= start or "\n" in text[start:end]:
        return span, False
    while text[end - 1] == "\\" and end - 1 > start:  # "…\" inside a JSON string
        end -= 1
    return Span(start, end), True


def _trimmed(text: str, span: Span) -> Span:
    """Leave off what belongs to the sentence or the code: closing punctuation, and brackets that were not opened."""
    start, end = span.start, span.end
    while end - start > 1:
        last = text[end - 1]
        inside = text[start:end]
        if last in ".,;:?\"'`”’»*\\" or (
            last in ")]}>" and inside.count(last) > inside.count("([{<"[")]}>".index(last)])
        ):
            end -= 1
        else:
            break
    return Span(start, end)


def _in_code(text: str, span: Span, *, quoted: bool) -> bool:
    """Tell whether code or configuration assigns a value for sure: a quoted literal, or a line NAME=value."""
    before = text[max(0, span.start - 80) : span.start].rpartition("\n")[2]
    if quoted:
        ends = text[span.end + 1 : span.end + 2]
        return re.search(r"(?:=|=>|:)\s*@?[\"'`]$", before) is not None and (not ends or ends in " \t\r\n,;:)}]")
    return re.search(r"^\s*(?:export\s+|ENV\s+|-e\s+)?[A-Z][A-Z0-9_]*=$", before) is not None


def goes_on(text: str, end: int) -> bool:
    """Tell whether a value is only a part of what stands there: of a call, an index or an attribute, of a longer word.

    Args:
        text: The text.
        end: Where the value ends, in code points.
    """
    return (
        text[end : end + 1] in {"(", "["}
        or text[end : end + 2] in {"->", "::", "?."}
        or re.match(r"[?!*$^]\w", text[end : end + 2]) is not None
    )


def _pin(value: str) -> bool:
    return bool(re.fullmatch(r"\d{4,12}", value)) and len(set(value)) > 2 and not re.fullmatch(r"(?:19|20)\d\d", value)  # noqa: PLR2004


def _phrase(value: str) -> bool:
    return bool(re.fullmatch(r"[\w'’ ,.!?\-]{4,100}", value)) and len(value.split()) <= 8  # noqa: PLR2004


_READERS: Final[dict[str, Callable[[str, Span], Reading | None]]] = {
    "finetooth.api-key-assignment": _key("API_KEY"),
    "finetooth.api-key-prose": _key("API_KEY"),
    "finetooth.prefixed-key": _prefixed_key,
    "finetooth.named-key": _key("API_KEY", proven=False),  # a sort key or a cache key has a name as well
    "finetooth.token-assignment": _key("ACCESS_TOKEN"),
    "finetooth.authorization-bearer": _key("ACCESS_TOKEN"),
    "finetooth.authorization-basic": _basic,
    "finetooth.aws-access-key-id": _access_key_id,
    "finetooth.aws-secret-access-key": _key("API_KEY"),
    "finetooth.password-assignment": _assigned_password,
    "finetooth.password-option": _assigned_password,
    "finetooth.password-prose": _told_password,
    "finetooth.password-apposition": _bare_password,
    "finetooth.login-pair": _bare_password,
    "finetooth.connection-uri": _connection(re.compile(r"://(?P<user>[^:/@]*):(?P<password>[^@]*)@")),
    "finetooth.connection-string": _connection(
        re.compile(r"(?i)(?:password|pwd|accountkey|sharedaccesskey)\s?=\s?(?P<password>[^;&\s]+)")
    ),
    "finetooth.password-hash": _hash,
    "finetooth.following-value": _following,
    "finetooth.xml-setting": _argument,
    "finetooth.credential-arguments": _argument,
    "finetooth.sql-password": _argument,
    "finetooth.netrc-password": _argument,
    "finetooth.password-short-option": _glued,
    "finetooth.compared-password": _compared,
    "finetooth.secret-literal": _literal,
    "finetooth.telegram-bot-token": _format("ACCESS_TOKEN"),
    "finetooth.discord-bot-token": _discord,
    "finetooth.mailchimp-key": _format("API_KEY"),
    "finetooth.jwt": _jwt,
    "finetooth.provider-key": _format("API_KEY"),
    "finetooth.azure-key": _format("API_KEY"),
    "finetooth.google-oauth-token": _format("ACCESS_TOKEN"),
    "finetooth.webhook": _format("ACCESS_TOKEN"),
    "finetooth.okta-token": _format("API_KEY"),
    "finetooth.vault-unseal-key": _format("API_KEY"),
    "finetooth.kerberos-hash": _hash,
    "finetooth.private-key-base64": _private_key_in_base64,
    "finetooth.private-key": _private_key,
}
