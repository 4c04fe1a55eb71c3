"""``passport.json``: a passport in a DSSE envelope, signed or not.

The envelope is that of https://github.com/secure-systems-lab/dsse (v1.0.0): what is signed is the payload's type and
bytes, each with its length, so that neither can pass for the other. Where nobody has signed, the list of signatures is
empty, and whoever asks for a key refuses it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from finetooth.errors import InputError
from finetooth.passport import Signed, Statement
from finetooth.signing import Signer, Verifier

NAME: Final = "passport.json"
"""What it is called in the folder of a run."""

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"

_LONGEST: Final = 64 << 20  # bytes; one that names 100,000 files has a third of it
_OPEN: dict[str, Any] = {"extra": "ignore", "serialize_by_alias": True}


class NotPassport(Exception):  # noqa: N818 - says what the file is
    """A file that is there and is no passport: cut short, changed, or something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    __pydantic_config__: ClassVar[Any] = _OPEN

    keyid: str = ""
    sig: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    __pydantic_config__: ClassVar[Any] = _OPEN

    payload_type: Annotated[Literal["application/vnd.in-toto+json"], Field(alias="payloadType")] = PAYLOAD_TYPE
    payload: str
    signatures: tuple[_Signature, ...]


def dump(statement: Statement, signer: Signer | None) -> bytes:
    """Return the text of ``passport.json``, signed where there is a key."""
    payload = _statements().dump_json(statement, by_alias=True)
    signatures = (
        ()
        if signer is None
        else (_Signature(keyid=signer.id, sig=_base64(signer.sign(encoded(PAYLOAD_TYPE, payload)))),)
    )
    envelope = _Envelope(payload=_base64(payload), signatures=signatures)
    return _envelopes().dump_json(envelope, by_alias=True, indent=1) + b"\n"


def load(path: Path) -> Signed:
    """Read a passport, without asking who signed it.

    Raises:
        InputError: there is no such file, or it cannot be read.
        NotPassport: it is something else by now.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise InputError(f"{path}: the passport cannot be read ({error.strerror}); name the one of a run") from error
    try:
        envelope = _envelopes().validate_json(text[:_LONGEST])
        payload = _decoded(envelope.payload)
        statement = _statements().validate_json(payload)
        signatures = tuple((each.keyid, _decoded(each.sig)) for each in envelope.signatures)
    except (ValidationError, binascii.Error, ValueError):
        raise NotPassport(f"{path}: no passport of finetooth, or one that was changed or cut short") from None
    return Signed(statement, payload, signatures)


def signed_by(passport: Signed, verifier: Verifier) -> bool:
    """Tell whether the holder of the key has signed exactly this."""
    message = encoded(PAYLOAD_TYPE, passport.payload)
    # The id is a hint that anybody can write: what counts is the signature.
    return any(verifier.verifies(signature, message) for _, signature in passport.signatures)


def encoded(payload_type: str, payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding.

    >>> encoded("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decoded(text: str) -> bytes:
    """Return what base64 encodes. DSSE allows both alphabets."""
    return base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)


@cache
def _envelopes() -> TypeAdapter[_Envelope]:
    return TypeAdapter(_Envelope)


@cache
def _statements() -> TypeAdapter[Statement]:
    return TypeAdapter(Statement)
