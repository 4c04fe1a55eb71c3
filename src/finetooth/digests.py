"""What many files are known by."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def digest_of(files: Iterable[tuple[str, Path]]) -> str:
    """Return the SHA-256, in hex, over names and contents of files, in the order given.

    Args:
        files: the name that each is known by, which need not be its path, and where it lies.
    """
    digest = hashlib.sha256()
    for name, path in files:
        with path.open("rb") as file:
            digest.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def digest_below(root: Path, without: Path | None = None) -> str:
    """Return `digest_of` all files below a folder by their paths in it, in that order; what is compiled is left out.

    Args:
        root: the folder.
        without: a folder below it that is left out as well.
    """
    files: list[Path] = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__" and Path(folder, name) != without]
        files += [Path(folder, name) for name in names if not name.endswith(".so")]
    return digest_of((path.relative_to(root).as_posix(), path) for path in sorted(files))
