"""Plain text and Markdown: one record a paragraph, which is what stands between two blank lines.

Not one a line, because prose is wrapped, and a name or an address would be torn at the wrap; not one a file, because
a finding is then nowhere, and a rate per record means nothing. A record is one string; its line is where it begins.
"""

from __future__ import annotations

from collections.abc import Iterator

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.lines import TOO_LONG, lines
from finetooth.sources.peekable import Peekable, Unreadable

PARAGRAPH_LIMIT = 1 << 16
"""Bytes after which a paragraph is cut at the end of a line: logs and word lists have no blank lines, and a record is
held in memory whole."""


def read_plain_text(path: str, content: Peekable) -> Iterator[Record | Unread]:
    """Yield each paragraph. A paragraph with bytes that are not UTF-8 is unread, and so is a line that is too long.

    Args:
        path: the file as the user named it.
        content: its text as UTF-8.
    """
    index = number = size = 0
    held: list[bytes] = []
    try:
        for number, line in lines(content):
            if held and (line is None or not line.strip() or size + len(line) > PARAGRAPH_LIMIT):
                yield _paragraph(path, index, number - len(held), held)
                index += 1
                held, size = [], 0
            if line is None:
                yield Unread(path=path, line=number, record=index, reason=f"{TOO_LONG}; break the line")
                index += 1
            elif line.strip():
                held.append(line)
                size += len(line)
    except Unreadable as failure:
        if held:
            yield _paragraph(path, index, number - len(held) + 1, held)
        yield Unread(path=path, line=number + 1, reason=f"the rest of the file is unread: {failure.reason}")
        return
    if held:
        yield _paragraph(path, index, number - len(held) + 1, held)


def _paragraph(path: str, index: int, line: int, held: list[bytes]) -> Record | Unread:
    try:
        # NOTE: a carriage return before the break is kept, as it is the model's to learn too.
        return Record(path, index, line, b"\n".join(held).decode("utf-8"))
    except UnicodeDecodeError as error:
        bad = line + error.object.count(b"\n", 0, error.start)
        return Unread(path=path, line=bad, record=index, reason="not valid UTF-8; save the file as UTF-8")
