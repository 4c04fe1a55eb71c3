"""Values that look random: keys and tokens of a provider that no catalogue knows.

Ordinary text hardly has a run of sixteen token characters, and asking whether it has costs a nanosecond a character.
Only where there is one does the rest of this module run: what stands before a run decides by which rule of
``rules/tokens.yaml`` it may be a token, and how random it must look. Nothing here proves anything, so every match is for
review.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from finetooth.detectors.placeholders import placeholder
from finetooth.detectors.proposals import goes_on
from finetooth.detectors.randomness import changes, core, hexadecimal, known_prefix, mixed, unbroken, uuid
from finetooth.match import Match
from finetooth.span import Span

RULES: Final = Path(__file__).parent / "rules" / "tokens.yaml"
"""The rules of this module."""

_SCORE: Final = 0.6
_SHORTEST: Final = 16
_LONGEST: Final = 600
"""In characters. What is longer is a file in an encoding, not a token."""
_BEFORE: Final = 100
"""How much of the line before a value is read, in code points."""

_TOKEN_CHARACTERS: Final = (string.ascii_letters + string.digits + "_-+/.~").encode()
_SHAPE: Final = bytes(ord("x") if byte in _TOKEN_CHARACTERS else ord(" ") for byte in range(256))
_LONG_RUN: Final = b"x" * _SHORTEST
_MAY_BE_RANDOM: Final = re.compile(r"[0-9]|[A-Za-z]{20}")
"""Words joined by hyphens, which most runs are, have neither."""
_RUN: Final = re.compile(r"[A-Za-z0-9_\-+/.~]{16,}={0,2}")


_DIGEST: Final = re.compile(
    r"(?i)(?<![a-z])(?:sha-?\d*|md5|hash(?:es|ed)?|digest|checksum|etag|commits?|integrity|fingerprint|thumbprint|"
    r"revision|rev|blob|gravatar|txn?|transaction|block)(?![a-z])|\bENC[\[(]"
)
"""Words for values that look random and open nothing; ENC[…] is how SOPS and others keep what they have encrypted."""

_NO_SECRET_NAME: Final = re.compile(
    r"(?i)(?:id|ids|identifier|uuid|guid|hash|sha\d*|md5|digest|checksum|crc\w*|etag|commit|rev|revision|version|"
    r"integrity|fingerprint|thumbprint|signature|sig|nonce|ur[lin]|href|link|src|source|path|file\w*|folder|dir|name|image|img|photo|"
    r"host\w*|domain|bucket|arn|public\w*|pub|cert\w*|address|addr|wallet|contract|text|content|body|data|payload|"
    r"hex|bytes|base64|seed|cursor|page\w*|video|v|list|sequence|seq|dna|rna|protein|isbn|serial|model|sku|vin|iban|"
    r"smiles|inchi|inchikey)$"
)
"""Last words of names for digests, identifiers, addresses and contents: random, and no secret."""

_OBJECT_PREFIX: Final = re.compile(
    r"(?i)(?:foo|bar|baz|test|example|sample|call|toolu|tooluse|chatcmpl|cmpl|msg|asst|thread|run|step|resp|file|batch|org|proj|user|req|item|rs|fc|"
    r"vs|ft|ftjob|evt|acct|cus|ch|py|pi|pm|price|prod|plan|sub|in|si|src|tok|txn|seti|card|ba|dp|re|po|cs|i|ami|vpc|vol|"
    r"sg|subnet|snap|eni|img|image|video|photo|vid|doc|page|main|chunk|app|index|bundle|vendor|style|sha\d*|md5|blob|"
    r"uuid|id|gid|trace|span|session|job|task|build|pod|node|cid|isbn|doi)[-_.]"
)
"""Prefixes by which services name an object, builds a file, and examples nothing: a tool call, a customer, a machine. The prefixes of
keys among those of the same services (sk_, rk_, whsec_) are the catalogue's."""

_PREFIXED: Final = re.compile(r"(?:[a-z]{2,10}|[A-Z]{2,10})\d?(?:[-_.][A-Za-z0-9]{1,9}){0,3}[-_.](?=[^-_.])")
_FILE: Final = re.compile(r"(?i)\.[a-z]{2,5}\d?$")
_INSIDE_ADDRESS: Final = re.compile(r"(?i)(?:://|www\.|\bdata:|base64,|@)[^\s\"'<>]*$|[\\\\/%#&@$][^\s\"'<>=]{0,40}$")
_HOST: Final = re.compile(r"(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/|.*//|[./~]")
_LINE_BEFORE: Final = re.compile(r"(?:\A|\n)[A-Za-z0-9+/]{40,}\r?\n\Z")
_LINE_AFTER: Final = re.compile(r"\r?\n[A-Za-z0-9+/]{40,}={0,2}(?:\r?\n|\Z)")
_MAGIC: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03", b"\x1f\x8b", b"\x30\x82", b"RIFF", b"OggS", b"ID3", b"wOF")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A run of token characters, and the line before it."""

    text: str
    span: Span
    before: str

    @property
    def value(self) -> str:
        return self.span.of(self.text)

    def from_(self, at: int) -> _Candidate:
        """Return the part of the run that begins so many characters after it does."""
        span = Span(self.span.start + at, self.span.end)
        return _Candidate(self.text, span, self.before + self.value[:at])


def may_hold(data: bytes) -> bool:
    """Tell in a nanosecond a byte whether a text has a run of token characters at all.

    Args:
        data: The text in UTF-8.
    """
    return len(data) >= _SHORTEST and _LONG_RUN in data.translate(_SHAPE)


def find(text: str) -> Iterator[Match]:
    """Yield the values of a text that look random, in order of their place."""
    for run in _RUN.finditer(text):
        start = run.start()
        end = start + len(run[0].rstrip(".-_~/+"))
        if not _SHORTEST <= end - start <= _LONGEST or not _MAY_BE_RANDOM.search(text, start, end):
            continue
        before = text[max(0, start - _BEFORE) : start].rpartition("\n")[2]
        if goes_on(text, end) or _wrapped(text, run.span()):
            continue
        candidate = _Candidate(text, Span(start, end), before)
        for rule, read in _READERS.items():
            span = read(candidate, _BEFORE_VALUE[rule])
            if span is not None:
                yield Match(rule, _TYPES[rule], span, _SCORE, "none")
                break


def _labelled(run: _Candidate, label: re.Pattern[str]) -> Span | None:
    begins = len(run.before)
    if _DIGEST.search(run.before):
        return None
    for found in label.finditer(run.before + run.value):
        at = found.end() - begins
        # Inside the run the label must end with a separator: service-secret-key-VALUE.
        if at < 0 or (at > 0 and run.value[at - 1] not in "-_."):
            continue
        value = run.value[at:]
        if len(value) >= _SHORTEST and not _in_path(run) and _labelled_value(value):
            return run.from_(at).span
    return None


def _labelled_value(value: str) -> bool:
    if placeholder(value):
        return False
    middle = core(value)
    joined = re.sub(r"[-_./+~=]", "", value)
    return (
        uuid(value)
        or hexadecimal(middle, 24)
        or (mixed(value) and (len(middle) >= 10 or changes(joined) >= 0.35))
        or unbroken(value)
        or re.fullmatch(r"\d{16,64}", value) is not None
    )


def _prefixed(run: _Candidate, before: re.Pattern[str]) -> Span | None:
    value = run.value
    prefix = _PREFIXED.match(value)
    if not prefix or known_prefix(value) or _OBJECT_PREFIX.match(value) or _FILE.search(value) or not before.search(run.before):
        return None
    middle = core(value[prefix.end() :])
    random = len(middle) >= 20 and (hexadecimal(middle, 32) or changes(middle) >= 0.25) and mixed(middle)
    return run.span if random and "/" not in value and not placeholder(value) and not _DIGEST.search(run.before) else None


def _assigned(run: _Candidate, before: re.Pattern[str]) -> Span | None:
    name = before.search(run.before)
    if not name or _NO_SECRET_NAME.search(name["name"]) or _DIGEST.search(run.before) or _in_path(run):
        return None
    value = run.value
    middle = core(value)
    if len(value) < 24 or known_prefix(value) or _FILE.search(value) or uuid(value) or placeholder(value) or _encoded(value):
        return None
    # A long number with a few letters is a number all the same, such as an account's that was read from an image.
    letters = sum(map(str.isalpha, middle)) >= 0.3 * len(middle)
    random = hexadecimal(middle, 32) or (len(middle) >= 16 and letters and changes(middle) >= 0.25 and mixed(middle))
    return run.span if random else None


def _bare(run: _Candidate, before: re.Pattern[str]) -> Span | None:
    value = run.value
    middle = core(value)
    kinds = (str.islower, str.isupper, str.isdigit)
    if len(middle) < 40 or len(value) > 72 or known_prefix(value) or changes(middle) < 0.35 or any(sum(map(kind, middle)) < 3 for kind in kinds):
        return None
    if not before.search(run.before) or _in_path(run) or _FILE.search(value) or _DIGEST.search(run.before):
        return None
    return None if hexadecimal(middle, 1) or _encoded(value) or placeholder(value) or _public_address(value) else run.span


def _in_path(run: _Candidate) -> bool:
    """Tell whether the run is part of an address, a path or a data URI. A query's parameter is not."""
    return bool(_HOST.match(run.value) or (_INSIDE_ADDRESS.search(run.before) and not re.search(r"[?&;][\w.-]+=$", run.before)))


def _wrapped(text: str, run: tuple[int, int]) -> bool:
    """Tell whether a run is a line of a file in base64: the line before or after it is such a run as well."""
    start, end = run
    if text[start - 1 : start] not in {"", "\n"} or text[end : end + 1] not in {"", "\n", "\r"}:
        return False
    return bool(_LINE_BEFORE.search(text, max(0, start - _BEFORE), start) or _LINE_AFTER.match(text, end))


def _encoded(value: str) -> bool:
    """Tell whether a value is base64 of text, or of a file."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_" if "-" in value or "_" in value else None, validate=True)
    except (binascii.Error, ValueError):
        return False
    if decoded.startswith(_MAGIC):
        return True
    try:
        return decoded.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _public_address(value: str) -> bool:
    """Tell whether a value is a content identifier, or an address of a blockchain: public by design."""
    return bool(re.fullmatch(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[a-z0-9]{39,59}", value))


def _rules() -> list[dict[str, str]]:
    listed: list[dict[str, str]] = yaml.safe_load(RULES.read_text("utf-8"))["rules"]
    return listed


_READERS: Final[dict[str, Callable[[_Candidate, re.Pattern[str]], Span | None]]] = {
    "finetooth.labelled-token": _labelled,
    "finetooth.prefixed-token": _prefixed,
    "finetooth.assigned-token": _assigned,
    "finetooth.bare-token": _bare,
}
"""In the order in which they are asked."""

_TYPES: Final = {rule["id"]: rule["entity_type"] for rule in _rules()}
_BEFORE_VALUE: Final = {
    rule["id"]: re.compile(
        rule["before"] if rule["id"] == "finetooth.labelled-token" else rf"(?:{rule['before']})\Z",
        re.VERBOSE | re.IGNORECASE,
    )
    for rule in _rules()
}
