"""Putting waivers into their file and taking them out, line by line: what people wrote into it stays as they wrote it.

Lines above a waiver belong to it, and so does what stands behind it on its own line: they move with it, and go with
it, and whoever removes it is given them to tell. Knows no screen.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from finetooth.errors import UsageError
from finetooth.waiver import Waiver
from finetooth.waiverfile import FIELDS, SCHEMA, Parsed, is_there, parse, problem, read

_HEADER: Final = f"""\
# Findings that somebody answers for: one line each, sorted. See docs/waivers.md of finetooth.
schema: {SCHEMA}
key_id: {{key_id}}
waivers:
"""


@dataclass(frozen=True, slots=True)
class Removed:
    """A waiver that was taken out of a file."""

    waiver: Waiver
    """What it said."""
    comments: tuple[str, ...]
    """What people had written above it and behind it, which went with it."""


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
    with _alone(path):
        _add(path, waiver, line, key_id, renew=renew)


def _add(path: Path, waiver: Waiver, line: str, key_id: str, *, renew: bool) -> None:
    text = read(path) if is_there(path) else _HEADER.format(key_id=_quoted(key_id))
    parsed = parse(text, str(path))
    parsed.told.require_key(key_id)
    blocks = _blocks(parsed)
    before = [block for block in blocks if block.waiver.fingerprint == waiver.fingerprint]
    if before and not renew:
        raise UsageError(
            f"{path}:{before[0].line}: {waiver.fingerprint} is waived already, by {before[0].waiver.owner} until "
            f"{before[0].waiver.expires}; to put this in its place, say --renew"
        )
    margin = blocks[0].own.partition("-")[0] if blocks else "  "
    above, behind = (before[0].above, before[0].behind) if before else ((), _line_end(parsed))
    kept = [block for block in blocks if block not in before]
    _write(path, parsed, [*kept, _Block(waiver, above, f"{margin}- {line}{behind}", behind, 0)])


def remove(path: Path, fingerprints: Collection[str]) -> list[Removed]:
    """Take waivers out of a file, and return them with what was written beside them.

    Raises:
        UsageError: the file makes no sense, or cannot be edited.
    """
    with _alone(path):
        parsed = parse(read(path), str(path))
        blocks = _blocks(parsed)
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


def _lines(parsed: Parsed) -> list[str]:
    """Return the lines, each with its end."""
    lines = parsed.text.splitlines(keepends=True)
    return [line if line.endswith("\n") else line + _line_end(parsed) for line in lines]


def _line_end(parsed: Parsed) -> str:
    """Return how lines of the file end: as on the machine of whoever wrote it."""
    return "\r\n" if "\r\n" in parsed.text else "\n"


def _blocks(parsed: Parsed) -> list[_Block]:
    """Return each waiver with its lines.

    Raises:
        UsageError: one does not stand on one line of its own, so that it cannot be told what belongs to it.
    """
    lines, blocks, end = _lines(parsed), [], parsed.list_line
    for waiver, (first, last, column) in zip(parsed.told.waivers, parsed.places, strict=True):
        if first != last or first <= end or not lines[first - 1].lstrip().startswith("- "):
            raise UsageError(
                f"{parsed.told.origin}:{first}: a waiver that finetooth may edit stands on one line of its own, as "
                f"- {{fingerprint: ..., entity_type: ..., reason: ..., owner: ..., expires: ...}}; write it so"
            )
        own = lines[first - 1]
        blocks.append(_Block(waiver, tuple(lines[end : first - 1]), own, own[column:], first))
        end = first
    return blocks


def _around(parsed: Parsed) -> tuple[list[str], list[str]]:
    """Return the lines before the first waiver's, and those after the last."""
    lines, last = _lines(parsed), parsed.places[-1].last if parsed.places else parsed.list_line
    *before, key = lines[: parsed.list_line]
    start, end = parsed.empty
    return [*before, key[:start] + key[end:]], lines[last:]


def _write(path: Path, parsed: Parsed, blocks: Sequence[_Block]) -> None:
    ordered = sorted(blocks, key=lambda block: block.waiver.fingerprint)
    before, after = _around(parsed)
    text = "".join([*before, *(line for block in ordered for line in (*block.above, block.own)), *after])
    if parse(text, str(path)).told.waivers != tuple(block.waiver for block in ordered):
        raise UsageError(f"{path}: cannot be edited line by line; write one waiver a line, as finetooth does")
    _replace(path, text.encode())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let no other finetooth edit the file meanwhile: of two that read it and then write it, one would be lost.

    Raises:
        UsageError: the folder cannot be opened.
    """
    try:
        folder = os.open(Path(os.path.realpath(path)).parent, os.O_RDONLY)  # where a link leads, others are too
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error
    try:
        with suppress(OSError):  # NOTE: some network file systems lock no folder
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


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
    told = {name: str(getattr(waiver, name)) for name in FIELDS}
    for name, text in told.items():
        if not text.strip():
            raise UsageError(f"the {name} of a waiver may not be empty")
    if fault := problem(waiver):
        raise UsageError(fault)
    quoted = {name: text if name == "expires" else _quoted(text) for name, text in told.items()}
    return "{" + ", ".join(f"{name}: {text}" for name, text in quoted.items()) + "}"


def _quoted(text: str) -> str:
    """Return a text as YAML, quoted where it needs it within braces."""
    dumped = yaml.safe_dump([text], default_flow_style=True, allow_unicode=True, width=float("inf"))
    return dumped.strip().removeprefix("[").removesuffix("]")
