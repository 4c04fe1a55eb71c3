"""The records of an archive's members, in one count, under paths such as ``shard.tar!000017.json``.

Members that hold no text that can be read (the pictures of a WebDataset) are unread, but not one by one: each reason is
one `Unread`, with how many members it stands for, so that a million pictures don't drown the rest of the evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from finetooth.evidence import Unread
from finetooth.printable import printable
from finetooth.record import Record
from finetooth.sources.bytestream import uncompressed
from finetooth.sources.compression import refuse_bomb
from finetooth.sources.peekable import Peekable, Unreadable
from finetooth.sources.tararchive import Member

Items = Iterator[Record | Unread]

BETWEEN = "!"
"""What stands between the path of an archive and that of its member."""

_NAME_LIMIT = 400


def read_members(
    path: str, members: Iterator[Member], stored_size: Callable[[], int], read: Callable[[str, Peekable], Items]
) -> Iterator[Record | Unread]:
    """Yield the records of each member, numbered through the whole archive.

    Args:
        path: the archive as the user named it.
        members: what it holds.
        stored_size: how many bytes of the file itself were read so far.
        read: reads what a member holds, decompressed, under its path.
    """
    index = expanded = 0
    refused: Counter[str] = Counter()

    def measured(content: Peekable) -> Peekable:
        def take(size: int) -> bytes:
            nonlocal expanded
            piece = content.read(size)
            expanded += len(piece)
            refuse_bomb(expanded, stored_size())
            return piece

        return Peekable(take)

    try:
        for member in members:
            name = f"{path}{BETWEEN}{_shown(member.name)}"
            if member.content is None:
                refused[member.reason] += 1
                continue
            stream = uncompressed(measured(member.content), stored_size).stream
            first = index
            for item in read(name, stream):
                if isinstance(item, Record):
                    index = first + item.index + 1
                    yield Record(name, index - 1, item.line, item.value)
                elif item.record is not None:
                    index = first + item.record + 1
                    yield Unread(path=name, line=item.line, record=index - 1, reason=item.reason)
                elif item.line is None and index == first:
                    refused[item.reason] += 1
                else:
                    yield Unread(path=name, line=item.line, reason=item.reason)
    except Unreadable as failure:
        yield Unread(path=path, reason=f"the rest of the archive is unread: {failure.reason}")
    for reason, count in sorted(refused.items()):
        yield Unread(path=path, reason=f"{count} member{'s' if count > 1 else ''} of the archive: {reason}")


def _shown(name: str) -> str:
    """Return a member's path as it can be printed: a name that another system wrote may hold a terminal's commands."""
    return printable(name[:_NAME_LIMIT])
