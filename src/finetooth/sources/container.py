"""Which container a file is: what it holds decides first, its name only where that says nothing.

The rule, in this order (compression is undone before, and its ending taken off the name):

1. It begins as Parquet, Arrow (or Feather), zip or tar do: that.
2. It begins as a picture, a sound, a model or another thing does that is known to be no text: refused.
3. Its first line is a JSON object or array by itself, and something follows: JSON lines, whatever the name.
4. It is named ``.csv`` or ``.tsv``: a table, which no content can prove.
5. It is named as text is (`TEXT_ENDINGS`), or has no ending and holds text: plain text.
6. It begins with ``[``, or its first line is ``{`` and nothing else: a JSON document.
7. It is named ``.jsonl`` or ``.ndjson``: JSON lines. Their first line may be a bad one, so ``{`` decides only after
   the name has not.
8. It begins with ``{``, or is named ``.json``: a JSON document.

Anything else is refused, with a reason.
"""

from __future__ import annotations

import enum
import posixpath
import re

from finetooth.sources.compression import codec_of
from finetooth.sources.foreign import begins, foreign
from finetooth.sources.jsontext import NotJson, parse
from finetooth.sources.peekable import Peekable

TEXT_ENDINGS = (".txt", ".text", ".md", ".markdown", ".rst", ".log", ".caption", ".cls", ".srt", ".vtt")
"""Names of plain text: prose, logs, captions and the class names of WebDataset. Not of formats with escapes of their
own (YAML, XML, HTML, source code), of which a plain reading would miss what is escaped and yet call it read."""

_HEAD = 1 << 16
_FIRST_LINE = 4 << 20  # objects one after another are read of a JSON document too, so a longer line need not be told
_COMPRESSED = re.compile(r"\.(?:gz|gzip|bz2|xz|zst|zstd|lz4)\Z")
_KNOWN = "JSON lines, JSON, CSV, TSV, plain text, Markdown, Parquet, Arrow, Feather, tar and zip, each also compressed"
_TAR_MAGIC = 257


class Container(enum.Enum):
    """What a file's records are packed in."""

    JSON_LINES = "JSON lines"
    JSON_DOCUMENT = "JSON"
    CSV = "CSV"
    TSV = "TSV"
    TEXT = "text"
    PARQUET = "Parquet"
    ARROW_FILE = "Arrow file"
    ARROW_STREAM = "Arrow stream"
    TAR = "tar"
    ZIP = "zip"


_MAGIC = (
    (b"PAR1", Container.PARQUET),
    (b"ARROW1\0\0", Container.ARROW_FILE),
    (b"\xff\xff\xff\xff", Container.ARROW_STREAM),
    (b"PK\x03\x04", Container.ZIP),
    (b"PK\x05\x06", Container.ZIP),
)


def container(name: str, content: Peekable) -> Container | str:
    """Return the container, or the reason why there is none.

    Args:
        name: the file's name or path.
        content: what it holds, decompressed and as UTF-8; only looked into.
    """
    head = content.peek(512)
    for magic, found in _MAGIC:
        if begins(head, magic):
            return found
    name = name.lower()
    while ending := _COMPRESSED.search(name):
        name = name[: ending.start()]
    if head[_TAR_MAGIC : _TAR_MAGIC + 5] == b"ustar" or (name.endswith((".tar", ".tgz")) and b"\0" in head):
        return Container.TAR
    if codec_of(content):
        return "compressed more than twice over; decompress it"
    return foreign(head) or _text(name, content) or _refusal(name)


def _text(name: str, content: Peekable) -> Container | None:
    if _first_line_is_a_record(content):
        return Container.JSON_LINES
    if name.endswith(".csv"):
        return Container.CSV
    if name.endswith(".tsv"):
        return Container.TSV
    head = content.peek(_HEAD)
    if name.endswith(TEXT_ENDINGS):
        return Container.TEXT
    first = head.lstrip()[:1]
    if first == b"[" or (first == b"{" and head.lstrip().partition(b"\n")[0].strip() == b"{"):
        return Container.JSON_DOCUMENT
    if name.endswith((".jsonl", ".ndjson")):
        return Container.JSON_LINES
    if first == b"{" or name.endswith(".json"):
        return Container.JSON_DOCUMENT
    if "." not in posixpath.basename(name) and _is_text(head):
        return Container.TEXT
    return None


def _refusal(name: str) -> str:
    ending = posixpath.splitext(name)[1]
    what = f"not a dataset file that finetooth can read yet ({_KNOWN})"
    text = "; if it is plain text, name it .txt" if ending else ""
    return f"{what}; convert it{text}, or leave it out of the dataset"


def _is_text(head: bytes) -> bool:
    try:
        head[:-3].decode("utf-8")  # the last letter may be cut off
    except UnicodeDecodeError as error:
        return error.end == len(head) - 3 and error.reason == "unexpected end of data"
    return b"\0" not in head


def _first_line_is_a_record(content: Peekable) -> bool:
    size = _HEAD
    while True:
        head = content.peek(size)
        line, _, rest = head.lstrip().partition(b"\n")
        if line[:1] not in (b"{", b"["):
            return False
        if rest and not rest.isspace():
            break
        if len(head) < size or size >= _FIRST_LINE:
            return False
        size *= 4
    try:
        parse(line.decode("utf-8"))
    except (UnicodeDecodeError, NotJson):
        return False
    return True
