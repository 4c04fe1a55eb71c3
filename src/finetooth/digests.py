"""What many files are known by."""

from __future__ import annotations

import hashlib
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
