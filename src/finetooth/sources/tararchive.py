"""The members of a tar archive, one after the other, as the streams that they are: nothing is unpacked to disk.

The headers are walked here, because `tarfile` takes a damaged header, and a missing end mark, for the archive's end.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from finetooth.sources.peekable import WINDOW, Peekable, Unreadable

_BLOCK = tarfile.BLOCKSIZE
_HEADER_LIMIT = 1 << 20  # a path and the attributes of a file fit; a hostile header does not
_DIGITS = 19  # of a size below 8 EiB
_DAMAGED = "the tar archive is damaged here; copy or pack it again"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive."""

    name: str
    """Its path within the archive, as written there."""
    content: Peekable | None
    """What it holds; None where that cannot be read."""
    reason: str = ""
    """Why it cannot be read."""


def tar_members(archive: Peekable) -> Iterator[Member]:
    """Yield each member that is no folder. Its content is to be read before the next one is asked for.

    Raises:
        Unreadable: the archive is damaged, breaks off, or ends without the mark of its end.
    """
    name, size = "", -1  # what headers of the extended kinds said of the next member
    while True:
        block = _exactly(archive, _BLOCK)
        if block.count(0) == _BLOCK:
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            raise Unreadable(_DAMAGED) from None
        if info.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE):
            fields = _pax(_exactly(archive, _padded(_limited(info.size)))[: info.size])
            if info.type != tarfile.XGLTYPE:
                name = fields.get("path", name)
                size = _number(fields.get("size"), size)
            continue
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            text = _exactly(archive, _padded(_limited(info.size)))[: info.size]
            if info.type == tarfile.GNUTYPE_LONGNAME:
                name = text.rstrip(b"\0").decode("utf-8", "surrogateescape")
            continue
        path, length = name or info.name, info.size if size < 0 else size
        name, size = "", -1
        if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE) and not path.endswith("/"):
            content = _Limited(archive, length)
            yield Member(path, content)
            content.skip()
            _exactly(archive, _padded(length) - length)
        elif info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            yield Member(path, None, "a link; pack the file itself")
        elif info.type == tarfile.GNUTYPE_SPARSE:
            # Its header may go on, and where its content begins cannot be told without it.
            raise Unreadable("a sparse file stands here; pack the archive again without --sparse")
        elif not info.isdir() and not path.endswith("/"):
            yield Member(path, None, "not a file but a pipe or device; leave it out of the archive")


class _Limited(Peekable):
    """So many bytes of a stream."""

    def __init__(self, archive: Peekable, size: int) -> None:
        super().__init__(self._take)
        self._archive = archive
        self._left = size

    def _take(self, size: int) -> bytes:
        if not self._left:
            return b""
        piece = self._archive.read(min(size, self._left))
        if not piece:
            raise Unreadable("the tar archive is cut short within this member; copy or pack it again")
        self._left -= len(piece)
        return piece

    def skip(self) -> None:
        while self._left:
            self._take(WINDOW)


def _exactly(archive: Peekable, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        piece = archive.read(size)
        if not piece:
            raise Unreadable("the tar archive has no end mark, so it may be cut short; copy or pack it again")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _limited(size: int) -> int:
    if not 0 <= size <= _HEADER_LIMIT:
        raise Unreadable(_DAMAGED)
    return size


def _pax(text: bytes) -> dict[str, str]:
    """Return the fields of an extended header (POSIX pax): lines of length, key and value."""
    fields: dict[str, str] = {}
    while text:
        length = _number(text.partition(b" ")[0].decode("ascii", "replace"), 0)
        if not 0 < length <= len(text):
            raise Unreadable(_DAMAGED)
        key, _, value = text[:length].partition(b" ")[2].removesuffix(b"\n").partition(b"=")
        fields[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        text = text[length:]
    return fields


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise Unreadable(_DAMAGED)
    return int(text)
