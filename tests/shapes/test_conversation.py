import pytest

from finetooth.record import Passage, RepeatedKeys, Turn
from finetooth.shapes.conversation import context
from finetooth.shapes.walker import passages


def seen_before(value, needle):
    """Return the context of the needle's first occurrence."""
    found = passages(value)[1]
    passage = next(p for p in found if needle in p.text)
    return context(found, passage, passage.text.index(needle))


def told(turns):
    return [(turn.role, turn.text) for turn in turns]


CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Who is "}, {"type": "text", "text": "Ada?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"arguments": '{"q": "Ada"}', "name": "find"}}],
        },
        {"role": "tool", "content": "ada@example.com"},
        {"role": "assistant", "content": "Write to ada@work.example."},
        {"role": "user", "content": "Thanks"},
    ]
}


def test_raw_text_is_what_stands_before():
    assert seen_before({"text": "Write to ada@example.com"}, "ada@") == "Write to "
    assert seen_before("ada@example.com", "ada@") == ""


def test_metadata_and_keys_have_their_own_text_only():
    assert seen_before({**CHAT, "owner": "by root@example.com"}, "root@") == "by "
    assert seen_before({**CHAT, "for root@example.com": "x"}, "root@") == "for "


def test_a_chat_is_its_turns_up_to_the_place():
    turns = seen_before(CHAT, "ada@work")
    assert told(turns) == [
        ("system", "Be brief."),
        ("user", "Who is Ada?"),
        ("assistant", '{"q": "Ada"}\nfind'),
        ("tool", "ada@example.com"),
        ("assistant", "Write to "),
    ]
    assert [turn.pointer for turn in turns] == [
        "/messages/0/content",
        "/messages/1/content/0/text",
        "/messages/2/tool_calls/0/function/arguments",
        "/messages/3/content",
        "/messages/4/content",
    ]


def test_the_turn_in_hand_holds_its_earlier_leaves():
    assert told(seen_before(CHAT, "Ada?"))[-1] == ("user", "Who is ")
    assert told(seen_before(CHAT, "find"))[-1] == ("assistant", '{"q": "Ada"}\n')
    assert told(seen_before(CHAT, "Be brief")) == [("system", "")]


@pytest.mark.parametrize("order", [("instruction", "input", "output"), ("output", "input", "instruction")])
def test_alpaca_reads_the_instruction_before_the_input_in_whatever_order_they_stand(order):
    record = {"instruction": "Mail:", "input": "To whom?", "output": "To ada@example.com"}
    value = {key: record[key] for key in order}
    assert told(seen_before(value, "ada@")) == [("user", "Mail:\n\nTo whom?"), ("assistant", "To ")]
    assert told(seen_before(value, "whom")) == [("user", "Mail:\n\nTo ")]
    assert told(seen_before(value, "Mail")) == [("user", "")]


def test_an_empty_input_leaves_no_trace():
    value = {"instruction": "Mail:", "input": "", "output": "To ada@example.com", "system": ""}
    assert told(seen_before(value, "ada@")) == [("user", "Mail:"), ("assistant", "To ")]


def test_prompt_and_completion_become_user_and_assistant():
    value = {"prompt": "Mail?", "completion": "ada@example.com"}
    assert seen_before(value, "ada@") == (Turn("user", "/prompt", "Mail?"), Turn("assistant", "/completion", ""))


def test_of_a_repeated_key_only_the_last_counts_but_for_the_one_in_hand():
    prompt = [("prompt", "Old?"), ("prompt", "New?"), ("completion", "ada@example.com"), ("completion", "none")]
    assert told(seen_before(RepeatedKeys(prompt), "none")) == [("user", "New?"), ("assistant", "")]
    assert told(seen_before(RepeatedKeys(prompt), "@example")) == [("user", "New?"), ("assistant", "ada")]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (1, [("user", "Mail?"), ("assistant", "to ")]),
        (2, [("user", "Mail?"), ("assistant", "no ")]),
        (3, [("user", "Mail?"), ("assistant", "to ada"), ("user", "Tha")]),
    ],
)
def test_a_rejected_answer_never_stands_with_a_chosen_one(index, expected):
    found = [
        Passage("/prompt", "value", "prompt", 0, False, "Mail?"),
        Passage("/chosen", "value", "chosen", 1, True, "to ada"),
        Passage("/rejected", "value", "rejected", 1, False, "no ada"),
        Passage("/after", "value", "user", 2, False, "Thanks"),
    ]
    assert told(context(found, found[index], 3)) == expected
