"""Keys that passports are signed with, and checked: Ed25519 (RFC 8032), by `cryptography`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from finetooth.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VARIABLE: Final = "FINETOOTH_SIGNING_KEY"
"""Holds the private key as PEM, where a pipeline has no file for it."""

_MAKE: Final = "make one with: openssl genpkey -algorithm ed25519 -out signing.pem"
_PUBLISH: Final = "derive it with: openssl pkey -in signing.pem -pubout -out signing.pub.pem"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a private key."""

    _key: Ed25519PrivateKey = field(repr=False)

    @property
    def id(self) -> str:
        """Names the key: the SHA-256 of its public half, hex."""
        return _id(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message: the same for the same message."""
        return self._key.sign(message)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks with a public key."""

    _key: Ed25519PublicKey = field(repr=False)

    @property
    def id(self) -> str:
        """Names the key, as the signer does."""
        return _id(self._key)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the holder of the private key has signed the message."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only where something is signed

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def signer(environment: Mapping[str, str], configured: Path | None) -> Signer | None:
    """Return what passports are signed with here; None where nobody has set a key.

    Args:
        environment: where ``FINETOOTH_SIGNING_KEY`` wins over the file.
        configured: ``signing_key`` of the configuration, if any.

    Raises:
        UsageError: there is one, and it cannot be used.
    """
    if text := environment.get(VARIABLE):
        return Signer(_private(text.encode(), VARIABLE))
    return None if configured is None else Signer(_private(_read(configured), str(configured)))


def verifier(path: Path) -> Verifier:
    """Return what checks signatures, from a file with a public key in PEM.

    Raises:
        UsageError: there is no such file, or it is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where something is signed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key: Any = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path}: no public key in PEM; {_PUBLISH}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: a public key of another kind, not Ed25519; {_PUBLISH}")
    return Verifier(key)


def _private(pem: bytes, origin: str) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where something is signed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key: Any = load_pem_private_key(pem, password=None)
    except TypeError:
        raise UsageError(
            f"{origin}: the signing key is encrypted, and nobody is here to ask; decrypt it first"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{origin}: no private key in PEM; {_MAKE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{origin}: a private key of another kind, not Ed25519; {_MAKE}")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror})") from error


def _id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()
