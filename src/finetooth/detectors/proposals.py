"""Reading what the generic rules propose: where the value really begins and ends, and whether it is a secret at all.

``rules/generic.yaml`` only proposes, wide and fast. Here a proposal is read as a person would: quotes are closed, a
private key runs to its end, punctuation of the sentence is left off, and placeholders, code and ordinary words are
dropped. Pure functions; no library is imported.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from finetooth.detectors import secret_forms
from finetooth.detectors.passwords import password_like
from finetooth.detectors.placeholders import doubtful, placeholder, stand_in
from finetooth.detectors.randomness import core, known_prefix, mixed
from finetooth.detectors.readings import (
    LONGEST_QUOTED,
    Reading,
    about_a_password,
    goes_on,
    in_quotes,
    names_data,
    trimmed,
)
from finetooth.span import Span

_WORDLIKE: Final = {"an ordinary word", "an identifier made of words"}
_PASSWORD_OPTION: Final = re.compile(r"(?i)\b(?:psexec|sshpass)")
"""Programs of which -p is a password and nothing else."""
_SHORTEST_LITERAL: Final = 4
_NAME: Final = 60
"""How much is read before a value for its name, in code points."""
_DEFINES: Final = re.compile(r"\)\s{0,2}:\s*\n\s*[\"']{0,3}$")
"""The end of the first line of a function; what follows is its docstring."""
_OPEN_CALL: Final = re.compile(r"[A-Za-z_][\w.]*\([\w.]*=?")
_OF_EACH_KIND: Final = 2
_SIGNS: Final = 3
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}
_TOKEN_LIKE: Final = re.compile(r"[A-Za-z0-9_.+/=~$%^-]*")
"""What the rules for keys read."""


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
        span = trimmed(text, span)
        value = span.of(text)
        if placeholder(value) or not mixed(value) or goes_on(text, span.end):
            return None
        sure = proven and core(value) and not doubtful(value) and not known_prefix(value)  # the catalogue proves these
        return Reading(span, entity_type, "context" if sure else "none")

    return reading


def _named_key(text: str, span: Span) -> Reading | None:
    """Read what any name that ends in "key" is given: for review, and nothing where it is words and numbers."""
    if names_data(text[max(0, span.start - _NAME) : span.start]) or not core(span.of(text)):
        return None
    return _key("API_KEY", proven=False)(text, span)


def _assigned_password(text: str, span: Span) -> Reading | None:
    before = text[max(0, span.start - _NAME) : span.start]
    if about_a_password(before) or _DEFINES.search(before):
        return None
    span, quoted = in_quotes(text, span)
    if not quoted:
        cut = re.search(r"</|\\[nr\"']|[&|]", span.of(text))  # the end of an XML value, an escape, a query parameter
        if cut:
            if cut.start() == 0:
                return None
            span = Span(span.start, span.start + cut.start())
        span = trimmed(text, span)
    value = span.of(text)
    reason = placeholder(value)
    if reason in _WORDLIKE and not stand_in(value) and _in_code(text, span, quoted=quoted):
        return Reading(span, "PASSWORD", "none")  # people do choose words
    # What begins with a closing mark is the rest of a label or a list: passwordLabel:"Password:",next:…
    if reason or value[0] in ",;:)]}>=|&" or (not quoted and (goes_on(text, span.end) or _call(text, span))):
        return None
    if password_like(value):
        return Reading(span, "PASSWORD", "none" if doubtful(value) else "context")
    # A number after a keyword may be a PIN; a quoted phrase may be a passphrase. Either may also be neither.
    if _pin(value) or (quoted and _phrase(value)):
        return Reading(span, "PASSWORD", "none")
    return None


def _call(text: str, span: Span) -> bool:
    """Tell whether a value is a call of which the arguments go on behind the comma or the mark where it was cut off."""
    return _OPEN_CALL.fullmatch(span.of(text)) is not None and text[span.end : span.end + 1] in set(",\"'")


def _told_password(text: str, span: Span) -> Reading | None:
    span, quoted = in_quotes(text, span)
    span = trimmed(text, span)
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
    span, _ = in_quotes(text, span)
    span = trimmed(text, span)
    value = span.of(text)
    mixed = any(map(str.isalpha, value)) and any(map(str.isdigit, value))
    return Reading(span, "PASSWORD", "context") if mixed and password_like(value) and not placeholder(value) else None


def _argument(text: str, span: Span) -> Reading | None:
    """Read a password that stands where only a password can: an argument, an option, a field of a known layout."""
    span, quoted = in_quotes(text, span)
    if not quoted:
        span = trimmed(text, span)
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
    start = text.rfind(text[close], max(0, close - LONGEST_QUOTED), close) + 1
    if start == 0 or close - start < _SHORTEST_LITERAL or "\n" in text[start:close]:
        return None
    value = text[start:close]
    if stand_in(value) or placeholder(value) or " " in value:
        return None
    return Reading(
        Span(start, close), "PASSWORD", "context" if password_like(value) and not doubtful(value) else "none"
    )


def _following(text: str, span: Span) -> Reading | None:
    span = trimmed(text, span)
    value = span.of(text)
    return Reading(span, "PASSWORD", "none") if mixed(value) and not placeholder(value) else None


def _literal(text: str, span: Span) -> Reading | None:
    span, quoted = in_quotes(text, span)
    value = span.of(text)
    if not quoted or stand_in(value) or placeholder(value) or goes_on(text, span.end):
        return None
    if _TOKEN_LIKE.fullmatch(value):
        return None  # the rules for keys judge these
    signs = set(re.sub(r"[\w\s.,;:'’()/-]", "", value))
    if " " in value or (len(signs) < 3 and not password_like(value)):  # noqa: PLR2004
        return None
    return Reading(span, "API_KEY", "none" if doubtful(value) or len(signs) < 3 else "context")  # noqa: PLR2004


def _short_key(text: str, span: Span) -> Reading | None:
    """Read a value that is too short to look random, after a name that only a secret has."""
    span = trimmed(text, span)
    value = span.of(text)
    if stand_in(value) or placeholder(value) or goes_on(text, span.end) or not password_like(value):
        return None
    if known_prefix(value) or (re.search(r"[-_.]", value) and not core(value)):
        return None  # a provider's key that is cut off; words and numbers, joined
    if sum(map(str.isalpha, value)) < _OF_EACH_KIND or sum(map(str.isdigit, value)) < _OF_EACH_KIND:
        return None
    return Reading(span, "API_KEY", "none")


def _line(text: str, span: Span) -> Reading | None:
    """Read what fills a line of settings: a value full of signs, told from an expression by its brackets."""
    value = span.of(text)
    signs = set(re.sub(r"[\w\s.,;:'’/+=~-]", "", value))
    brackets = _unbalanced(value)
    if len(signs) < _SIGNS or not (brackets or (len(signs) > _SIGNS and not re.search(r"[()\[\]{}]", value))):
        return None
    if stand_in(value) or placeholder(value) or value[-1] in "([{,\\|&?+=;":
        return None  # code, which ends here or goes on in the next line
    return Reading(span, "API_KEY", "none" if doubtful(value) else "context")


def _unbalanced(value: str) -> bool:
    """Tell whether a bracket of a value was not opened, not closed, or closed by another, which no code does."""
    opened: list[str] = []
    for each in re.findall(r"[()\[\]{}]", value):
        if each in _BRACKETS:
            opened.append(_BRACKETS[each])
        elif not opened or opened.pop() != each:
            return True
    return bool(opened)


def _placed(text: str, span: Span) -> Reading | None:
    """Read what stands where a command takes a password, and looks like one by itself."""
    reading = _argument(text, span)
    return reading if reading is not None and password_like(reading.span.of(text)) else None


def _in_code(text: str, span: Span, *, quoted: bool) -> bool:
    """Tell whether code or configuration assigns a value for sure: a quoted literal, or a line NAME=value."""
    before = text[max(0, span.start - 80) : span.start].rpartition("\n")[2]
    if quoted:
        ends = text[span.end + 1 : span.end + 2]
        return re.search(r"(?:=|=>|:)\s*@?[\"'`]$", before) is not None and (not ends or ends in " \t\r\n,;:)}]")
    return re.search(r"^\s*(?:export\s+|ENV\s+|-e\s+)?[A-Z][A-Z0-9_]*=$", before) is not None


def _pin(value: str) -> bool:
    return bool(re.fullmatch(r"\d{4,12}", value)) and len(set(value)) > 2 and not re.fullmatch(r"(?:19|20)\d\d", value)  # noqa: PLR2004


def _phrase(value: str) -> bool:
    return bool(re.fullmatch(r"[\w'’ ,.!?\-]{4,100}", value)) and len(value.split()) <= 8  # noqa: PLR2004


_READERS: Final[dict[str, Callable[[str, Span], Reading | None]]] = {
    **secret_forms.READERS,
    "finetooth.api-key-assignment": _key("API_KEY"),
    "finetooth.api-key-prose": _key("API_KEY"),
    "finetooth.named-key": _named_key,
    "finetooth.token-assignment": _key("ACCESS_TOKEN"),
    "finetooth.authorization-bearer": _key("ACCESS_TOKEN"),
    "finetooth.aws-secret-access-key": _key("API_KEY"),
    "finetooth.password-assignment": _assigned_password,
    "finetooth.password-option": _assigned_password,
    "finetooth.password-prose": _told_password,
    "finetooth.password-apposition": _bare_password,
    "finetooth.login-pair": _bare_password,
    "finetooth.following-value": _following,
    "finetooth.xml-setting": _argument,
    "finetooth.credential-arguments": _argument,
    "finetooth.sql-password": _argument,
    "finetooth.netrc-password": _argument,
    "finetooth.password-short-option": _glued,
    "finetooth.compared-password": _compared,
    "finetooth.secret-literal": _literal,
    "finetooth.short-secret": _short_key,
    "finetooth.secret-line": _line,
    "finetooth.query-key": _key("API_KEY"),
    "finetooth.xml-element": _argument,
    "finetooth.variable-default": _argument,
    "finetooth.password-call": _argument,
    "finetooth.password-fallback": _placed,
    "finetooth.password-setting": _argument,
    "finetooth.password-command": _placed,
    "finetooth.piped-password": _placed,
    "finetooth.pgpass-password": _placed,
}
