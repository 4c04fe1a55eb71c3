"""From the byte order mark of a file to UTF-8 without one.

Text is UTF-8 unless a mark at the start of the file says UTF-16 or UTF-32. What is wrong *inside* the text is not
judged here: a lone UTF-16 surrogate passes through as three bytes that no strict UTF-8 decoder takes, so that exactly
the line that holds it is refused.
"""

from __future__ import annotations

import codecs

from finetooth.sources.peekable import Peekable, Unreadable

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def utf8(stream: Peekable) -> Peekable:
    """Return the same text as UTF-8 without a byte order mark.

    Reading it raises `Unreadable` where code units are missing or beyond Unicode.
    """
    head = stream.peek(4)
    if head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
        return stream
    for mark, name in _MARKS:
        if head.startswith(mark):
            stream.read(len(mark))
            return _transcoded(stream, name)
    return stream


def _transcoded(stream: Peekable, name: str) -> Peekable:
    decoder = codecs.getincrementaldecoder(name)(errors="surrogatepass")

    def read(size: int) -> bytes:
        while True:
            piece = stream.read(size)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError:
                raise Unreadable(f"not valid {name.upper()} from here on; save the file as UTF-8") from None
            if text or not piece:  # half a code unit gives no text yet, which must not look like the end
                return text.encode("utf-8", "surrogatepass")

    return Peekable(read)
