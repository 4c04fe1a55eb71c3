"""Files that are known to hold no text that can be read here, by how they begin; each with what to do about it.

They are refused before their name is asked, so that a picture named ``.txt`` is not a thousand bad lines.
"""

from __future__ import annotations

import re

_MEDIA = "which finetooth does not look into; audit it by other means, or leave it out of the dataset"
_EXPORT = "export it as Parquet, CSV or JSON lines"
_UNPACK = "unpack it, or pack it as tar or zip"

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", f"a JPEG picture, {_MEDIA}"),
    (b"\x89PNG\r\n\x1a\n", f"a PNG picture, {_MEDIA}"),
    (b"GIF8", f"a GIF picture, {_MEDIA}"),
    (b"II*\0", f"a TIFF picture, {_MEDIA}"),
    (b"MM\0*", f"a TIFF picture, {_MEDIA}"),
    (b"RIFF", f"a WAVE sound or WebP picture, {_MEDIA}"),
    (b"ID3", f"an MP3 sound, {_MEDIA}"),
    (b"fLaC", f"a FLAC sound, {_MEDIA}"),
    (b"OggS", f"an Ogg sound, {_MEDIA}"),
    (b"\x1aE\xdf\xa3", f"a Matroska or WebM film, {_MEDIA}"),
    (b"%PDF-", "a PDF document, which finetooth cannot read yet; extract its text"),
    (b"\x93NUMPY", "a NumPy array, which is numbers and no text; leave it out, or scan what it was made from"),
    (b"\x80\x02", "a Python pickle, which can run code when it is read; export it as JSON lines"),
    (b"\x80\x03", "a Python pickle, which can run code when it is read; export it as JSON lines"),
    (b"\x80\x04", "a Python pickle, which can run code when it is read; export it as JSON lines"),
    (b"\x80\x05", "a Python pickle, which can run code when it is read; export it as JSON lines"),
    (b"\x89HDF\r\n\x1a\n", f"an HDF5 file, which finetooth cannot read yet; {_EXPORT}"),
    (b"SQLite format 3\0", f"an SQLite database, which finetooth cannot read yet; {_EXPORT}"),
    (b"Obj\x01", f"an Avro file, which finetooth cannot read yet; {_EXPORT}"),
    (b"ORC", f"an ORC file, which finetooth cannot read yet; {_EXPORT}"),
    # NOTE: pyarrow can read it, but a damaged one ends the process with a segmentation fault.
    (b"FEA1", f"a Feather file of version 1, which cannot be read safely; {_EXPORT}"),
    (b"PARE", "Parquet with an encrypted footer; decrypt it"),
    (b"7z\xbc\xaf'\x1c", f"a 7-Zip archive, which finetooth cannot read yet; {_UNPACK}"),
    (b"Rar!", f"a RAR archive, which finetooth cannot read yet; {_UNPACK}"),
    (b"GGUF", "a model's weights (GGUF); leave it out of the dataset"),
    (b"\xff\x06\0\0sNaPpY", "compressed with Snappy, which finetooth cannot undo; use zstd or gzip"),
    (b"\x1f\x9d", "compressed with compress (.Z), which finetooth cannot undo; use zstd or gzip"),
)


def foreign(head: bytes) -> str | None:
    """Return what a file is that begins so, with the remedy; None where it may be text."""
    if head[4:8] == b"ftyp":
        return f"an MP4 film or HEIF picture, {_MEDIA}"
    return next((what for magic, what in _FOREIGN if begins(head, magic)), None)


def begins(head: bytes, magic: bytes) -> bool:
    """Tell whether a file begins with a magic number, and not merely with a word: ``ID3,name`` is a table."""
    return head.startswith(magic) and not (magic.isalnum() and not _CONTROL.search(head))


_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a]")
