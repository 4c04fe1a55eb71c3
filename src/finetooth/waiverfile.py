"""``finetooth-waivers.yaml``: accepted findings as text and back (schema ``finetooth.waivers/v1``). Knows no screen.

One line a waiver, sorted by fingerprint, without line numbers or timestamps: two branches that each accept a finding
touch different lines. A file is edited by its lines and never written anew, so that what people wrote into it stays
as they wrote it. Lines above a waiver belong to it: they move with it, and go with it, and whoever removes it is given
them to tell.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import yaml
from yaml import MarkedYAMLError, Node, SafeLoader, YAMLError, compose
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from finetooth.errors import InputError, KeyMismatchError, UsageError
from finetooth.policyfile import refuse_repeated_keys
from finetooth.waiver import Waiver

SCHEMA: Final = "finetooth.waivers/v1"

LONGEST: Final = 500
"""Code points in a reason, an owner or a type: what does not fit a line is not read in a review."""

_HEADER: Final = f"""\
# Findings that somebody answers for: one line each, sorted. See docs/waivers.md of finetooth.
schema: {SCHEMA}
key_id: {{key_id}}
waivers:
"""
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{32}")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")
_FIELDS: Final = tuple(field.name for field in fields(Waiver))


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


@dataclass(frozen=True, slots=True)
class Removed:
    """A waiver that was taken out of a file."""

    waiver: Waiver
    """What it said."""
    comments: tuple[str, ...]
    """What people had written above it and behind it, which went with it."""


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
    if named is None and not configured.exists():
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
    return _parse(_read(path), str(path)).told


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


def add(path: Path, waiver: Waiver, key_id: str, *, renew: bool = False) -> None:
    """Put a waiver into a file, which is made where there is none; all else in it stays as it is.

    Args:
        path: the file.
        waiver: what is accepted.
        key_id: names the key of its fingerprint.
        renew: whether it may take the place of one for the same finding.

    Raises:
        KeyMismatchError: the file holds waivers of another key.
        UsageError: the waiver or the file makes no sense, or the finding is waived already.
    """
    line = _line(waiver)
    text = _read(path) if path.exists() else _HEADER.format(key_id=_quoted(key_id))
    parsed = _parse(text, str(path))
    parsed.told.require_key(key_id)
    blocks = parsed.blocks()
    before = [block for block in blocks if block.waiver.fingerprint == waiver.fingerprint]
    if before and not renew:
        raise UsageError(
            f"{path}:{before[0].line}: {waiver.fingerprint} is waived already, by {before[0].waiver.owner} until "
            f"{before[0].waiver.expires}; to put this in its place, say --renew"
        )
    margin = blocks[0].own.partition("-")[0] if blocks else "  "
    above, behind = (before[0].above, before[0].behind) if before else ((), "\n")
    kept = [block for block in blocks if block not in before]
    _write(path, parsed, [*kept, _Block(waiver, above, f"{margin}- {line}{behind}", behind, 0)])


def remove(path: Path, fingerprints: Collection[str]) -> list[Removed]:
    """Take waivers out of a file, and return them with what was written beside them.

    Raises:
        UsageError: the file makes no sense, or cannot be edited.
    """
    parsed = _parse(_read(path), str(path))
    blocks = parsed.blocks()
    gone = [block for block in blocks if block.waiver.fingerprint in fingerprints]
    if gone:
        _write(path, parsed, [block for block in blocks if block not in gone])
    return [Removed(block.waiver, tuple(block.comments())) for block in gone]


@dataclass(frozen=True, slots=True)
class _Block:
    """A waiver as its file has it: its own line, and those above it that are nobody else's."""

    waiver: Waiver
    above: tuple[str, ...]
    own: str
    behind: str
    """What stands on its line after it, with the line's end."""
    line: int

    def comments(self) -> Iterator[str]:
        yield from (text for line in (*self.above, self.behind) if (text := line.strip()))


class _Place(NamedTuple):
    """Where a waiver stands."""

    first: int
    """First line, from 1."""
    last: int
    """Last line, from 1."""
    end: int
    """Column after it, from 0."""


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A file's text, what it says, and where."""

    text: str
    told: WaiverFile
    list_line: int
    """Of the key ``waivers``, from 1."""
    empty: tuple[int, int]
    """From where to where on that line it says that there is none, if it does."""
    places: tuple[_Place, ...]
    """Of each waiver."""

    def lines(self) -> list[str]:
        """Return the lines, each with its end."""
        lines = self.text.splitlines(keepends=True)
        return [line if line.endswith("\n") else line + "\n" for line in lines]

    def blocks(self) -> list[_Block]:
        """Return each waiver with its lines.

        Raises:
            UsageError: one does not stand on one line of its own, so that it cannot be told what belongs to it.
        """
        lines, blocks, end = self.lines(), [], self.list_line
        for waiver, (first, last, column) in zip(self.told.waivers, self.places, strict=True):
            if first != last or first <= end or not lines[first - 1].lstrip().startswith("- "):
                raise UsageError(
                    f"{self.told.origin}:{first}: a waiver that finetooth may edit stands on one line of its own, as "
                    f"- {{fingerprint: ..., entity_type: ..., reason: ..., owner: ..., expires: ...}}; write it so"
                )
            own = lines[first - 1]
            blocks.append(_Block(waiver, tuple(lines[end : first - 1]), own, own[column:], first))
            end = first
        return blocks

    def around(self) -> tuple[list[str], list[str]]:
        """Return the lines before the first waiver's, and those after the last."""
        lines, last = self.lines(), self.places[-1].last if self.places else self.list_line
        *before, key = lines[: self.list_line]
        start, end = self.empty
        return [*before, key[:start] + key[end:]], lines[last:]


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: the waivers cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}; a file of waivers is UTF-8 YAML") from error


def _parse(text: str, origin: str) -> _Parsed:
    try:
        root = compose(text, Loader=SafeLoader)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{origin}:{line}: not valid YAML ({error.problem or error.context})") from error
    except YAMLError as error:
        raise UsageError(f"{origin}: not valid YAML ({getattr(error, 'reason', type(error).__name__)})") from error
    if not isinstance(root, MappingNode):
        raise UsageError(f"{origin}:1: a file of waivers is a mapping that begins with 'schema: {SCHEMA}'")
    refuse_repeated_keys(root, origin)
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
    entries = listed.value if isinstance(listed, SequenceNode) else [] if _text(listed) in {"", "null", "~"} else None
    if entries is None:
        raise UsageError(f"{origin}:{_at(listed)}: waivers is a list, one line each")
    waivers = tuple(_waiver(entry, place, origin) for place, entry in enumerate(entries, 1))
    _refuse_repeated(waivers, entries, origin)
    places = tuple(_Place(_at(entry), _end(entry), int(entry.end_mark.column)) for entry in entries)
    none = (0, 0) if entries else (int(listed.start_mark.column), int(listed.end_mark.column))
    return _Parsed(text, WaiverFile(origin, key_id, waivers), _at(key), none, places)


def _waiver(entry: Node, place: int, origin: str) -> Waiver:
    where = f"{origin}:{_at(entry)}: waiver {place}"
    if not isinstance(entry, MappingNode):
        raise UsageError(f"{where}: a waiver is {{{', '.join(_FIELDS)}}}")
    given: dict[str, str] = {}
    for key, value in entry.value:
        name, text = _text(key), _text(value)
        if name not in _FIELDS:
            raise UsageError(f"{where}: {name!r} is no key of a waiver; there are {', '.join(_FIELDS)}")
        if text is None:
            raise UsageError(f"{where}: {name} is a text")
        given[name] = text
    for name in _FIELDS:
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
    if problem := _problem(waiver):
        raise UsageError(f"{where}: {problem}")
    return waiver


def _problem(waiver: Waiver) -> str | None:
    if not _FINGERPRINT.fullmatch(waiver.fingerprint):
        return "fingerprint has 32 hex digits, as a report has them; copy it whole"
    for name in ("entity_type", "reason", "owner"):
        if len(text := getattr(waiver, name)) > LONGEST:
            return f"{name} has {len(text):,} characters, and may have {LONGEST}: say it in a sentence"
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


def _write(path: Path, parsed: _Parsed, blocks: Sequence[_Block]) -> None:
    ordered = sorted(blocks, key=lambda block: block.waiver.fingerprint)
    before, after = parsed.around()
    text = "".join([*before, *(line for block in ordered for line in (*block.above, block.own)), *after])
    if _parse(text, str(path)).told.waivers != tuple(block.waiver for block in ordered):
        raise UsageError(f"{path}: cannot be edited line by line; write one waiver a line, as finetooth does")
    _replace(path, text.encode())


def _replace(path: Path, content: bytes) -> None:
    """Write the file beside its place and rename it over it, with the rights that it has: it lies among the sources."""
    target = path.resolve()  # a link stays one
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)


def _line(waiver: Waiver) -> str:
    """Return a waiver's line.

    Raises:
        UsageError: it says nothing, or what a reader of the file would not see as it is.
    """
    told = {name: str(getattr(waiver, name)) for name in _FIELDS}
    for name, text in told.items():
        if not text.strip():
            raise UsageError(f"the {name} of a waiver may not be empty")
        if not text.isprintable():
            raise UsageError(f"the {name} of a waiver is one line of text that prints; take the other characters out")
    if problem := _problem(waiver):
        raise UsageError(problem)
    quoted = {name: text if name == "expires" else _quoted(text) for name, text in told.items()}
    return "{" + ", ".join(f"{name}: {text}" for name, text in quoted.items()) + "}"


def _quoted(text: str) -> str:
    """Return a text as YAML, quoted where it needs it within braces."""
    dumped = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=float("inf"))
    return dumped.strip().removeprefix("[").removesuffix("]")


def _text(node: Node) -> str | None:
    return node.value if isinstance(node, ScalarNode) else None


def _at(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _end(node: Node) -> int:
    """Return the last line of a waiver, from 1. Without braces, YAML's own mark may be after what follows it."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    return int(node.end_mark.line) + (1 if node.end_mark.column else 0)
