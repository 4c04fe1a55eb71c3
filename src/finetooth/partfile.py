"""``part-3-of-16.json``: what one of several machines gave of a scan, for `finetooth merge`.

Its schema is ``finetooth.part/v1``. It is the receipt too: it names every shard that its machine was to scan, and what
the whole data was split into, so that what is missing, doubled or of another state of the data shows. It holds masked
evidence only, and is sealed with the fingerprint key, so that nobody else can make one.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Base64Bytes, TypeAdapter, ValidationError

from finetooth import runfolder
from finetooth.errors import InputError, UsageError

_NAME = re.compile(r"part-(\d+)-of-(\d+)\.json")
_SHARE = re.compile(r"(\d+)/(\d+)")
_SHAPE: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}

Mac = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Share:
    """Which of several machines this is."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    place: int
    """From 1."""
    of: int
    """How many there are."""

    def __post_init__(self) -> None:
        if not 1 <= self.place <= self.of:
            raise UsageError(f"--shard {self.place}/{self.of}: the first is 1/{self.of}, the last {self.of}/{self.of}")

    @classmethod
    def parse(cls, text: str) -> Share:
        """Return what ``3/16`` says.

        Raises:
            UsageError: it says something else.
        """
        match = _SHARE.fullmatch(text)
        if match is None:
            raise UsageError(f"--shard {text}: say which of how many, such as 3/16")
        return cls(int(match[1]), int(match[2]))

    def has(self, number: int) -> bool:
        """Tell whether this machine has the shard, or the file, of that number from 0."""
        return number % self.of == self.place - 1

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"part-{self.place}-of-{self.of}.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartInput:
    """One file of the data, as this machine saw it."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    path: str
    """As evidence shows it."""
    shards: int
    """How many shards it was split into."""
    sha256: str | None = None
    """Digest of the file, where it fell to this machine to take it and could be taken."""
    bytes: int | None = None
    """Its size; null where its digest fell to another machine."""
    contents: tuple[str, ...] | None = None
    """Keyed digest of each shard's bytes, taken in the same pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartResult:
    """What one shard gave."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    shard: int
    """Its number, from 0, through all files."""
    content: str | None
    """Keyed digest of its bytes; null where they could not be read."""
    result: Base64Bytes = field(repr=False)
    """As `finetooth.shardcode` writes it; base64 in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one machine gave."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.part/v1"] = "finetooth.part/v1"
    """Names this format."""
    key_id: str
    """Names the key that the fingerprints were computed with."""
    identity: str
    """Digest of policy, code, libraries and models."""
    share: Share
    """Which machine of how many."""
    inputs: tuple[PartInput, ...]
    """All of the data."""
    results: tuple[PartResult, ...]
    """This machine's share of the shards."""


def save(part: Part, folder: Path, mac: Mac) -> Path:
    """Write a part into a folder, which others may be writing to as well, and return where it is.

    Raises:
        UsageError: the folder cannot be written.
    """
    runfolder.create(folder)
    path = folder / part.share.name
    text = _adapter().dump_json(part, by_alias=True)
    try:
        runfolder.replace(path, mac(text).encode() + b"\n" + text + b"\n")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}); name another with -o") from error
    return path


def load(folders: Iterable[Path], mac: Mac, key_id: str) -> list[Part]:
    """Return the parts in some folders, in order of their places.

    Raises:
        InputError: there is none.
        UsageError: a file is no part, or was not made with this key.
    """
    named = list(folders)
    paths = [path for folder in named for path in (sorted(folder.iterdir()) if folder.is_dir() else [folder])]
    paths = [path for path in paths if _NAME.fullmatch(path.name)]
    if not paths:
        where = ", ".join(map(str, named))
        raise InputError(
            f"{where}: no part here; make one on each machine with: finetooth scan DATA --shard 1/2 -o DIR"
        )
    return sorted((_load(path, mac, key_id) for path in paths), key=lambda part: part.share.place)


def _load(path: Path, mac: Mac, key_id: str) -> Part:
    try:
        seal, _, text = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if not hmac.compare_digest(seal, mac(text.removesuffix(b"\n")).encode()):
        raise UsageError(
            f"{path}: was cut short or changed, or not written with key {key_id}; set FINETOOTH_KEY to the key of the "
            "scan, or scan this part again"
        )
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise UsageError(f"{path}: not finetooth.part/v1; scan this part again with this version") from error


@cache
def _adapter() -> TypeAdapter[Part]:
    return TypeAdapter(Part)
