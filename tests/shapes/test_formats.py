"""Every record format that people fine-tune on: a value in every place of text, with its speaker, turn and training."""

import json

import pytest

from fakes import PatternDetector
from finetooth.errors import UsageError
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shapes.reading import Reading, named
from finetooth.shapes.registry import SHAPES, detect
from finetooth.shapes.walker import passages, walk
from finetooth.shard import Plan
from finetooth.sources.resolve import resolve


def user(text, **more):
    return {"role": "user", "content": text, **more}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def human(text):
    return {"from": "human", "value": text}


def gpt(text, **more):
    return {"from": "gpt", "value": text, **more}


# Each value is its own text; beside its pointer stand role, turn, and whether it is trained on.
CASES = {
    "openai-dpo": (
        {
            "input": {
                "messages": [user("a"), assistant("b"), user("c")],
                "tools": [{"function": {"parameters": {"x": {"description": "t"}}}}],
            },
            "preferred_output": [assistant("d")],
            "non_preferred_output": [assistant("e")],
        },
        {
            "/input/messages/0/content": ("user", 0, False),
            "/input/messages/1/content": ("assistant", 1, False),
            "/input/messages/2/content": ("user", 2, False),
            "/input/tools/0/function/parameters/x/description": ("system", None, False),
            "/preferred_output/0/content": ("chosen", 3, True),
            "/non_preferred_output/0/content": ("rejected", 3, False),
        },
    ),
    "openai-rft": (
        {"messages": [user("a"), assistant("b")], "reference_answer": "c", "hint": {"deep": "d"}},
        {
            "/messages/0/content": ("user", 0, False),
            "/messages/1/content": ("assistant", 1, False),
            "/reference_answer": ("completion", 2, False),
            "/hint/deep": ("other", None, False),
        },
    ),
    "openai-chat RFT without a known reference": (
        {"messages": [user("a")], "any_key": "b"},
        {"/messages/0/content": ("user", 0, False), "/any_key": ("other", None, False)},
    ),
    "openai-chat tools": (
        {"messages": [user("a"), assistant("b")], "tools": [{"function": {"description": "t"}}]},
        {
            "/messages/0/content": ("user", 0, False),
            "/messages/1/content": ("assistant", 1, True),
            "/tools/0/function/description": ("system", None, False),
        },
    ),
    "openai-chat weights and losses": (
        {
            "messages": [
                assistant("a", weight=0),
                assistant("b", loss=False),
                assistant("c", loss_scale=0.0),
                assistant("d", loss=True),
                user("e", loss=True),
                user("f", train=True),
                assistant("g", train=False),
                assistant("h", training=False),
                user("i", train_detail=[{"begin_offset": 0, "end_offset": 1, "train": True}]),
                assistant("j", train_detail=[{"begin_offset": 0, "end_offset": 1, "train": False}]),
            ]
        },
        {
            "/messages/0/content": ("assistant", 0, False),
            "/messages/1/content": ("assistant", 1, False),
            "/messages/2/content": ("assistant", 2, False),
            "/messages/3/content": ("assistant", 3, True),
            "/messages/4/content": ("user", 4, False),
            "/messages/5/content": ("user", 5, True),
            "/messages/6/content": ("assistant", 6, False),
            "/messages/7/content": ("assistant", 7, False),
            "/messages/8/content": ("user", 8, True),
            "/messages/9/content": ("assistant", 9, False),
        },
    ),
    "openai-chat parts of calls": (
        {
            "messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "input": {"to": "a"}}]},
                {"role": "user", "content": [{"type": "tool_result", "content": [{"text": "b"}]}]},
                {"role": "assistant", "content": {"text": "c"}},
            ]
        },
        {
            "/messages/0/content/0/type": ("other", None, False),
            "/messages/0/content/0/input/to": ("assistant", 0, True),
            "/messages/1/content/0/type": ("other", None, False),
            "/messages/1/content/0/content/0/text": ("user", 1, False),
            "/messages/2/content/text": ("assistant", 2, True),
        },
    ),
    "bedrock-conversation": (
        {
            "schemaVersion": "bedrock-conversation-2024",
            "system": [{"text": "s"}],
            "messages": [user([{"text": "a"}]), assistant([{"text": "b"}, {"toolUse": {"input": {"to": "c"}}}])],
        },
        {
            "/schemaVersion": ("other", None, False),
            "/system/0/text": ("system", 0, False),
            "/messages/0/content/0/text": ("user", 1, False),
            "/messages/1/content/0/text": ("assistant", 2, True),
            "/messages/1/content/1/toolUse/input/to": ("assistant", 2, True),
        },
    ),
    "bedrock-conversation preference": (
        {
            "schemaVersion": "bedrock-conversation-2024",
            "messages": [
                user([{"text": "a"}]),
                {
                    "role": "assistant",
                    "candidates": [
                        {"content": [{"text": "b"}], "preferenceLabel": "preferred"},
                        {"content": [{"text": "c"}], "preferenceLabel": "non-preferred"},
                    ],
                },
            ],
        },
        {
            "/schemaVersion": ("other", None, False),
            "/messages/0/content/0/text": ("user", 0, False),
            "/messages/1/candidates/0/content/0/text": ("chosen", 1, True),
            "/messages/1/candidates/0/preferenceLabel": ("other", None, False),
            "/messages/1/candidates/1/content/0/text": ("rejected", 1, False),
            "/messages/1/candidates/1/preferenceLabel": ("other", None, False),
        },
    ),
    "gemini": (
        {
            "systemInstruction": {"role": "system", "parts": [{"text": "s"}]},
            "contents": [
                {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "c", "args": {"to": "d"}}}]},
                {"role": "user", "parts": [{"functionResponse": {"response": {"x": "e"}}}]},
                {"role": "model", "parts": [{"text": "f"}]},
            ],
        },
        {
            "/systemInstruction/parts/0/text": ("system", 0, False),
            "/contents/0/parts/0/text": ("user", 1, False),
            "/contents/0/parts/1/text": ("user", 1, False),
            "/contents/1/parts/0/functionCall/name": ("assistant", 2, True),
            "/contents/1/parts/0/functionCall/args/to": ("assistant", 2, True),
            "/contents/2/parts/0/functionResponse/response/x": ("user", 3, False),
            "/contents/3/parts/0/text": ("assistant", 4, True),
        },
    ),
    "gemini preference": (
        {
            "contents": [{"role": "user", "parts": [{"text": "a"}]}],
            "completions": [
                {"score": 0, "completion": {"role": "model", "parts": [{"text": "b"}]}},
                {"score": 1, "completion": {"role": "model", "parts": [{"text": "c"}]}},
            ],
        },
        {
            "/contents/0/parts/0/text": ("user", 0, False),
            "/completions/0/completion/parts/0/text": ("rejected", 1, False),
            "/completions/1/completion/parts/0/text": ("chosen", 1, True),
        },
    ),
    "cohere-chat": (
        {
            "messages": [
                {"role": "System", "content": "s"},
                {"role": "User", "content": "a"},
                {"role": "Chatbot", "content": "b"},
            ]
        },
        {
            "/messages/0/content": ("system", 0, False),
            "/messages/1/content": ("user", 1, False),
            "/messages/2/content": ("assistant", 2, True),
        },
    ),
    "preference of texts": (
        {"chosen": "b", "prompt": "a", "rejected": "c"},
        {"/prompt": ("prompt", 0, False), "/chosen": ("chosen", 1, True), "/rejected": ("rejected", 1, False)},
    ),
    "preference of whole texts": (
        {"chosen": "b", "rejected": "c"},
        {"/chosen": ("chosen", None, True), "/rejected": ("rejected", None, False)},
    ),
    "preference of messages": (
        {"prompt": [user("a")], "chosen": [assistant("b")], "rejected": [assistant("c")]},
        {
            "/prompt/0/content": ("user", 0, False),
            "/chosen/0/content": ("chosen", 1, True),
            "/rejected/0/content": ("rejected", 1, False),
        },
    ),
    "preference of whole conversations": (
        {
            "chosen": [user("a"), assistant("b"), user("c"), assistant("d")],
            "rejected": [user("a"), assistant("b"), user("c"), assistant("e")],
        },
        {
            "/chosen/0/content": ("user", 0, False),
            "/chosen/1/content": ("assistant", 1, False),
            "/chosen/2/content": ("user", 2, False),
            "/chosen/3/content": ("chosen", 3, True),
            "/rejected/0/content": ("user", None, False),
            "/rejected/1/content": ("assistant", None, False),
            "/rejected/2/content": ("user", None, False),
            "/rejected/3/content": ("rejected", 3, False),
        },
    ),
    "kto undesirable": (
        {"prompt": "a", "completion": "b", "label": False},
        {"/prompt": ("prompt", 0, False), "/completion": ("rejected", 1, False)},
    ),
    "kto of messages": (
        {"prompt": [user("a")], "completion": [assistant("b")], "label": True},
        {"/prompt/0/content": ("user", 0, False), "/completion/0/content": ("chosen", 1, True)},
    ),
    "messages-kto": (
        {"messages": [user("a"), assistant("b"), user("c"), assistant("d")], "label": False},
        {
            "/messages/0/content": ("user", 0, False),
            "/messages/1/content": ("assistant", 1, False),
            "/messages/2/content": ("user", 2, False),
            "/messages/3/content": ("rejected", 3, False),
        },
    ),
    "messages-preference": (
        {"messages": [user("a"), assistant("b")], "rejected_response": "c"},
        {
            "/messages/0/content": ("user", 0, False),
            "/messages/1/content": ("chosen", 1, True),
            "/rejected_response": ("rejected", 1, False),
        },
    ),
    "prompt-only": (
        {"prompt": "a", "solution": "b"},
        {"/prompt": ("prompt", 0, False), "/solution": ("other", None, False)},
    ),
    "nemo": (
        {
            "mask": "User",
            "system": "s",
            "conversations": [{"from": "User", "value": "a"}, {"from": "Bot", "value": "b"}],
        },
        {
            "/mask": ("other", None, False),
            "/system": ("system", 0, False),
            "/conversations/0/value": ("user", 1, False),
            "/conversations/1/value": ("assistant", 2, True),
        },
    ),
    "sharegpt-preference": (
        {"conversations": [human("a")], "chosen": gpt("b"), "rejected": gpt("c"), "tools": "t"},
        {
            "/conversations/0/value": ("user", 0, False),
            "/chosen/value": ("chosen", 1, True),
            "/rejected/value": ("rejected", 1, False),
            "/tools": ("system", None, False),
        },
    ),
    "sharegpt-kto": (
        {"conversations": [human("a"), gpt("b")], "kto_tag": False},
        {"/conversations/0/value": ("user", 0, False), "/conversations/1/value": ("rejected", 1, False)},
    ),
    "human-assistant-pairs": (
        {"system": "s", "conversation": [{"human": "a", "assistant": "b"}, {"human": "c", "assistant": "d"}]},
        {
            "/system": ("system", 0, False),
            "/conversation/0/human": ("user", 1, False),
            "/conversation/0/assistant": ("assistant", 2, True),
            "/conversation/1/human": ("user", 3, False),
            "/conversation/1/assistant": ("assistant", 4, True),
        },
    ),
    "segments": (
        {"segments": [{"label": False, "text": "a"}, {"label": True, "text": "b"}, {"text": "c"}]},
        {
            "/segments/0/text": ("text", None, False),
            "/segments/1/text": ("text", None, True),
            "/segments/2/text": ("other", None, False),
        },
    ),
    "alpaca-preference": (
        {"instruction": "a", "input": "b", "chosen": "c", "rejected": "d"},
        {
            "/instruction": ("prompt", 0, False),
            "/input": ("prompt", 0, False),
            "/chosen": ("chosen", 1, True),
            "/rejected": ("rejected", 1, False),
        },
    ),
    "alpaca-kto": (
        {"instruction": "a", "output": "b", "kto_tag": False},
        {"/instruction": ("prompt", 0, False), "/output": ("rejected", 1, False)},
    ),
    "query-response": (
        {"system": "s", "history": [["a", "b"]], "query": "c", "response": "d"},
        {
            "/system": ("system", 0, False),
            "/history/0/0": ("prompt", 1, False),
            "/history/0/1": ("completion", 2, True),
            "/query": ("prompt", 3, False),
            "/response": ("completion", 4, True),
        },
    ),
    "query-preference": (
        {"query": "a", "response": "b", "rejected_response": "c"},
        {
            "/query": ("prompt", 0, False),
            "/response": ("chosen", 1, True),
            "/rejected_response": ("rejected", 1, False),
        },
    ),
    "question-response": (
        {"system_prompt": "s", "question": "a", "response": "b"},
        {
            "/system_prompt": ("system", 0, False),
            "/question": ("prompt", 1, False),
            "/response": ("completion", 2, True),
        },
    ),
    "question-answer": (
        {"question": "a", "answer": "b"},
        {"/question": ("prompt", 0, False), "/answer": ("completion", 1, True)},
    ),
    "input-output": (
        {"input": "a", "output": "b"},
        {"/input": ("prompt", 0, False), "/output": ("completion", 1, True)},
    ),
    "text-input-output": (
        {"text_input": "a", "output": "b"},
        {"/text_input": ("prompt", 0, False), "/output": ("completion", 1, True)},
    ),
    "input-text-output-text": (
        {"input_text": "a", "output_text": "b"},
        {"/input_text": ("prompt", 0, False), "/output_text": ("completion", 1, True)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_place_of_text_has_its_speaker(case):
    value, expected = CASES[case]
    shape, found = passages(value)
    told = {p.pointer: (p.role, p.turn, p.trained) for p in found if p.part == "value"}
    assert told == expected
    assert shape == case.split()[0]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_has_a_sample_that_is_detected_as_its_own(shape):
    name, speakers = detect(shape.sample)
    assert name == shape.name
    assert shape.tools
    assert json.loads(json.dumps(shape.sample)) == shape.sample
    if shape.name not in ("openai-rft", "prompt-only"):
        assert any(speaker.trained for speaker in speakers.values())


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
@pytest.mark.parametrize("spoilt", [None, 17, "x", [], {}, [None, 17, "x", [], {}], {"messages": 3}])
def test_no_value_under_a_known_key_is_an_error(shape, spoilt):
    for key in {key for keys in shape.keys for key in keys}:
        record = {**shape.sample, key: spoilt}
        shape.speakers(record)
        walk(record)
    shape.speakers(dict.fromkeys(shape.sample, spoilt))


def scanned(path, reading):
    plan = Plan(detectors=(PatternDetector(),), detect=Detect(), key=FingerprintKey(b"k" * 32), reading=reading)
    return scan(resolve([str(path)]), plan)


WORDS = {"role", "from", "schemaVersion", "mask", "type", "preferenceLabel"}


def numbered(value, numbers, line):
    """Return the value with account numbers in place of its texts; the same one for the same text of a record."""
    if isinstance(value, dict):
        return {key: each if key in WORDS else numbered(each, numbers, line) for key, each in value.items()}
    if isinstance(value, list):
        return [numbered(each, numbers, line) for each in value]
    if isinstance(value, str):
        return numbers.setdefault(value, f"ACC-{line + 1000}{len(numbers)}")
    return value


def test_files_mix_formats_and_every_planted_value_is_found_with_its_speaker(tmp_path):
    lines, expected = [], set()
    for line, (value, speakers) in enumerate(CASES.values(), 1):
        lines.append(json.dumps(numbered(value, {}, line)))
        expected |= {(line, at, *who) for at, who in speakers.items() if at.rpartition("/")[2] not in WORDS}
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(lines))
    seen = scanned(path, Reading())
    places = [place for finding in seen.findings for place in finding.locations]
    assert {(place.line, place.pointer, place.role, place.turn, place.trained) for place in places} == expected
    assert len(places) == len(expected)
    assert seen.inputs[0].format == "mixed"


def test_a_format_that_is_named_goes_before_what_would_be_detected(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(
        '{"text": "ACC-1001", "input": "ACC-1002", "output": "ACC-1003"}\n{"question": "x", "answer": "ACC-1004"}\n'
    )
    told = {place.pointer: place.trained for f in scanned(path, Reading()).findings for place in f.locations}
    assert told == {"/text": False, "/input": False, "/output": True, "/answer": True}
    seen = scanned(path, Reading(first=(named("text"),)))
    told = {place.pointer: place.trained for f in seen.findings for place in f.locations}
    assert told == {"/text": True, "/input": False, "/output": False, "/answer": True}
    assert seen.inputs[0].format == "mixed"  # the second record is none, is read all the same, and shows


def test_a_format_that_nobody_knows_is_an_error():
    with pytest.raises(UsageError, match="openai-chat"):
        named("docx")
