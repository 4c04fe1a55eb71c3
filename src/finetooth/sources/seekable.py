"""A stream as a file in which one can jump about, for the containers that keep their index at the end.

The copy lies on disk, in a file without a name that vanishes when it is closed, whatever ends the process.
"""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from finetooth.sources.peekable import WINDOW, Peekable, Unreadable

COPY_LIMIT = 8 << 30
"""The longest copy, in bytes: 8 GiB, above which a temporary folder is likely to be full first."""


def seekable(content: Peekable) -> BinaryIO:
    """Return what is left of the stream as a file, at its start; the caller closes it.

    Raises:
        Unreadable: the stream breaks off, is longer than `COPY_LIMIT`, or there is no room for the copy.
    """
    copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - handed on open
    size = 0
    try:
        while piece := content.read(WINDOW):
            size += len(piece)
            if size > COPY_LIMIT:
                raise Unreadable(f"more than {COPY_LIMIT >> 30} GiB within an archive or compressed; unpack it")
            copy.write(piece)
        copy.seek(0)
    except OSError as error:
        copy.close()
        raise Unreadable(f"it cannot be unpacked here ({error.strerror}); make room, or unpack it yourself") from None
    except Unreadable:
        copy.close()
        raise
    return copy
