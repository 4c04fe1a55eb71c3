"""``finetooth-waivers.yaml``: what it says, and where (schema ``finetooth.waivers/v1``). Knows no screen.

One line a waiver, sorted by fingerprint, without line numbers or timestamps: two branches that each accept a finding
touch different lines. What is no such file is refused with its place and the remedy, since a waiver that is
misunderstood either hides something or hides nothing; `waiveredit` changes the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from yaml import MarkedYAMLError, Node, SafeLoader, YAMLError, compose
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from finetooth.errors import InputError, KeyMismatchError, UsageError
from finetooth.policyfile import refuse_repeated_keys
from finetooth.waiver import Waiver

SCHEMA: Final = "finetooth.waivers/v1"

LONGEST: Final = 500
"""Code points in a reason, an owner or a type: what does not fit a line is not read in a review."""

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{32}")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")
_NOTHING: Final = "tag:yaml.org,2002:null"
FIELDS: Final = tuple(field.name for field in fields(Waiver))


@dataclass(frozen=True, slots=True)
class WaiverFile:
    """What a file of waivers says."""

    origin: str
    """Where it is, for messages."""
    key_id: str
    """Names the key of its fingerprints."""
    waivers: tuple[Waiver, ...]
    """In the order of the file."""

    def require_key(self, key_id: str) -> None:
        """Refuse waivers of another key: none of them could ever match.

        Raises:
            KeyMismatchError: they are.
        """
        if self.key_id != key_id:
            raise KeyMismatchError(
                f"{self.origin}: its waivers were made with key {self.key_id}, these findings with key {key_id}, so "
                "that none of them would match; set FINETOOTH_KEY to the key of the waivers, or name another file "
                "with --waivers"
            )


class Place(NamedTuple):
    """Where a waiver stands."""

    first: int
    """First line, from 1."""
    last: int
    """Last line, from 1."""
    end: int
    """Column after it, from 0."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's text, what it says, and where."""

    text: str
    told: WaiverFile
    list_line: int
    """Of the key ``waivers``, from 1."""
    empty: tuple[int, int]
    """From where to where on that line it says that there is none, if it does."""
    places: tuple[Place, ...]
    """Of each waiver."""


Named = str | Path | Sequence[Waiver] | None
"""A file of waivers, waivers in memory, or None for the configured file."""


def resolve(named: Named, configured: Path, key_id: str) -> tuple[Waiver, ...]:
    """Return the waivers to judge with.

    Args:
        named: what the caller names. Waivers in memory are taken as they are: their key is the caller's to know.
        configured: the file that counts where none is named, if it is there.
        key_id: names the key of the findings.

    Raises:
        InputError: the file that was named cannot be read.
        KeyMismatchError: the waivers are of another key.
        UsageError: the file says something that makes no sense.
    """
    if named is not None and not isinstance(named, str | Path):
        return tuple(named)
    if named is None and not is_there(configured):
        return ()
    told = load(configured if named is None else Path(named))
    if told.waivers:
        told.require_key(key_id)
    return told.waivers


def load(path: Path) -> WaiverFile:
    """Read a file of waivers.

    Raises:
        InputError: it cannot be read.
        UsageError: it says something that makes no sense. The message names file and line.
    """
    return parse(read(path), str(path)).told


def is_there(path: Path) -> bool:
    """Tell whether somebody put a file of waivers there. A link that leads nowhere is a mistake, not an absence."""
    return path.exists() or path.is_symlink()


def day(text: str) -> date:
    """Return the last day of a waiver as people write it.

    Raises:
        ValueError: it is no day.
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("write the last day on which the waiver counts, such as 2027-02-01")


def read(path: Path) -> str:
    """Return the text of a file of waivers.

    Raises:
        InputError: it cannot be read.
        UsageError: it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: the waivers cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}; a file of waivers is UTF-8 YAML") from error


def parse(text: str, origin: str) -> Parsed:
    """Return what a text says, with its places.

    Args:
        text: the text.
        origin: where it comes from, for messages.

    Raises:
        UsageError: it says something that makes no sense.
    """
    try:
        root = compose(text, Loader=SafeLoader)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{origin}:{line}: not valid YAML ({error.problem or error.context})") from error
    except (YAMLError, RecursionError) as error:
        raise UsageError(f"{origin}: not valid YAML ({getattr(error, 'reason', type(error).__name__)})") from error
    if not isinstance(root, MappingNode):
        raise UsageError(f"{origin}:1: a file of waivers is a mapping that begins with 'schema: {SCHEMA}'")
    try:
        refuse_repeated_keys(root, origin)
    except RecursionError as error:  # an alias to what it stands in
        raise UsageError(f"{origin}: not valid YAML (it holds itself)") from error
    named = {key.value: (key, value) for key, value in root.value if isinstance(key, ScalarNode)}
    for key, _ in root.value:
        if not isinstance(key, ScalarNode) or key.value not in {"schema", "key_id", "waivers"}:
            raise UsageError(f"{origin}:{_at(key)}: no such key; there are schema, key_id and waivers")
    for required in ("schema", "key_id", "waivers"):
        if required not in named:
            raise UsageError(f"{origin}:1: the key {required!r} is required")
    if _text(named["schema"][1]) != SCHEMA:
        raise UsageError(f"{origin}:{_at(named['schema'][1])}: this version reads 'schema: {SCHEMA}' alone")
    key_id = _text(named["key_id"][1]) or ""
    if not _KEY_ID.fullmatch(key_id):
        raise UsageError(
            f"{origin}:{_at(named['key_id'][1])}: key_id names the key of the fingerprints, in eight hex digits, as "
            "'key_id' of a report does"
        )
    key, listed = named["waivers"]
    entries = listed.value if isinstance(listed, SequenceNode) else [] if listed.tag == _NOTHING else None
    if entries is None:
        raise UsageError(f"{origin}:{_at(listed)}: waivers is a list, one line each")
    waivers = tuple(_waiver(entry, place, origin) for place, entry in enumerate(entries, 1))
    _refuse_repeated(waivers, entries, origin)
    places = tuple(Place(_at(entry), _end(entry), int(entry.end_mark.column)) for entry in entries)
    none = (0, 0) if entries else (int(listed.start_mark.column), int(listed.end_mark.column))
    return Parsed(text, WaiverFile(origin, key_id, waivers), _at(key), none, places)


def _waiver(entry: Node, place: int, origin: str) -> Waiver:
    where = f"{origin}:{_at(entry)}: waiver {place}"
    if not isinstance(entry, MappingNode):
        raise UsageError(f"{where}: a waiver is {{{', '.join(FIELDS)}}}")
    given: dict[str, str] = {}
    for key, value in entry.value:
        name, text = _text(key), _text(value)
        if name not in FIELDS:
            raise UsageError(f"{where}: {name!r} is no key of a waiver; there are {', '.join(FIELDS)}")
        if text is None:
            raise UsageError(f"{where}: {name} is a text")
        given[name] = "" if value.tag == _NOTHING else text  # nobody is called null
    for name in FIELDS:
        if not given.get(name, "").strip():
            raise UsageError(f"{where}: {name} is required, and may not be empty")
    try:
        expires = day(given["expires"])
    except ValueError as error:
        raise UsageError(f"{where}: expires: {error}") from None
    waiver = Waiver(
        fingerprint=given["fingerprint"],
        entity_type=given["entity_type"],
        reason=given["reason"],
        owner=given["owner"],
        expires=expires,
    )
    if fault := problem(waiver):
        raise UsageError(f"{where}: {fault}")
    return waiver


def problem(waiver: Waiver) -> str | None:
    """Return what is wrong with a waiver, or None."""
    if not _FINGERPRINT.fullmatch(waiver.fingerprint):
        return "fingerprint has 32 hex digits, as a report has them; copy it whole"
    for name in ("entity_type", "reason", "owner"):
        if len(text := getattr(waiver, name)) > LONGEST:
            return f"{name} has {len(text):,} characters, and may have {LONGEST}: say it in a sentence"
        if not text.isprintable():  # a mark that turns the writing around lets a reviewer read what is not there
            return f"{name} is one line of text that prints; take the other characters out"
    return None


def _refuse_repeated(waivers: Sequence[Waiver], entries: Sequence[Node], origin: str) -> None:
    """Two waivers of one finding contradict each other: which owner answers, and until when?"""
    seen: dict[str, int] = {}
    for waiver, entry in zip(waivers, entries, strict=True):
        if (first := seen.get(waiver.fingerprint)) is not None:
            raise UsageError(
                f"{origin}:{_at(entry)}: {waiver.fingerprint} is waived in line {first} already; keep one of the two"
            )
        seen[waiver.fingerprint] = _at(entry)


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, ScalarNode) else None


def _at(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _end(node: Node) -> int:
    """Return the last line of a waiver, from 1. Without braces, YAML's own mark may be after what follows it."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    return int(node.end_mark.line) + (1 if node.end_mark.column else 0)
