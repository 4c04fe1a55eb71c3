import gzip
import hashlib
import io

import pytest

from finetooth.sources.bytestream import ByteStream
from finetooth.sources.peekable import Peekable, Unreadable


def read_all(stream):
    pieces = []
    while piece := stream.read(1000):
        pieces.append(piece)
    return b"".join(pieces)


def test_an_empty_file_has_a_digest_too():
    stream = ByteStream(io.BytesIO(b""))
    assert read_all(stream) == b""
    assert stream.stored().sha256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("content", [b"x", b"\x1f", b"plain text\n" * 500_000])
def test_plain_bytes_come_through_and_are_hashed(content):
    stream = ByteStream(io.BytesIO(content))
    assert read_all(stream) == content
    assert (stream.stored().sha256, stream.stored().bytes) == (hashlib.sha256(content).hexdigest(), len(content))


def test_gzip_is_unpacked_but_what_is_stored_is_hashed():
    packed = gzip.compress(b"first\n" * 100_000) + gzip.compress(b"second\n")  # two members, as `cat a.gz b.gz` makes
    stream = ByteStream(io.BytesIO(packed))
    assert read_all(stream) == b"first\n" * 100_000 + b"second\n"
    assert (stream.stored().sha256, stream.stored().bytes) == (hashlib.sha256(packed).hexdigest(), len(packed))


@pytest.mark.parametrize("lost", [1, 4, 8, 9, 500])
def test_truncated_gzip_gives_what_is_there_and_then_says_so(lost):
    content = bytes(range(256)) * 4000
    stream = ByteStream(io.BytesIO(gzip.compress(content)[:-lost]))
    ahead = stream.peek(len(content))
    assert content.startswith(ahead)
    assert len(ahead) > len(content) / 2
    with pytest.raises(Unreadable, match="ends too early"):
        read_all(stream)


@pytest.mark.parametrize("damage", ["flip", "checksum", "tail"])
def test_damaged_gzip_is_an_error_that_quotes_nothing(damage):
    packed = bytearray(gzip.compress(hashlib.sha512(b"seed").digest() * 1000))
    if damage == "flip":
        packed[len(packed) // 2] ^= 0xFF
    elif damage == "checksum":
        packed[-6] ^= 0xFF
    else:
        packed += b"secret"
    stream = ByteStream(io.BytesIO(bytes(packed)))
    with pytest.raises(Unreadable) as caught:
        read_all(stream)
    assert "gzip" in caught.value.reason
    assert "secret" not in caught.value.reason


def test_without_a_full_read_there_is_no_digest_until_it_is_drained():
    stream = ByteStream(io.BytesIO(b"x" * 5_000_000))
    stream.read(10)
    assert stream.stored().sha256 is None
    stream.drain()
    assert stream.stored().sha256 == hashlib.sha256(b"x" * 5_000_000).hexdigest()


def test_a_failing_disk_breaks_the_stream_off():
    class Failing(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    stream = ByteStream(Failing())
    with pytest.raises(Unreadable, match="Input/output error"):
        stream.read(10)
    assert stream.stored().sha256 is None


def test_peeking_consumes_nothing_and_keeps_a_failure_for_the_read_that_meets_it():
    pieces = iter([b"ab", b"cd"])

    def read(_):
        try:
            return next(pieces)
        except StopIteration:
            raise Unreadable("broken off") from None

    stream = Peekable(read)
    assert stream.peek(3) == b"abc"
    assert stream.peek(100) == b"abcd"
    assert stream.read(1) + stream.read(100) == b"abcd"
    with pytest.raises(Unreadable, match="broken off"):
        stream.read(1)
