"""Every shape, with a planted value at each place of text: whose it is, in which turn, and whether it is trained on."""

import pytest

from finetooth.shapes.registry import SHAPES, detect
from finetooth.shapes.walker import passages

CALL = {"id": "X1", "type": "function", "function": {"name": "X2", "arguments": "X3"}}

CASES = {
    "openai-chat": (
        {
            "messages": [
                {"role": "system", "content": "A"},
                {"role": "user", "name": "B0", "content": [{"type": "text", "text": "B"}, "B2", {"image": "B3"}]},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "D1", "content": "D"},
                {"role": "assistant", "content": "E", "weight": 0},
                {"role": "assistant", "content": "F", "weight": 1, "reasoning_content": "F1"},
                {"role": "moderator", "content": "G"},
                {"role": "assistant", "function_call": {"name": "H1", "arguments": {"to": "H2", "n": 14155550132}}},
            ],
            "source": "Z",
        },
        {
            "/messages/0/content": ("A", "system", 0, False),
            "/messages/1/name": ("B0", "user", None, False),
            "/messages/1/content/0/text": ("B", "user", 1, False),
            "/messages/1/content/1": ("B2", "user", 1, False),
            "/messages/1/content/2/image": ("B3", "other", None, False),
            "/messages/2/tool_calls/0/id": ("X1", "other", None, False),
            "/messages/2/tool_calls/0/function/name": ("X2", "assistant", 2, True),
            "/messages/2/tool_calls/0/function/arguments": ("X3", "assistant", 2, True),
            "/messages/3/tool_call_id": ("D1", "other", None, False),
            "/messages/3/content": ("D", "tool", 3, False),
            "/messages/4/content": ("E", "assistant", 4, False),
            "/messages/5/content": ("F", "assistant", 5, True),
            "/messages/5/reasoning_content": ("F1", "assistant", None, True),
            "/messages/6/content": ("G", "other", 6, False),
            "/messages/7/function_call/name": ("H1", "assistant", 7, True),
            "/messages/7/function_call/arguments/to": ("H2", "assistant", 7, True),
            "/messages/7/function_call/arguments/n": ("14155550132", "assistant", 7, True),
            "/source": ("Z", "other", None, False),
        },
    ),
    "prompt-completion": (
        {"completion": "C", "prompt": "P", "system": "S", "note": "Z"},
        {
            "/system": ("S", "system", 0, False),
            "/prompt": ("P", "prompt", 1, False),
            "/completion": ("C", "completion", 2, True),
            "/note": ("Z", "other", None, False),
        },
    ),
    "prompt-completion of messages": (
        {
            "prompt": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}],
            "completion": [{"role": "assistant", "content": "C"}],
        },
        {
            "/prompt/0/content": ("A", "user", 0, False),
            "/prompt/1/content": ("B", "assistant", 1, False),
            "/completion/0/content": ("C", "assistant", 2, True),
        },
    ),
    "sharegpt": (
        {
            "system": "S",
            "conversations": [
                {"from": "human", "value": "A"},
                {"from": "gpt", "value": "B"},
                {"from": "function_call", "value": "C"},
                {"from": "observation", "value": "D"},
                {"from": "gpt", "value": "E", "weight": 0.0},
                {"from": "system", "value": "F"},
                {"from": None, "value": "G"},
            ],
            "id": "Z",
        },
        {
            "/system": ("S", "system", 0, False),
            "/conversations/0/value": ("A", "user", 1, False),
            "/conversations/1/value": ("B", "assistant", 2, True),
            "/conversations/2/value": ("C", "assistant", 3, True),
            "/conversations/3/value": ("D", "tool", 4, False),
            "/conversations/4/value": ("E", "assistant", 5, False),
            "/conversations/5/value": ("F", "system", 6, False),
            "/conversations/6/value": ("G", "other", 7, False),
            "/id": ("Z", "other", None, False),
        },
    ),
    "alpaca": (
        {"output": "O", "input": "I", "instruction": "Q", "system": "S", "history": [["A", "B"], ["C"]], "text": "Z"},
        {
            "/system": ("S", "system", 0, False),
            "/history/0/0": ("A", "prompt", 1, False),
            "/history/0/1": ("B", "completion", 2, True),
            "/history/1/0": ("C", "other", None, False),
            "/instruction": ("Q", "prompt", 3, False),
            "/input": ("I", "prompt", 3, False),
            "/output": ("O", "completion", 4, True),
            "/text": ("Z", "other", None, False),
        },
    ),
    "alpaca without input": (
        {"instruction": "Q", "output": "O"},
        {"/instruction": ("Q", "prompt", 0, False), "/output": ("O", "completion", 1, True)},
    ),
    "text": (
        {"text": "T", "url": "Z"},
        {"/text": ("T", "text", None, True), "/url": ("Z", "other", None, False)},
    ),
    "text alone": ("T", {"": ("T", "text", None, True)}),
    "other": ({"body": "Z", "n": 1}, {"/body": ("Z", "other", None, False)}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_place_of_text_has_its_speaker(case):
    value, expected = CASES[case]
    shape, found = passages(value)
    told = {p.pointer: (p.text, p.role, p.turn, p.trained) for p in found if p.part == "value"}
    labels = {"role", "from", "type"}
    assert {at: who for at, who in told.items() if at.rpartition("/")[2] not in labels} == expected
    assert shape == case.split()[0]


@pytest.mark.parametrize(
    "conversation",
    [
        {"conversations": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}]},
        {"messages": [{"role": "System", "content": "A"}, {"role": " Assistant ", "content": "B"}]},
        {"messages": [17, {"role": "assistant", "content": "B"}]},
    ],
)
def test_messages_go_by_other_names_too(conversation):
    name, speakers = detect(conversation)
    assert name == "openai-chat"
    assert [who.turn for who in speakers.values()][-1] == 1
    assert list(speakers.values())[-1].trained


@pytest.mark.parametrize(
    "value",
    [
        None,
        17,
        [],
        {},
        {"messages": None},
        {"messages": []},
        {"messages": ["a"]},
        {"messages": [{"role": 1, "content": "a"}]},
        {"messages": {"role": "user"}},
        {"prompt": "a", "completion": 7},
        {"prompt": [], "completion": "b"},
        {"conversations": [{"from": "human"}]},
        {"instruction": "a", "output": None},
        {"text": ["a"]},
        ["text"],
    ],
)
def test_a_record_of_no_shape_is_other(value):
    assert detect(value) == ("other", {})


def test_speakers_are_told_in_order_of_reading():
    _, speakers = detect({"output": "O", "input": "I", "instruction": "Q"})
    assert list(speakers) == ["/instruction", "/input", "/output"]
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
