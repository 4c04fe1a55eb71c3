"""Data as somebody presents it, with the digests by which it is known again: nothing is scanned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from finetooth.evidence import Unread
from finetooth.multisethash import MultisetHash
from finetooth.sources.canonical import canonical
from finetooth.sources.refused import Refused
from finetooth.sources.source import Source
from finetooth.sources.splitting import digested


@dataclass(frozen=True, slots=True)
class Presented:
    """A dataset file, or rows from memory, as they are now."""

    path: str
    """As the user named it."""
    sha256: str | None = None
    """Digest of its bytes; None where it has none."""
    records: MultisetHash | None = None
    """What its records say; None where that was not asked, or some of them cannot be read."""
    fault: str | None = None
    """Where it could not be read, and why; None where it could."""


def files(sources: Iterable[Source]) -> list[Presented]:
    """Return the files by the bytes that they hold; a source that is no file is read to its end."""
    return [_file(source) for source in sources]


def rows(sources: Iterable[Source]) -> list[Presented]:
    """Return files or rows by what their records say, all of which are read for it."""
    return [_rows(source) for source in sources]


def total(presented: Sequence[Presented]) -> str | None:
    """Return the digest of all records together; None where some are not known."""
    said = MultisetHash()
    for each in presented:
        if each.records is None:
            return None
        said += each.records
    return said.hexdigest


def _file(source: Source) -> Presented:
    if isinstance(source, Refused):
        return _rows(source)
    stored, _ = digested(source, ())
    if stored is None:  # through a pipe, from the hub: there is only one way to see its bytes
        return _rows(source)
    fault = f"{source.path}: cannot be read to its end; check its permissions, and that nobody writes to it"
    return Presented(source.path, stored.sha256, fault=None if stored.sha256 else fault)


def _rows(source: Source) -> Presented:
    said = MultisetHash()
    fault = None
    for item in source:
        if isinstance(item, Unread):
            fault = fault or str(item)
        else:
            said.add(canonical(item.value))
    return Presented(source.path, source.stored().sha256, None if fault else said, fault)
