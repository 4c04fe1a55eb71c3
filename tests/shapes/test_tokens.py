"""Rows of token ids: unread without a tokenizer, text with one."""

import json
from pathlib import Path

import pytest

from fakes import PatternDetector
from finetooth.errors import InputError
from finetooth.policy import Detect
from finetooth.record import RepeatedKeys
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shapes.reading import Reading
from finetooth.shapes.tokenizer import load
from finetooth.shapes.walker import walk
from finetooth.shard import Plan
from finetooth.sources.rows import from_memory


class Letters:
    """Ids are code points."""

    def decode(self, ids):
        return None if max(ids) > 1000 else "".join(map(chr, ids))


def ids(text):
    return [ord(c) for c in text]


LETTERS = Reading(tokenizer=Letters())


def decoded(record, reading=LETTERS):
    return [(p.text, p.role, p.trained) for p in walk(record, reading).passages if p.inner]


@pytest.mark.parametrize(
    "record",
    [
        {"input_ids": [1, 2]},
        {"input_ids": [[1, 2], [3]]},
        {"input_ids": [1.0, 2.0]},
        {"input_ids": "[1, 2]"},
        {"input_ids": "1 2"},
        {"chosen_input_ids": [1], "text": "x"},
        {"rows": [{"token_ids": [1]}]},
        {"row": '{"input_ids": [1, 2]}'},
        RepeatedKeys([("input_ids", [1]), ("input_ids", "none")]),
    ],
)
def test_without_a_tokenizer_tokens_are_unread(record):
    [reason] = walk(record).unread
    assert "token ids" in reason


@pytest.mark.parametrize(
    "record",
    [
        {"input_ids": []},
        {"tokens": ["EU", "rejects"]},
        {"total_tokens": 17},
        {"usage": '{"tokens": 17}'},
        {"input_ids": None},
        [1, 2],
    ],
)
def test_what_is_no_list_of_ids_is_not(record):
    assert walk(record).unread == walk(record, LETTERS).unread == ()


def test_a_row_is_the_text_that_it_decodes_to():
    assert decoded({"input_ids": ids("hello")}) == [("hello", "text", True)]
    assert decoded({"input_ids": [ids("one"), ids("two")]}) == [("one", "text", True), ("two", "text", True)]
    assert decoded({"input_ids": json.dumps(ids("csv"))}) == [("csv", "text", True)]


def test_labels_tell_what_is_trained_on():
    record = {"input_ids": ids("ask:yes"), "labels": [-100] * 4 + ids("yes"), "attention_mask": [1] * 7}
    assert decoded(record) == [("ask:yes", "text", True), ("ask:", "text", False), ("yes", "text", True)]
    assert decoded({"input_ids": ids("ask"), "labels": [-100] * 3}) == [("ask", "text", False)]
    masked = {"input_ids": ids("ask:yes"), "completion_mask": [0] * 4 + [1] * 3}
    assert decoded(masked) == decoded(record)


def test_labels_of_their_own_are_a_text_of_their_own():
    assert decoded({"input_ids": ids("ask"), "labels": [*ids("no"), -100]}) == [
        ("ask", "text", False),
        ("no", "completion", True),
    ]


def test_sides_have_their_roles():
    record = {"prompt_input_ids": ids("a"), "chosen_input_ids": ids("b"), "rejected_input_ids": ids("c")}
    assert decoded(record) == [("a", "prompt", False), ("b", "chosen", True), ("c", "rejected", False)]


def test_ids_that_the_tokenizer_does_not_know_are_unread():
    walked = walk({"input_ids": [1, 5000]}, LETTERS)
    assert walked.passages[-1].part == "key"
    assert "doesn't know" in walked.unread[0]


def test_a_value_is_found_once_with_what_is_trained_on_where_it_stands():
    text = "Mine is ACC-1111. Yours is ACC-2222."
    border = text.index("Yours")
    record = {"input_ids": ids(text), "labels": [-100] * border + ids(text[border:])}
    plan = Plan((PatternDetector(),), Detect(), FingerprintKey(b"k" * 32), LETTERS)
    seen = scan(from_memory([record]), plan)
    assert seen.coverage.records_unread == 0
    places = sorted((place.start, place.end, place.trained, str(place)) for f in seen.findings for place in f.locations)
    assert places == [
        (8, 16, False, "<memory> row 0 input_ids@8-16 > decoded"),
        (27, 35, True, "<memory> row 0 input_ids@27-35 > decoded"),
    ]


def test_a_value_across_a_border_is_found_too():
    record = {"input_ids": ids("is ACC-1111."), "labels": [-100] * 6 + ids("-1111.")}
    plan = Plan((PatternDetector(),), Detect(), FingerprintKey(b"k" * 32), LETTERS)
    [finding] = scan(from_memory([record]), plan).findings
    assert finding.occurrences == 1


def test_unread_rows_are_counted():
    plan = Plan((PatternDetector(),), Detect(), FingerprintKey(b"k" * 32))
    seen = scan(from_memory([{"input_ids": [1]}, {"text": "ACC-1111"}]), plan)
    assert (seen.coverage.records, seen.coverage.records_unread, seen.totals.findings) == (1, 1, 1)


MODEL = Path(__file__).parents[2] / "sample_data" / "models" / "tuned"


@pytest.mark.parametrize("place", [MODEL, MODEL / "tokenizer.json"])
def test_a_tokenizer_is_loaded_from_a_model(place):
    tokenizers = pytest.importorskip("tokenizers")
    made = tokenizers.Tokenizer.from_file(str(MODEL / "tokenizer.json")).encode("Write to ada@example.com").ids
    tokenizer = load(str(place))
    assert "ada@example.com" in tokenizer.decode(made).replace(" ", "")
    assert tokenizer.decode([10**6]) is None
    assert tokenizer.decode([-1]) is None


def test_a_folder_without_a_tokenizer_is_an_error(tmp_path):
    with pytest.raises(InputError, match="tokenizer"):
        load(str(tmp_path))
    with pytest.raises(InputError, match="no tokenizer here"):
        load(str(tmp_path / "missing"))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="can be read"):
        load(str(tmp_path))
