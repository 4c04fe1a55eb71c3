"""The folder that a run leaves behind: 0700, its files 0600, each written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from finetooth.errors import UsageError

ARTEFACTS = (
    "evidence.json",
    "findings.jsonl",
    "passport.json",
    "report.gitlab.json",
    "report.html",
    "report.json",
    "report.junit.xml",
    "report.md",
    "report.sarif",
    "report.txt",
)
"""Every name that a run may write; nothing else in a folder is ever touched."""


def create(folder: Path) -> None:
    """Make the folder, with those above it, and shut it to others where it is new.

    Raises:
        UsageError: it cannot be made, or something else stands there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if not folder.is_dir():
                raise UsageError(f"{folder}: is no folder; name another with -o") from None
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made ({error.strerror}); name another with -o") from error


def keep_out_of_git(folder: Path) -> None:
    """Put a ``.gitignore`` into the folder that hides all of it, unless it has one.

    Raises:
        UsageError: the folder cannot be written.
    """
    ignore = folder / ".gitignore"
    try:
        if not ignore.exists():
            replace(ignore, b"*\n")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from error


def write(folder: Path, artefacts: Mapping[str, Iterable[bytes]]) -> None:
    """Write artefacts by name, and remove those of an earlier run that this one did not make.

    A reader never sees half a file: each is written beside its place and then renamed over it. Old artefacts go first,
    so that an interruption leaves a folder that is incomplete, never one that mixes two runs.

    Raises:
        UsageError: the folder cannot be written.
    """
    try:
        _remove(folder, [name for name in ARTEFACTS if (folder / name).exists()])
        for name, pieces in artefacts.items():
            _replace(folder / name, pieces)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}); name another with -o") from error


def _remove(folder: Path, names: Collection[str]) -> None:
    for name in names:
        (folder / name).unlink()


def replace(path: Path, content: bytes) -> None:
    """Write a file, 0600, beside its place and then rename it over it: nobody ever sees half of it.

    Raises:
        OSError: it cannot be written; what was there still is.
    """
    _replace(path, [content])


def _replace(path: Path, pieces: Iterable[bytes]) -> None:
    # mkstemp makes the file 0600, whatever the umask.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
