"""JSON within strings, to any depth within the bound: every text of it, and exactly where the outer leaf encodes it."""

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import PatternDetector
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shapes import nested
from finetooth.shapes.nested import inner_leaves
from finetooth.shapes.walker import DEPTH, walk
from finetooth.shard import Plan
from finetooth.sources.rows import from_memory
from finetooth.span import Span


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "17",
        "null",
        "[1, 2",
        "{not json}",
        "[a link](http://x)",
        '"a quotation"',
        '"one" and "two"',
        "[]",
        "{}",
    ],
)
def test_what_is_no_json_or_holds_no_text_has_no_leaves(text):
    assert inner_leaves(text) == []


def test_leaves_are_told_with_where_they_stand():
    text = ' {"to": ["\\u0061da", 4111111111111111, 3, null, NaN], "to": {"": "x"}} '
    assert [(leaf.pointer, leaf.part, leaf.text, text[leaf.start : leaf.end]) for leaf in inner_leaves(text)] == [
        ("/to", "key", "to", "to"),
        ("/to/0", "value", "ada", "\\u0061da"),
        ("/to/1", "value", "4111111111111111", "4111111111111111"),
        ("/to", "key", "to", "to"),
        ("/to/", "key", "", ""),
        ("/to/", "value", "x", "x"),
    ]


def test_a_string_of_json_by_itself_is_decoded_where_it_has_escapes():
    assert [(leaf.pointer, leaf.text) for leaf in inner_leaves('"\\u0061da"')] == [("", "ada")]


def test_control_characters_and_numbers_without_end_do_not_hide_the_rest():
    text = '{"n": %s, "f": 1e999, "i": -Infinity, "t": "a\tb\\u0063"}' % ("9" * 5000)
    assert [leaf.text for leaf in inner_leaves(text)][-1] == "a\tbc"


def texts(value):
    return [(p.pointer, [step.pointer for step in p.inner], p.text) for p in walk(value).passages if p.part == "value"]


def test_every_text_of_a_tool_call_has_the_speaker_of_the_call():
    call = {"function": {"name": "mail", "arguments": json.dumps({"to": "ada@example.com", "n": 3})}}
    found = walk({"messages": [{"role": "assistant", "tool_calls": [call]}]}).passages
    [inner] = [p for p in found if p.inner and p.part == "value"]
    assert (inner.role, inner.turn, inner.trained, inner.text) == ("assistant", 0, True, "ada@example.com")
    assert inner.root.text == call["function"]["arguments"]


def test_messages_that_a_table_holds_as_text_have_their_speakers():
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    shape, found, _ = walk({"id": "7", "messages": json.dumps(chat)})
    assert shape == "openai-chat"
    told = {p.text: (p.role, p.turn, p.trained) for p in found if p.inner and p.part == "value"}
    assert (told["a"], told["b"]) == (("user", 0, False), ("assistant", 1, True))


def wrapped(text, times):
    for _ in range(times):
        text = json.dumps({"k": text})
    return text


def test_strings_are_decoded_up_to_the_depth_and_said_to_be_unread_beyond():
    assert texts({"a": wrapped("x", DEPTH)})[-1] == ("/a", ["/k"] * DEPTH, "x")
    assert walk({"a": wrapped("x", DEPTH)}).unread == ()
    beyond = walk({"a": wrapped("x", DEPTH + 1)})
    assert "levels deep" in beyond.unread[0]


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_what_nests_too_deeply_is_unread(text):
    assert "deeply nested" in walk({"a": text}).unread[0]


def test_what_is_too_long_is_unread(monkeypatch):
    monkeypatch.setattr(nested, "SIZE", 10)
    assert "may hold JSON" in walk({"a": '{"k": "a long one"}'}).unread[0]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TOKEN = 't0k3n-%d-é/"\\\n\U0001f48c'


def planted(value, tokens, chance):
    """Return the value with tokens among its leaves and keys, and with some parts of it written as JSON in a string."""
    if isinstance(value, dict):
        value = {key: planted(member, tokens, chance) for key, member in value.items()}
        value[token(tokens)] = token(tokens)
    elif isinstance(value, list):
        value = [*(planted(element, tokens, chance) for element in value), token(tokens)]
    else:
        value = token(tokens) if chance.random() < 0.5 else value
    return written(value, chance) if chance.random() < 0.4 else value


def token(tokens):
    tokens.append(TOKEN % len(tokens))
    return tokens[-1]


def written(value, chance):
    """Write JSON with any escapes that may stand there, and white space."""

    def escaped(found):
        letter = found.group()
        return f"\\u{ord(letter):04x}" if len(letter) == 1 and chance.random() < 0.2 else letter

    text = json.dumps(value, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1]))
    strings = re.compile(r'"(?:[^"\\]|\\.)*"')
    text = strings.sub(lambda found: re.sub(r"\\u[0-9a-f]{4}|\\.|[A-Za-z0-9]", escaped, found.group()), text)
    return chance.choice(["", " ", "\n"]) + text


@settings(deadline=None)
@given(value=ANYTHING, seed=st.integers(0, 2**32))
def test_every_token_is_found_in_its_encoding_and_its_encoding_decodes_to_it(value, seed):
    chance = random.Random(seed)
    tokens = []
    walked = walk([planted([value], tokens, chance)])
    found = walked.passages
    if not walked.unread:
        assert set(tokens) <= {passage.text for passage in found}
    for passage in found:
        if passage.encoded is None or not passage.text:
            continue
        whole = Span(0, len(passage.text))
        there = passage.outer(whole)
        assert passage.within(there) == whole
        text = there.of(passage.root.text)
        if passage.text in tokens:  # a number has no escapes to undo
            for _ in passage.inner:
                text = json.loads(f'"{text}"', strict=False)
            assert text == passage.text


def scanned(*records, pattern=r"\bACC-\d{4,}\b", **kwargs):
    key = FingerprintKey(b"k" * 32)
    return scan(from_memory(list(records)), Plan((PatternDetector(pattern, **kwargs),), Detect(), key))


def test_a_value_that_stands_in_both_is_one_occurrence_and_the_inner_one():
    arguments = json.dumps({"to": "ACC-123456"})
    [finding] = scanned({"text": arguments}).findings
    [place] = finding.locations
    assert (place.pointer, place.inner) == ("/text", ({"decode": "json", "pointer": "/to"},))
    assert arguments[place.start : place.end] == "ACC-123456"
    assert str(place).endswith("row 0 text@8-18 > to")


def test_an_escape_hides_nothing_and_the_span_covers_it():
    [finding] = scanned({"text": '{"to": "\\u0041CC-123456"}'}).findings
    [place] = finding.locations
    assert (place.start, place.end) == (8, 23)


def test_what_only_the_outer_text_shows_stays():
    [finding] = scanned({"text": '{"key": "ACC-123456"}'}, pattern=r'"key": "ACC-\d+').findings
    assert finding.locations[0].inner is None


def test_nested_values_tell_the_whole_way():
    [finding] = scanned({"text": wrapped("ACC-123456", 2)}).findings
    [place] = finding.locations
    assert [step["pointer"] for step in place.inner] == ["/k", "/k"]


def test_a_key_within_an_encoding_is_masked_in_every_way_below_it():
    seen = scanned({"text": json.dumps({"ACC-777777": {"a": json.dumps({"ACC-888888": "ACC-999999"})}})})
    assert seen.totals.occurrences == 3
    for value in ("777777", "888888", "999999"):
        assert value not in repr(seen)
    ways = {tuple(step["pointer"] for step in f.locations[0].inner) for f in seen.findings}
    assert ways == {("/•••-••••••",), ("/•••-••••••/a", "/•••-••••••")}


@settings(deadline=None)
@given(value=ANYTHING, seed=st.integers(0, 2**32))
def test_every_value_is_one_occurrence_however_it_is_wrapped(value, seed):
    chance = random.Random(seed)
    tokens = []
    record = planted([value], tokens, chance)
    numbers = {token: f"ACC-{place + 1000}" for place, token in enumerate(tokens)}
    seen = scanned(renamed(record, numbers))
    if not seen.coverage.records_unread:
        assert seen.totals.findings == seen.totals.occurrences == len(tokens)


def renamed(value, numbers):
    """Return the record with account numbers in place of tokens, also in the JSON within its strings."""
    if isinstance(value, dict):
        return {renamed(key, numbers): renamed(member, numbers) for key, member in value.items()}
    if isinstance(value, list):
        return [renamed(element, numbers) for element in value]
    if isinstance(value, str) and isinstance(decoded(value), (dict, list, str)):
        return written(renamed(decoded(value), numbers), random.Random(len(value)))
    return numbers.get(value, value) if isinstance(value, str) else value


def decoded(text):
    try:
        return json.loads(text)
    except ValueError:
        return None
