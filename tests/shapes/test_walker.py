import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetooth.record import RepeatedKeys
from finetooth.shapes import walker
from finetooth.shapes.pointer import keys, member
from finetooth.shapes.walker import STRUCTURAL_KEYS, passages
from finetooth.sources.jsontext import json_object, parse


def texts(value):
    return [(p.pointer, p.part, p.text) for p in passages(value)[1]]


@pytest.mark.parametrize("value", [None, True, 3, 1.5, [], {}, [None, {}]])
def test_without_a_text_there_is_no_passage(value):
    assert texts(value) == []


def test_leaves_come_in_order_of_the_document_each_after_its_key():
    assert texts({"b": {"text": "1"}, "Ada Lovelace": ["2", ["3"]], "text": ""}) == [
        ("/b", "key", "b"),
        ("/b/text", "value", "1"),
        ("/Ada Lovelace", "key", "Ada Lovelace"),
        ("/Ada Lovelace/0", "value", "2"),
        ("/Ada Lovelace/1/0", "value", "3"),
        ("/text", "value", ""),
    ]


def test_pointers_are_escaped_as_rfc_6901_has_it():
    assert texts({"a/b": {"~1": "x", "": "y"}}) == [
        ("/a~1b", "key", "a/b"),
        ("/a~1b/~01", "key", "~1"),
        ("/a~1b/~01", "value", "x"),
        ("/a~1b/", "key", ""),
        ("/a~1b/", "value", "y"),
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (999_999, None),
        (1_000_000, "1000000"),
        (-4111111111111111, "-4111111111111111"),
        (14155550132.0, "14155550132"),
        (10**30, "1" + "0" * 30),
        (1234567.5, None),
        (1e300, None),
        (float("nan"), None),
        (float("-inf"), None),
        (True, None),
    ],
)
def test_a_long_integer_is_a_text_too(number, text):
    assert texts([number]) == ([] if text is None else [("/0", "value", text)])
    assert texts(number) == ([] if text is None else [("", "value", text)])


def test_the_longest_integer_that_python_writes_is_the_longest_text():
    assert texts([10**4300 - 1, 10**4300]) == [("/0", "value", "9" * 4300)]


def test_shadowed_values_are_read_and_have_the_speaker_of_their_place():
    value = RepeatedKeys([("text", "alice@example.com"), ("n", "x"), ("text", "clean")])
    shape, found = passages(value)
    assert shape == "text"
    assert [(p.pointer, p.text, p.trained) for p in found if p.part == "value"] == [
        ("/text", "alice@example.com", True),
        ("/text", "clean", True),
        ("/n", "x", False),
    ]


def test_keys_are_nobodys_and_untrained_but_well_known_words_are_no_passages():
    (found,) = (
        p for p in passages({"messages": [{"role": "user", "content": "a", "x@y.z": None}]})[1] if p.part == "key"
    )
    assert (found.pointer, found.text, found.role, found.turn, found.trained) == (
        "/messages/0/x@y.z",
        "x@y.z",
        "other",
        None,
        False,
    )
    assert texts(dict.fromkeys(STRUCTURAL_KEYS)) == []


def test_no_depth_is_too_deep():
    value = "token"
    for depth in range(5_000):
        value = {"k": value} if depth % 2 else [value]
    assert texts(value)[-1][2] == "token"


PLANTED = "t0k3n-"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(
            st.tuples(st.sampled_from(["", "text", "role", "messages", "a/b", "~"]) | st.text(), inner), max_size=4
        ).map(json_object)
    ),
    max_leaves=20,
)


def planted(value, tokens, chance):
    """Return the value with tokens in place of some leaves and keys, and in some added members."""
    if isinstance(value, dict):
        pairs = [*getattr(value, "shadowed", ()), *value.items()]
        pairs = [(key, planted(member, tokens, chance)) for key, member in pairs]
        if chance.random() < 0.5:
            pairs.append((token(tokens), token(tokens) if chance.random() < 0.5 else None))
        if pairs and chance.random() < 0.5:
            pairs.append((chance.choice(pairs)[0], token(tokens)))  # the same key once more
        chance.shuffle(pairs)
        return json_object(pairs)
    if isinstance(value, list):
        return [planted(element, tokens, chance) for element in value] + [token(tokens)]
    return token(tokens) if chance.random() < 0.5 else value


def token(tokens):
    tokens.append(f'{PLANTED}{len(tokens)}-é/~"\\\u2028\U0001f48c')
    return tokens[-1]


def written(value, chance):
    """Return the value as JSON text, repeated keys and all, with escapes at random."""
    if isinstance(value, dict):
        pairs = [*getattr(value, "shadowed", ()), *value.items()]
        return "{" + ",".join(f"{written(key, chance)}: {written(member, chance)}" for key, member in pairs) + "}"
    if isinstance(value, list):
        return "[" + " , ".join(written(element, chance) for element in value) + "]"
    if isinstance(value, str):
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        units = value.encode("utf-16-be")
        if chance.random() < 0.3:
            return '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'
        return json.dumps(value, ensure_ascii=chance.random() < 0.5)
    return json.dumps(value)


@settings(deadline=None)  # machines are shared
@given(value=ANYTHING, seed=st.integers(0, 2**32))
def test_every_planted_token_is_found_again_at_its_pointer(value, seed):
    chance = random.Random(seed)
    tokens = []
    value = parse(written(planted([value], tokens, chance), chance))
    found = passages(value)[1]
    assert set(tokens) <= {passage.text for passage in found}
    for passage in found:
        if passage.part == "key":
            assert keys(passage.pointer)[-1] == passage.text
        assert passage.text in at(value, passage.pointer, passage.part)


def at(value, pointer, part):
    """Return everything that stands at a pointer: all values of a repeated key, or the key itself."""
    nodes = [value]
    for key in keys(pointer):
        below = []
        for node in nodes:
            if isinstance(node, dict):
                below += [member for name, member in (*getattr(node, "shadowed", ()), *node.items()) if name == key]
            elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
                below.append(node[int(key)])
        nodes = below
    assert nodes
    return [keys(pointer)[-1]] if part == "key" else [as_text(node) for node in nodes]


def as_text(node):
    if isinstance(node, float) and node.is_integer():
        node = int(node)
    return node if isinstance(node, str) else str(node)


@settings(deadline=None)  # machines are shared
@given(st.lists(st.text() | st.integers(0)))
def test_pointers_are_told_apart_again(path):
    pointer = ""
    for key in path:
        pointer = member(pointer, key)
    assert keys(pointer) == [str(key) for key in path]


MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(
            ["user", "assistant", "system", "tool", "human", "gpt", "User", "Chatbot", "moderator", "", None, []]
        ),
        "content": st.sampled_from(["", "hello", '{"a": "b"}', " [1", None, ["part"]]) | st.text(),
    },
    optional={"weight": st.just(0), "name": st.text()},
)


BESIDE = st.dictionaries(
    st.sampled_from(["id", "a/b~c", "system", "tools", "label", "chosen", "input_ids", "text", "messages"]) | st.text(),
    st.none() | st.booleans() | st.text() | st.integers() | st.sampled_from(["[1]", [1], 12345678, {"a": "b"}]),
    max_size=3,
)


@given(st.lists(MESSAGE | st.none()), BESIDE, BESIDE, st.booleans(), st.booleans())
def test_a_plain_chat_is_walked_as_any_other_record_is(messages, before, after, repeated, sharegpt):
    if sharegpt:
        names = {"role": "from", "content": "value"}
        messages = [each and {names.get(key, key): node for key, node in each.items()} for each in messages]
    if repeated:
        messages = [RepeatedKeys([("content", "x"), *each.items()]) if each else each for each in messages]
    value = {**before, "conversations" if sharegpt else "messages": messages, **after}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walker, "plain_chat", lambda _: None)
        slowly = walker.walk(value)
    assert str(walker.walk(value)) == str(slowly)
    assert [tuple(p)[:7] for p in walker.walk(value).passages] == [tuple(p)[:7] for p in slowly.passages]
