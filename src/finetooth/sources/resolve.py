"""From what a user names to sources: files, folders, globs, standard input, URLs and datasets of the hub.

Every file of a folder is either read or listed as unread; only names that begin with a dot are left out, as they
belong to tools (``.git``, ``.cache``), unless a user names one. No file is opened here.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from finetooth.errors import InputError
from finetooth.sources.datasetfile import DatasetFile, StandardInput
from finetooth.sources.refused import Refused
from finetooth.sources.remote import remote_sources
from finetooth.sources.saved import SPLITS_FILE, SavedDataset, parts_of
from finetooth.sources.source import Source

_REMOTE = re.compile(r"hf:|[A-Za-z][A-Za-z0-9+.-]*://")


def resolve(paths: Sequence[str]) -> list[Source]:
    """Return the sources that the paths name, in that order; within a folder or a glob sorted by name.

    Args:
        paths: files, folders (read with all that is below them), globs (``**`` for any depth), ``-`` for standard
            input (JSON lines), URLs that fsspec knows, or datasets of the hub (``hf:org/name[:config][@split]``).
            A file that is named twice, or is reached through a link too, is read once.

    Raises:
        InputError: a path does not exist, a glob matches nothing, or a URL cannot be reached.
    """
    found: list[Source] = []
    seen: set[str] = set()
    for named in paths:
        path = named.removeprefix("file://")
        if path == "-":
            found.append(StandardInput())
            seen.add(path)
            continue
        if _REMOTE.match(path):
            found.extend(_remote(path, seen))
            continue
        for name in _expand(path):
            found.extend(_sources(name, seen))
    return found


def _remote(path: str, seen: set[str]) -> list[Source]:
    if path.startswith("hf:") and not path.startswith("hf://"):
        from finetooth.sources.hub import hub_sources  # noqa: PLC0415 - its library is heavy

        # The cache holds links, by which a file is known to be the same as another.
        found = [source for source in hub_sources(path) if os.path.realpath(source.path) not in seen]
        seen.update(os.path.realpath(source.path) for source in found)
        return found
    return list(remote_sources(path, seen))


def _expand(path: str) -> list[str]:
    # A name that exists is meant as it stands, brackets and all.
    if os.path.lexists(path):
        return [path]
    if glob.has_magic(path):
        matches = sorted({*glob.glob(path, recursive=True), *_closed_to(path)})  # noqa: PTH207 - as the user spells it
        if not matches:
            raise InputError(f"{path}: this glob matches no file; quote it, and try it with `ls`")
        return matches
    try:
        os.stat(path)  # noqa: PTH116 - tells why, where Path.exists would only say no
    except PermissionError:
        return [path]
    except (OSError, ValueError):
        pass
    raise InputError(f"{path}: there is no such file or folder; check the spelling and the working directory")


def _closed_to(pattern: str) -> list[str]:
    """Return the folders that ``**`` passed over in silence because they cannot be listed."""
    fixed, recursive, _ = pattern.partition("**")
    if not recursive:
        return []
    closed: list[str] = []
    for folder in glob.glob(fixed.rpartition("/")[0] or "."):  # noqa: PTH207 - as the user spells it
        for _, below, _ in os.walk(folder, onerror=lambda error: closed.append(str(error.filename))):
            below[:] = [name for name in below if not name.startswith(".")]
    return closed


def _sources(path: str, seen: set[str]) -> Iterator[Source]:
    """Yield what stands at a path that exists, and below it; `seen` holds the real paths of all before it."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - a broken or circular link is told from a missing file
    except OSError as error:
        yield Refused(path, f"cannot be opened ({error.strerror}); check its permissions, or what it links to")
        return
    real = os.path.realpath(path)
    if real in seen:
        return
    seen.add(real)
    if stat.S_ISDIR(mode):
        yield from _in_folder(path, seen)
    elif stat.S_ISREG(mode):
        yield DatasetFile(path)
    else:
        yield Refused(path, "not a file but a pipe, socket or device; save its content to a file, or pipe it into `-`")


def _in_folder(folder: str, seen: set[str]) -> Iterator[Source]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - keeps the user's spelling
    except OSError as error:
        yield Refused(folder, f"cannot be listed ({error.strerror}); check its permissions")
        return
    parts = parts_of(Path(folder))
    if parts:
        yield SavedDataset(folder)
    elif SPLITS_FILE in names:
        parts = frozenset({SPLITS_FILE})
    names = [name for name in names if not name.startswith(".") and name not in parts]
    if not names and not parts:
        yield Refused(folder, "the folder holds no file (names that begin with a dot are left out)")
    for name in names:
        yield from _sources(os.path.join(folder, name), seen)  # noqa: PTH118 - keeps the user's spelling
