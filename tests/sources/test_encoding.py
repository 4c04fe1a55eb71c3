import codecs
import io

import pytest

from finetooth.sources.bytestream import ByteStream
from finetooth.sources.encoding import utf8
from finetooth.sources.peekable import Peekable, Unreadable

TEXT = '{"text": "Žofie 💌"}\n'


def decoded(content):
    stream = utf8(ByteStream(io.BytesIO(content)))
    pieces = []
    while piece := stream.read(5):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_every_byte_order_mark_leads_to_utf8_without_one(mark, encoding):
    assert decoded(mark + TEXT.encode(encoding)) == TEXT.encode()
    assert decoded(mark) == b""


def test_one_byte_at_a_time_is_not_taken_for_the_end():
    content = io.BytesIO(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"))
    stream = utf8(Peekable(lambda _: content.read(1)))
    assert stream.peek(1000) == TEXT.encode()


def test_a_lone_surrogate_passes_as_bytes_that_are_not_utf8():
    bad = decoded(codecs.BOM_UTF16_LE + b"a\x00\x00\xd8b\x00")
    with pytest.raises(UnicodeDecodeError):
        bad.decode("utf-8")


@pytest.mark.parametrize("content", [codecs.BOM_UTF16_LE + b"a\x00b", codecs.BOM_UTF32_BE + b"\x00\x11\x00\x00"])
def test_missing_or_impossible_code_units_break_the_stream_off(content):
    with pytest.raises(Unreadable, match="not valid UTF-"):
        decoded(content)
