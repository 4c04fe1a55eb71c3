import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetooth.sources import lines as module
from finetooth.sources.bytestream import ByteStream, Peekable
from finetooth.sources.lines import lines


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [(1, b"a")]),
        (b"a\n", [(1, b"a")]),
        (b"\n", [(1, b"")]),
        (b"a\r\nb", [(1, b"a\r"), (2, b"b")]),
        ("a\u2028b\u0085c\x0cd\n".encode(), [(1, "a\u2028b\u0085c\x0cd".encode())]),
    ],
)
def test_lines_end_at_newlines_only(content, expected):
    assert list(lines(ByteStream(io.BytesIO(content)))) == expected


@settings(deadline=None)  # machines are shared
@given(content=st.binary().map(lambda data: data.replace(b"\x1f\x8b", b"")), window=st.integers(1, 7))
def test_windows_do_not_show(content, window):
    file = io.BytesIO(content)
    found = [line for _, line in lines(Peekable(lambda _: file.read(window)))]
    assert b"\n".join(found) == content.removesuffix(b"\n")


def test_a_line_over_the_limit_is_passed_over_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(module, "LINE_LIMIT", 10)
    file = io.BytesIO(b"0123456789\n0123456789A\nnext\n" + b"x" * 100)
    found = list(lines(Peekable(lambda _: file.read(3))))
    assert found == [(1, b"0123456789"), (2, None), (3, b"next"), (4, None)]
