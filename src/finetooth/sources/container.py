"""Which container a file is: what it holds decides first, its name only where that says nothing.

The rule, in this order (gzip is unpacked before, and ``.gz`` taken off the name):

1. It begins with ``PAR1``: Parquet.
2. Its first line is a JSON object or array by itself, and something follows: JSON lines, whatever the name.
3. It is named ``.csv`` or ``.tsv``: a table, which no content can prove.
4. It begins with ``[``: a JSON document.
5. It is named ``.jsonl`` or ``.ndjson``: JSON lines. Their first line may be a bad one, so ``{`` decides only after
   the name has not.
6. It begins with ``{``, or is named ``.json``: a JSON document.

Anything else is refused, with a reason.
"""

from __future__ import annotations

import enum

from finetooth.sources.peekable import Peekable
from finetooth.sources.jsontext import NotJson, parse
from finetooth.sources.lines import LINE_LIMIT

_HEAD = 1 << 16
_PARQUET_MAGIC = b"PAR1"
_KNOWN = "JSON lines, JSON, CSV, TSV and Parquet, each also gzipped but for Parquet"
_FOREIGN = (
    (b"\x1f\x8b", "gzip within gzip", "decompress it once"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "decompress it with `zstd -d`, or compress it with gzip"),
    (b"BZh", "compressed with bzip2", "decompress it with `bunzip2`, or compress it with gzip"),
    (b"\xfd7zXZ", "compressed with xz", "decompress it with `unxz`, or compress it with gzip"),
    (b"PK\x03\x04", "a ZIP archive or an office document", "unpack it, or export it as CSV"),
    (b"ARROW1", "an Arrow file", "convert it to Parquet"),
)


class Container(enum.Enum):
    """What a file's records are packed in."""

    JSON_LINES = "JSON lines"
    JSON_DOCUMENT = "JSON"
    CSV = "CSV"
    TSV = "TSV"
    PARQUET = "Parquet"


def container(name: str, content: Peekable) -> Container | str:
    """Return the container, or the reason why there is none.

    Args:
        name: the file's name or path.
        content: what it holds, decompressed and as UTF-8; only looked into.
    """
    if content.peek(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC:
        return Container.PARQUET
    if _first_line_is_a_record(content):
        return Container.JSON_LINES
    name = name.lower().removesuffix(".gz")
    if name.endswith(".csv"):
        return Container.CSV
    if name.endswith(".tsv"):
        return Container.TSV
    first = content.peek(_HEAD).lstrip()[:1]
    if first == b"[":
        return Container.JSON_DOCUMENT
    if name.endswith((".jsonl", ".ndjson")):
        return Container.JSON_LINES
    if first == b"{" or name.endswith(".json"):
        return Container.JSON_DOCUMENT
    for magic, what, remedy in _FOREIGN:
        if content.peek(len(magic)) == magic:
            return f"{what}, which finetooth cannot read yet; {remedy}"
    return f"not a dataset file that finetooth can read yet ({_KNOWN}); convert it, or leave it out of the dataset"


def _first_line_is_a_record(content: Peekable) -> bool:
    size = _HEAD
    while True:
        head = content.peek(size)
        line, _, rest = head.lstrip().partition(b"\n")
        if line[:1] not in (b"{", b"["):
            return False
        if rest and not rest.isspace():
            break
        if len(head) < size or size > LINE_LIMIT:
            return False
        size *= 4
    try:
        parse(line.decode("utf-8"))
    except (UnicodeDecodeError, NotJson):
        return False
    return True
