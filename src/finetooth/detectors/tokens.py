"""Values that look random: keys and tokens of a provider that no catalogue knows.

Ordinary text hardly has a run of sixteen token characters, and asking whether it has costs a nanosecond a character.
Only where there is one does the rest of this module run: what stands before a run decides by which rule of
``rules/tokens.yaml`` it may be a token, and how random it must look. Nothing here proves anything, so every match is
for review.
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetooth.detectors.labels import words_of
from finetooth.detectors.placeholders import documentation_example, doubtful, placeholder
from finetooth.detectors.randomness import changes, core, hexadecimal, known_prefix, mixed, unbroken, uuid
from finetooth.detectors.readings import goes_on, names_data
from finetooth.detectors.rulefiles import shipped
from finetooth.match import Match
from finetooth.span import Span

RULES: Final = Path(__file__).parent / "rules" / "tokens.yaml"
"""The rules of this module."""

_SCORE: Final = 0.6
_SHORTEST: Final = 16
_LONGEST: Final = 600
"""In characters. What is longer is a file in an encoding, not a token."""
_TOSSED: Final = 0.2
"""Share of changes above that of words; 19 of 20 random values of 32 small letters and digits have it."""
_WELL_TOSSED: Final = 0.35
"""The same where capitals are among them: hardly a random value has less."""
_LABELLED_CORE: Final = 10
_PREFIXED_CORE: Final = 20
_ASSIGNED_CORE: Final = 16
_BARE_CORE: Final = 40
"""How long the random part must be: the less stands before a value, the longer."""
_LABELLED_HEX: Final = 24
_INVENTED: Final = 20
_INVENTED_SIGNS: Final = 6
"""A value in place of a key is as long as one; what has fewer different signs is filled up."""
_HEX: Final = 32
_ASSIGNED: Final = 24
_LONGEST_BARE: Final = 72
"""A key of 64 characters and its prefix; what is longer is data."""
_OF_EACH_KIND: Final = 3
_LETTERS: Final = 0.3
_LONGEST_ENCRYPTED: Final = 4_000
_BEFORE: Final = 120
"""How much of the line before a value is read, in code points."""

_TOKEN_CHARACTERS: Final = (string.ascii_letters + string.digits + "_-+/.~").encode()
_SHAPE: Final = bytes(ord("x") if byte in _TOKEN_CHARACTERS else ord(" ") for byte in range(256))
_LONG_RUN: Final = b"x" * _SHORTEST
_MAY_BE_RANDOM: Final = re.compile(r"[0-9]|[A-Za-z]{20}")
"""Words joined by hyphens, which most runs are, have neither."""
_RUN: Final = re.compile(r"[A-Za-z0-9_\-+/.~]{16,}={0,2}")

_DIGEST: Final = re.compile(
    r"(?i)(?<![a-z])(?:sha-?\d*|md5|hash(?:es|ed)?|digest|checksum|etag|commits?|integrity|fingerprint|thumbprint|"
    r"revision|rev|blob|gravatar|txn?|tx_?id|transaction|block|h1(?=:))(?![a-z])"
)
"""Words for values that look random and open nothing."""

_OTHER_NAMES_TEXT: Final = """
id ids identifier uuid guid hash sha sha1 sha256 sha512 md5 digest checksum crc crc32 etag commit rev revision version v
integrity fingerprint thumbprint signature sig nonce url uri urn href link src source path file filename folder dir name
image img photo video host hostname domain bucket arn public pub cert certificate address addr wallet contract text
content body data payload hex bytes base64 seed cursor page list fp seq dna rna protein isbn serial model sku vin
sequence iban smiles inchi inchikey
"""
_OTHER_NAMES: Final = frozenset(_OTHER_NAMES_TEXT.split())
"""Last words of names for digests, identifiers, addresses and contents: random, and no secret."""
_SECRET_WORDS: Final = frozenset(
    {
        "key",
        "keys",
        "token",
        "tokens",
        "secret",
        "secrets",
        "password",
        "passwd",
        "pass",
        "passphrase",
        "pwd",
        "pw",
        "credential",
        "credentials",
        "auth",
        "private",
    }
)
_LAST_WORD: Final = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)\d*$")

_OBJECT_PREFIXES_TEXT: Final = """
foo bar baz test example sample call toolu tooluse chatcmpl cmpl msg asst thread run step resp file batch org proj user
req item rs fc vs ft ftjob evt acct cus ch py pi pm price prod plan sub in si src tok txn seti card ba dp re po cs i ami
vpc vol sg subnet snap eni img image video photo vid doc page main chunk app index bundle vendor style sha sha1 sha256
sha512 md5 blob uuid id gid trace span session job task build pod node cid isbn doi
"""
_OBJECT_PREFIXES: Final = frozenset(_OBJECT_PREFIXES_TEXT.split())
"""Prefixes by which services name an object, builds a file, and examples nothing: a tool call, a customer, a machine.
The prefixes of keys among those of the same services (sk_, rk_, whsec_) are the catalogue's."""

_PREFIXED: Final = re.compile(
    r"(?P<prefix>(?:[a-z]{2,10}|[A-Z]{2,10})\d?)(?:[-_.][A-Za-z0-9]{1,9}){0,3}[-_.](?=[^-_.])"
)
_FILE: Final = re.compile(r"(?i)\.[a-z]{2,5}\d?$")
_INSIDE_ADDRESS: Final = re.compile(r"(?i)(?:://|www\.|\bdata:|base64,|@)[^\s\"'<>]*$|[\\\\/%#&@$][^\s\"'<>=]{0,40}$")
_HOST: Final = re.compile(r"(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}/|.*//|[./~]")
_LINE_BEGUN: Final = re.compile(r"(?:(?:\A|[\n \t])(?P<above>[A-Za-z0-9+/]{40,})\r?\n|\A|\n)[ \t]*\Z")
_LINE_AFTER: Final = re.compile(r"\r?\n[ \t]*[A-Za-z0-9+/]{40,}={0,2}(?:\r?\n|\Z)")
_HEAD: Final = 16
"""How many characters of base64 show how a file begins."""
_MAGIC: Final = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF",
    b"PK\x03",
    b"\x1f\x8b",
    b"\x30\x82",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"wOF",
    b"\0\0\0",  # a length, as in a public key of SSH (RFC 4253, 6.6): no random value begins so
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A run of token characters, and what stands before it in its line, or in the line above where it begins one."""

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
        above, _, before = text[max(0, start - _BEFORE) : start].rpartition("\n")
        if not before.strip(" \t\"'`"):  # a value on a line of its own may have its label on the line above
            before = f"{above.rpartition(chr(10))[2]}\n{before}"
        if goes_on(text, end) or _wrapped(text, run.span()) or _encrypted(text, start):
            continue
        candidate = _Candidate(text, Span(start, end), before)
        for rule, read in _READERS.items():
            span = read(candidate, _BEFORE_VALUE[rule])
            if span is not None:
                yield Match(rule, _TYPES[rule], span, _SCORE, "none")
                break


def _labelled(run: _Candidate, label: re.Pattern[str]) -> Span | None:
    begins = len(run.before)
    if _opens_nothing(run.before):
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
    if _invented(value):
        return True
    if placeholder(value):
        return False
    middle = core(value)
    joined = re.sub(r"[-_./+~=]", "", value)
    return (
        uuid(value)
        or hexadecimal(middle, _LABELLED_HEX)
        or (mixed(value) and (len(middle) >= _LABELLED_CORE or changes(joined) >= _WELL_TOSSED))
        or unbroken(value)
        or re.fullmatch(r"\d{16,64}", value) is not None
    )


def _invented(value: str) -> bool:
    """Tell whether a value counts up or repeats itself: somebody chose it, and a program may accept it all the same."""
    signs = [each for each in value.lower() if each.isalnum()]
    return (
        len(signs) >= _INVENTED
        and len(set(signs)) >= _INVENTED_SIGNS
        and doubtful(value) is not None
        and documentation_example(value) is None
    )


def _prefixed(run: _Candidate, before: re.Pattern[str]) -> Span | None:
    value = run.value
    prefix = _PREFIXED.match(value)
    if not prefix or not before.search(run.before) or _names_something(value) or "/" in value:
        return None
    return run.span if looks_random(value[prefix.end() :]) and not _opens_nothing(run.before) else None


def looks_random(value: str) -> bool:
    """Tell whether a value holds a random part that is as long as those behind a provider's prefix."""
    middle = core(value)
    tossed = hexadecimal(middle, _HEX) or changes(middle) >= _TOSSED
    return len(middle) >= _PREFIXED_CORE and mixed(middle) and tossed


def _assigned(run: _Candidate, before: re.Pattern[str]) -> Span | None:
    value = run.value
    name = before.search(run.before)
    if not name or _no_secret(name["name"]) or _opens_nothing(run.before) or _in_path(run):
        return None
    if len(value) < _ASSIGNED or uuid(value) or _names_something(value) or _encoded(value):
        return None
    middle = core(value)
    # A long number with a few letters is a number all the same, such as an account's that was read from an image.
    letters = sum(map(str.isalpha, middle)) >= _LETTERS * len(middle)
    random = letters and mixed(middle) and changes(middle) >= _TOSSED
    return run.span if hexadecimal(middle, _HEX) or (len(middle) >= _ASSIGNED_CORE and random) else None


def _bare(run: _Candidate, before: re.Pattern[str]) -> Span | None:
    value = run.value
    middle = core(value)
    kinds = (str.islower, str.isupper, str.isdigit)
    if len(middle) < _BARE_CORE or len(value) > _LONGEST_BARE or changes(middle) < _WELL_TOSSED:
        return None
    if any(sum(map(kind, middle)) < _OF_EACH_KIND for kind in kinds) or not before.search(run.before):
        return None
    name = _BEFORE_VALUE["finetooth.assigned-token"].search(run.before)
    if (name and _no_secret(name["name"])) or _opens_nothing(run.before) or _in_path(run):
        return None
    return None if _names_something(value) or _encoded(value) or _public_address(value) else run.span


def _opens_nothing(before: str) -> bool:
    """Tell whether what stands before a value names a digest, or a key that finds data."""
    return _DIGEST.search(before) is not None or names_data(before)


def _no_secret(name: str) -> bool:
    """Tell whether a name says what its value is, and so that it is no secret.

    By its last word, where that is one for a digest, an identifier, an address or a content; or by several words, none
    of them for a secret. A single word is as often the service that the secret opens.
    """
    last = _LAST_WORD.search(name)
    words = words_of(name.rpartition(".")[2])
    told = len(words) > 1 and (_SECRET_WORDS.isdisjoint(words) or "public" in words)
    return told or (last is not None and last[0].lower() in _OTHER_NAMES)


def _names_something(value: str) -> bool:
    """Tell whether a value says of itself that it is a file, an object of a service, a placeholder or no such key."""
    prefix = re.match(r"[A-Za-z0-9]+(?=[-_.])", value)
    return (
        (prefix is not None and prefix[0].lower() in _OBJECT_PREFIXES)
        or _FILE.search(value) is not None
        or known_prefix(value)
        or re.match(r"_Z[A-Z0-9]", value) is not None  # a mangled name of C++
        or placeholder(value) is not None
    )


def _in_path(run: _Candidate) -> bool:
    """Tell whether the run is part of an address, a path or a data URI. A query's parameter is not."""
    return bool(
        _HOST.match(run.value) or (_INSIDE_ADDRESS.search(run.before) and not re.search(r"[?&;][\w.-]+=$", run.before))
    )


def _wrapped(text: str, run: tuple[int, int]) -> bool:
    """Tell whether a run is a line of a file in base64: the line before or after it is such a run as well."""
    start, end = run
    begun = _LINE_BEGUN.search(text, max(0, start - _BEFORE), start)
    if begun is None or text[end : end + 1] not in {"", "\n", "\r"}:
        return False
    return begun["above"] is not None or _LINE_AFTER.match(text, end) is not None


def _encrypted(text: str, start: int) -> bool:
    """Tell whether a run stands within ENC[…], which is how SOPS and others keep what they have encrypted."""
    opened = max(
        text.rfind("ENC[", max(0, start - _LONGEST_ENCRYPTED), start),
        text.rfind("ENC(", max(0, start - _LONGEST_ENCRYPTED), start),
    )
    return opened >= 0 and not re.search(r"[\])]", text[opened + 4 : start])


def _encoded(value: str) -> bool:
    """Tell whether a value is base64 of text, or of a file."""
    signs = b"-_" if "-" in value or "_" in value else None
    try:
        if base64.b64decode(value[:_HEAD], altchars=signs, validate=True).startswith(_MAGIC):
            return True
        padded = value + "=" * (-len(value) % 4)
        return base64.b64decode(padded, altchars=signs, validate=True).decode().isprintable()
    except ValueError:  # no base64, or no UTF-8
        return False


def _public_address(value: str) -> bool:
    """Tell whether a value is a content identifier, or an address of a blockchain: public by design."""
    return bool(re.fullmatch(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[a-z0-9]{39,59}", value))


def _rules() -> list[dict[str, str]]:
    listed: list[dict[str, str]] = shipped(RULES)["rules"]
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
