"""What hides a value is undone, and the value is found where it stands."""

import base64
import html
import json
import time
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.decodings.views import views
from finetooth.span import Span


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def mathematical(text):
    return "".join(chr(0x1D5EE + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text)


def base64_of_urls(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


EVASIONS = [
    ("full-width", "mail ", full_width("ada@example.com"), "ada@example.com", "folded"),
    ("mathematical letters", "", mathematical("ada@example.com"), "ada@example.com", "folded"),
    ("Cyrillic look-alikes", "mail ", "аdа@ехаmple.com", "ada@example.com", "folded"),
    ("Greek look-alikes", "", "αda@eχample.cοm".replace("χ", "x"), "ada@example.com", "folded"),
    ("small capitals", "", "ᴀᴅᴀ@ᴇxᴀᴍᴘʟᴇ.ᴄᴏᴍ", "ada@example.com", "folded"),
    ("zero-width", "id ", "536\u200b-90-\u200d4399", "536-90-4399", "folded"),
    ("soft hyphen", "", "ada@exam\u00adple.com", "ada@example.com", "folded"),
    ("bidirectional controls", "to ", "ada\u200f@\u202dexample.com", "ada@example.com", "folded"),
    ("combining marks", "", "a\u0335d\u0335a\u0335@example.com", "ada@example.com", "folded"),
    ("marks that compose", "Jose\u0301 is ", "a\u0335da@example.com", "ada@example.com", "folded"),
    ("no-break spaces", "", "536\u00a090\u00a04399", "536 90 4399", "folded"),
    ("thin spaces", "", "4539\u20091488\u20090343\u20096467", "4539 1488 0343 6467", "folded"),
    ("Arabic digits", "", "٥٣٦-٩٠-٤٣٩٩", "536-90-4399", "folded"),
    ("Devanagari digits", "", "५३६-९०-४३९९", "536-90-4399", "folded"),
    ("circled digits", "", "⑤③⑥-⑨⓪-④③⑨⑨", "536-90-4399", "folded"),
    ("no-break hyphens", "", "536\u201190\u20114399", "536-90-4399", "folded"),
    ("en dashes", "", "536–90–4399", "536-90-4399", "folded"),
    ("tag characters", "hello", "".join(chr(0xE0000 + ord(c)) for c in "ada@example.com"), "ada@example.com", "folded"),
    ("spelt out", "", "ada (at) example dot com", "ada@example.com", "spelt"),
    ("spelt in brackets", "", "ada.l [at] example [dot] co [dot] uk", "ada.l@example.co.uk", "spelt"),
    ("defanged", "", "ada@example[.]com", "ada@example.com", "spelt"),
    ("dictated", "my mail is ", "ada at example dot com", "ada@example.com", "spelt"),
    ("HTML references", "<b>to</b> ", "ada&#64;example&#x2e;com", "ada@example.com", "html"),
    ("tags within a word", "", "ada<wbr>@exa<b>mple</b>.com", "ada@example.com", "html"),
    ("percent encoding", "?to=", "ada%40example%2Ecom", "ada@example.com", "percent"),
    ("Markdown", "", r"ada\_l@example\.com", "ada_l@example.com", "backslash"),
    ("JSON escapes", "", r"\u0061da\u0040example.com", "ada@example.com", "backslash"),
    ("a surrogate pair", r"\ud83d\ude00 ", r"ada\u0040example.com", "ada@example.com", "backslash"),
    ("bytes", "", r"\xc3\xa9\x40example.com", "é@example.com", "backslash"),
    ("base64", "see ", base64.b64encode(b"ada@example.com").decode().rstrip("="), "ada@example.com", "base64"),
    ("base64 of URLs", "see ", base64_of_urls("ada? ~é@example.com"), "ada? ~é@example.com", "base64"),
    ("base16", "0x", b"ada@example.com".hex(), "ada@example.com", "base16"),
    ("a broken line", "use ", "ghp_16C7e42F\n12E7710c8383", "ghp_16C7e42F12E7710c8383", "rejoined"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "written", "value", "encoding"), [row[1:] for row in EVASIONS], ids=[r[0] for r in EVASIONS]
)
@pytest.mark.parametrize("after", ["", " and so on"])
def test_what_is_written_in_another_way_is_read_with_exact_offsets(before, written, value, encoding, after):
    text = before + written + after
    [view] = [view for view in views(text) if view.encoding == encoding]
    at = view.text.index(value)
    there = view.offsets().outer(Span(at, at + len(value)))
    assert there.of(text) == written
    assert view.offsets().inner(there) == Span(at, at + len(value))


@pytest.mark.parametrize(
    "text",
    [
        "The café’s “naïve” menu – 1939–1945 – costs 10\u00a0€…",
        "Привет, VIP-клиент! Это обычный текст.",
        "ΑΒΓ και Δ",
        "東京は、大きい（都市）です。",
        "می\u200cخواهم",  # Persian writes with joiners
        "👩\u200d💻 and ❤\ufe0f",
        "हिन्दी में",
        "I shop at amazon dot com",
        "meet me at noon. Dot your i's",
        "AT&T, x < y && y > z; <password> or <token>",
        "50% off, 20%of",
        r"C:\Users\ada and \alpha",
        "internationalization of counterrevolutionaries",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "a list\nof lines\nwithout tokens",
    ],
)
def test_what_hides_nothing_is_left_alone(text):
    assert list(views(text)) == []


WRITTEN = [
    "&amp;",
    "&#64;",
    "%40",
    "%C3%A9",
    "%ff",
    r"\u0061",
    r"\_",
    r"\n",
    r"\xe9",
    "\u200b",
    "\u00ad",
    "Ａ",
    "٣",
    "\u0301",
]
PLAIN = [
    "a",
    "é",
    " ",
    "\n",
    "\\",
    "%",
    "&",
    "–",
    "а",
    "ﬁ",
    "<b>",
    " dot ",
    "(at)",
    "ghp_abc123def",
    "YWRhQGV4YW1wbGU=",
]
PIECES = st.lists(st.sampled_from(WRITTEN + PLAIN), max_size=12).map("".join)


@given(PIECES)
def test_every_span_goes_out_and_comes_back(text):
    for view in views(text):
        offsets = view.offsets()
        for start in range(len(view.text)):
            for end in range(start + 1, min(len(view.text), start + 6) + 1):
                there = offsets.outer(Span(start, end))
                assert 0 <= there.start < there.end <= len(text)
                back = offsets.inner(there)
                # What is written as one stays together.
                assert back is not None
                assert back.start <= start < end <= back.end


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_each_encoding_is_undone(text):
    for encoding, written in (
        ("html", "".join(f"&#{ord(c)};" for c in text)),
        ("percent", urllib.parse.quote(text, safe="").replace("~", "%7E")),
        ("backslash", "".join(rf"\u{{{ord(c):x}}}" for c in text)),
    ):
        said = [view.text for view in views(written) if view.encoding == encoding]
        expected = html.unescape(written) if encoding == "html" else text
        assert said == ([expected] if expected != written else [])


def test_a_base64_encoding_over_several_lines_is_one_text():
    said = "The account of ada@example.com is locked since yesterday, and her password is c4tSt-91x. Please help."
    written = base64.encodebytes(said.encode()).decode()
    [view] = [view for view in views(f"attached:\n{written}") if view.encoding == "base64"]
    assert view.text == said
    [view] = [
        view for view in views(base64.b64encode(said[:51].encode()).decode() + "\nplease") if view.encoding == "base64"
    ]
    assert view.text == said[:51]


@pytest.mark.parametrize(
    "unit",
    [
        "%25",
        "&amp;",
        "\\",
        "\\\\n",
        "a\u0301",
        "\u200b",
        "a dot ",
        "a (at) ",
        "YWRh",
        "61",
        "&#",
        "<b",
        "ghp_abc1\n",
        "а1",
        "%C3",
    ],
)
def test_time_grows_with_the_text_and_not_faster(unit):
    def seconds(times):
        text = unit * times
        start = time.process_time()
        list(views(text))
        return time.process_time() - start

    seconds(10)
    assert seconds(200_000 // len(unit)) < 3  # quadratic would take minutes


def test_json_in_prose_is_unescaped_once_a_level():
    text = "it said " + json.dumps(json.dumps({"to": "ada@example.com"}))
    [once] = [view.text for view in views(text) if view.encoding == "backslash"]
    assert once == 'it said "{"to": "ada@example.com"}"'
