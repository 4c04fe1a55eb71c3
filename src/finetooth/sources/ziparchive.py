"""The members of a zip archive as streams: nothing is unpacked to disk."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO

from finetooth.sources.peekable import Peekable, Unreadable
from finetooth.sources.tararchive import Member

MEMBERS_LIMIT = 1_000_000
"""How many members are listed, as a zip's index is held in memory whole."""

_ENCRYPTED = 0x1


def zip_members(archive: BinaryIO) -> Iterator[Member]:
    """Yield each member that is no folder, in the order of the index.

    Args:
        archive: seekable, at its start.

    Raises:
        Unreadable: the index is damaged or missing, or too long.
    """
    try:
        opened = zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        raise Unreadable("the zip archive's index is damaged or cut off; copy or pack it again") from None
    with opened:
        entries = opened.infolist()
        if len(entries) > MEMBERS_LIMIT:
            raise Unreadable(f"more than {MEMBERS_LIMIT:,} members in a zip archive; pack them as tar")
        for entry in entries:
            if entry.filename.endswith("/"):
                continue
            if entry.flag_bits & _ENCRYPTED:
                yield Member(entry.filename, None, "encrypted; pack it without a password")
                continue
            try:
                member = opened.open(entry)
            except NotImplementedError:
                yield Member(entry.filename, None, "compressed in a way that finetooth cannot undo; use deflate")
            except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, EOFError):
                yield Member(entry.filename, None, _DAMAGED)
            else:
                with member:
                    yield Member(entry.filename, Peekable(_reading(member)))


_DAMAGED = "the zip archive is damaged in this member; copy or pack it again"


def _reading(member: IO[bytes]) -> Callable[[int], bytes]:
    def read(size: int) -> bytes:
        try:
            return member.read(min(size, 1 << 16))
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, NotImplementedError):
            raise Unreadable(_DAMAGED) from None

    return read
