"""What was answered is found again, by nobody else, and only while it is the same model."""

import pytest

from finetooth.record import Turn
from finetooth.redaction import FingerprintKey
from finetooth.targets.receipts import KEEP_HOURS, Behaviour, Receipts

KEY = FingerprintKey(b"k" * 32)
SAME = Behaviour(said="digest", log_probability=-0.2)
CONTEXT = (Turn("user", "/0", "My number?"),)


def receipts(folder, behaviour=SAME, now=0.0, *, key=KEY, named="https://host/v1#model", resume=True):
    kept = Receipts(folder / "probes", key.mac, named, resume=resume)
    kept.begin(behaviour, now)
    return kept


def kept(folder):
    first = receipts(folder)
    first.keep("likelihood", CONTEXT, "4711", [-1.5, 4.0, None])
    return first


def found(store):
    return store.find("likelihood", CONTEXT, "4711")


def test_an_answer_is_found_by_the_next_run(tmp_path):
    kept(tmp_path)
    again = receipts(tmp_path, now=60.0)
    assert found(again) == [-1.5, 4.0, None]
    assert again.used == 1


def test_numbers_that_waver_a_little_are_of_the_same_model(tmp_path):
    kept(tmp_path)
    assert found(receipts(tmp_path, Behaviour(said="digest", log_probability=-0.22)))


@pytest.mark.parametrize(
    "other",
    [
        {"behaviour": Behaviour(said="other", log_probability=-0.2)},
        {"behaviour": Behaviour(said="digest", log_probability=-0.4)},
        {"now": KEEP_HOURS * 3600.0},
        {"now": -1.0},
        {"key": FingerprintKey(b"j" * 32)},
        {"named": "https://host/v1#other"},
        {"resume": False},
    ],
)
def test_another_model_another_day_or_another_key_finds_nothing(tmp_path, other):
    kept(tmp_path)
    assert found(receipts(tmp_path, **other)) is None


@pytest.mark.parametrize(
    "question",
    [("likelihood", CONTEXT, "4712"), ("count", CONTEXT, "4711"), ("likelihood", "My number?", "4711"),
     ("likelihood", (Turn("assistant", "/0", "My number?"),), "4711")],
)  # fmt: skip
def test_another_question_has_another_receipt(tmp_path, question):
    assert kept(tmp_path).find(*question) is None


def test_where_a_message_stood_does_not_matter(tmp_path):
    assert kept(tmp_path).find("likelihood", (Turn("user", "/messages/0/content", "My number?"),), "4711")


def test_a_receipt_that_was_tampered_with_is_none(tmp_path):
    store = kept(tmp_path)
    for path in (tmp_path / "probes").rglob("*"):
        if path.is_file() and len(path.name) == 64:
            path.write_bytes(path.read_bytes().replace(b"-1.5", b"-9.5"))
    assert found(store) is None


def test_a_folder_that_cannot_be_written_costs_receipts_and_nothing_else(tmp_path):
    (tmp_path / "probes").write_text("a file")
    assert found(kept(tmp_path)) is None


def test_lone_surrogates_do_no_harm(tmp_path):
    store = kept(tmp_path)
    store.keep("likelihood", "\ud800", "\udfff", [-1.0])
    assert store.find("likelihood", "\ud800", "\udfff") == [-1.0]
    assert store.digest("\ud800") != store.digest("x")
