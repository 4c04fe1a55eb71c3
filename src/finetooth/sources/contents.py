"""What a file holds, read by the reader that fits it; an archive's members by the same rules, one level deep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.arrowipc import read_arrow_file, read_arrow_stream
from finetooth.sources.container import Container, container
from finetooth.sources.encoding import utf8
from finetooth.sources.jsondocument import read_json_document
from finetooth.sources.jsonl import read_json_lines
from finetooth.sources.members import read_members
from finetooth.sources.parquet import read_parquet
from finetooth.sources.peekable import Peekable, Unreadable
from finetooth.sources.plaintext import read_plain_text
from finetooth.sources.seekable import seekable
from finetooth.sources.table import read_table
from finetooth.sources.tararchive import Member, tar_members
from finetooth.sources.ziparchive import zip_members


@dataclass(frozen=True, slots=True)
class Contents:
    """Something that holds records: a file, or a member of an archive."""

    path: str
    """As reports call it; its ending is asked where its content says nothing."""
    stream: Peekable
    """What it holds, decompressed."""
    stored_size: Callable[[], int]
    """How many bytes of the file itself were read so far, by which expansion is measured."""
    in_archive: bool = False
    """Whether it is a member, so that an archive in it is one level too deep."""
    name: str = ""
    """What is asked for its ending instead of the path."""
    reopen: Callable[[], BinaryIO] | None = None
    """Gives the file itself, at its start and to jump about in, where the stream is nothing but its bytes."""


def read_contents(contents: Contents) -> Iterator[Record | Unread]:
    """Yield every record, and an ``Unread`` for everything that is none."""
    path, stream = contents.path, contents.stream
    if not stream.peek(1):
        # Nothing in it; or nothing to be had of it, which the reader of any container tells.
        yield from read_json_lines(path, stream)
        return
    content = utf8(stream)
    match container(contents.name or path, content):
        case Container.JSON_LINES:
            yield from read_json_lines(path, content)
        case Container.JSON_DOCUMENT:
            yield from read_json_document(path, content)
        case Container.CSV:
            yield from read_table(path, content, ",")
        case Container.TSV:
            yield from read_table(path, content, "\t")
        case Container.TEXT:
            yield from read_plain_text(path, content)
        case Container.ARROW_STREAM:
            yield from read_arrow_stream(path, content)
        case Container.TAR | Container.ZIP if contents.in_archive:
            yield Unread(path=path, reason="an archive within an archive; unpack the outer one")
        case Container.TAR:
            yield from _read_archive(contents, tar_members(content))
        case Container() as found:
            yield from _read_seekable(found, contents)
        case reason:
            yield Unread(path=path, reason=reason)


def _read_archive(archive: Contents, members: Iterator[Member]) -> Iterator[Record | Unread]:
    def read(path: str, stream: Peekable) -> Iterator[Record | Unread]:
        return read_contents(Contents(path, stream, archive.stored_size, in_archive=True))

    return read_members(archive.path, members, archive.stored_size, read)


def _read_seekable(found: Container, contents: Contents) -> Iterator[Record | Unread]:
    path = contents.path
    try:
        file = contents.reopen() if contents.reopen else seekable(contents.stream)
    except Unreadable as failure:
        yield Unread(path=path, reason=failure.reason)
        return
    with closing(file):
        match found:
            case Container.PARQUET:
                yield from read_parquet(path, file, contents.stored_size())
            case Container.ARROW_FILE:
                yield from read_arrow_file(path, file)
            case _:
                yield from _read_archive(contents, zip_members(file))
