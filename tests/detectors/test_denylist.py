"""Listed values: word by word, whatever the case, and as fast for a hundred thousand as for ten."""

import time

import pytest
from detector_contract import DetectorContract

from finetooth.detectors.denylist import DenyListDetector
from finetooth.policy import Detect


@pytest.fixture
def listing(tmp_path):
    """Return a function that makes a detector of values."""

    def make(*values, **more):
        files = {"CUSTOMER_ID": values, **more}
        for name, lines in files.items():
            (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return DenyListDetector(Detect(deny={name: (str(tmp_path / name),) for name in files}))

    return make


class TestContract(DetectorContract):
    before, value, entity_type = "Customer: ", "KD-77 b/3", "CUSTOMER_ID"

    @pytest.fixture
    def detector(self, listing):
        return listing("KD-77 b/3")


@pytest.mark.parametrize(
    ("value", "text", "covered"),
    [
        ("KD-77", "Is kd-77 here?", ["kd-77"]),
        ("KD-77", "KD-771 and XKD-77", []),
        ("ann", "Annual, user_ann, Ann's", ["ann", "Ann"]),
        ("Ada Lovelace", "ADA\n\tlovelace", ["ADA\n\tlovelace"]),
        ("C++", "C and C++", ["C++"]),
        ("Straße 7", "STRASSE 7", ["STRASSE 7"]),
        ("Jose\u0301", "jos\u00e9", ["jos\u00e9"]),
        ("王小明", "我叫王小明，今年", ["王小明"]),
        ("สมชาย", "ชื่อสมชายครับ", ["สมชาย"]),
        ("★★★", "rated ★★★ once", ["★★★"]),
    ],
)
def test_a_value_is_found_as_words_of_its_own(listing, value, text, covered):
    (matches,) = listing(value).detect([text])
    assert [match.span.of(text) for match in matches] == covered


def test_the_longest_of_several_values_is_found(listing):
    text = "Ada Lovelace Byron, Ada King"
    (matches,) = listing("Ada", "Ada Lovelace Byron").detect([text])
    assert [match.span.of(text) for match in matches] == ["Ada Lovelace Byron", "Ada"]


def test_a_value_of_two_lists_is_both(listing):
    (matches,) = listing("falcon", LOCATION=["Falcon"]).detect(["falcon"])
    assert [(match.rule, match.entity_type) for match in matches] == [
        ("deny.customer-id", "CUSTOMER_ID"),
        ("deny.location", "LOCATION"),
    ]


def test_lines_are_trimmed_and_comments_left_out(listing):
    detector = listing("# KD-1", "", "  KD-2  ")
    assert detector.detect(["KD-1"]) == [()]
    assert detector.detect(["KD-2"]) != [()]
    assert detector.version.startswith("1 values, ")


def test_a_hundred_thousand_values_take_no_longer_than_ten(listing):
    texts = [f"the {n}th of many ordinary sentences about nothing, number {n * 7919}" for n in range(3000)]

    def seconds(count):
        detector = listing(*(f"KD-{n:06d}" for n in range(count)))
        started = time.process_time()
        detector.detect(texts)
        return time.process_time() - started

    assert seconds(100_000) < 10 * seconds(10) + 0.2
