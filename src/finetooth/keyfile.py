"""Where the fingerprint key comes from: the environment, a configured file, or a file made on first use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from finetooth import runfolder
from finetooth.config import OWN_FOLDER
from finetooth.errors import KeyMismatchError
from finetooth.redaction import FingerprintKey

VARIABLE = "FINETOOTH_KEY"
DEFAULT = OWN_FOLDER / "key"


def resolve(environment: Mapping[str, str], configured: Path | None, home: Path) -> FingerprintKey:
    """Return the key.

    Args:
        environment: where ``FINETOOTH_KEY`` (base64, 32 bytes) wins over any file; what CI and teams share.
        configured: ``key_file`` of the configuration, if any.
        home: folder of the configuration (else the working directory), in which ``.finetooth/key`` is made on first
            use: 0600, and kept out of git by a ``.gitignore`` beside it.

    Raises:
        KeyMismatchError: the key is malformed, or a file cannot be read or made.
    """
    if text := environment.get(VARIABLE):
        return _parse(text, VARIABLE)
    path = configured or home / DEFAULT
    try:
        if not path.exists() and configured is None:
            _make(path)
        return _parse(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not base64"
        raise KeyMismatchError(f"{path}: the fingerprint key cannot be used ({why}); set {VARIABLE} instead") from error


def _parse(text: str, origin: str) -> FingerprintKey:
    try:
        return FingerprintKey.from_base64(text)
    except KeyMismatchError as error:
        raise KeyMismatchError(f"{origin}: {error}") from None


def _make(path: Path) -> None:
    """Make a new key, unless another process was quicker."""
    runfolder.create(path.parent)
    runfolder.keep_out_of_git(path.parent)
    temporary = path.with_name(f".key.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(FingerprintKey.generate().to_base64() + "\n")
    try:
        os.link(temporary, path)  # fails where the key exists by now, and never replaces it
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
