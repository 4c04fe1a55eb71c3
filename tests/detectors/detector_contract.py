"""What every detector keeps, whatever its engine: inherited by the tests of each."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finetooth.detectors.detector import Undetected
from finetooth.match import VALIDATIONS
from finetooth.span import Span

UNICODE = st.text(
    st.one_of(
        st.sampled_from("🎉👩🏽‍🚀é̀中文한العربية\u200b\ufeff\x00\x1b \n\t\ud800\udfff"),
        st.characters(exclude_categories=()),
    ),
    max_size=40,
)
"""Emoji, combining marks, CJK, right-to-left, zero-width, NUL and lone surrogates."""

# The detector is built once and keeps nothing between texts; and a contract is inherited on purpose.
_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=_SHARED)


class DetectorContract:
    """Give ``planted``: a sentence before, a value, and its entity type."""

    before: str
    value: str
    entity_type: str

    @pytest.fixture
    def detector(self):
        raise NotImplementedError

    def test_has_a_name_and_a_version(self, detector):
        assert detector.name
        assert any(character.isdigit() for character in detector.version)

    def test_nothing_in_nothing(self, detector):
        assert detector.detect([]) == []
        assert detector.detect([""]) == [()]

    def test_answers_in_the_same_order_and_number(self, detector):
        texts = ["", self.before + self.value, "nothing here", self.before + self.value, "\ud800", "\x00\x00"] * 15
        answers = detector.detect(texts)
        assert [bool(answer) for answer in answers] == [self.value in text for text in texts]

    def test_takes_the_keys_that_texts_stand_under(self, detector):
        texts = [self.before + self.value, ""]
        assert detector.detect(texts, [None, None]) == detector.detect(texts)
        assert detector.detect(texts, ["content", None]) == detector.detect(texts)

    def test_says_the_same_alone_as_in_a_batch(self, detector):
        texts = [f"{self.before}{self.value} {n}" for n in range(70)]
        assert detector.detect(texts) == [detector.detect([text])[0] for text in texts]

    @QUICK
    @given(text=UNICODE)
    def test_never_raises_and_spans_lie_in_the_text(self, detector, text):
        (matches,) = detector.detect([text])
        assert not isinstance(matches, Undetected)
        for match in matches:
            assert 0 <= match.span.start < match.span.end <= len(text)
            assert 0 <= match.score <= 1
            assert match.validation in VALIDATIONS

    @QUICK
    @given(prefix=UNICODE, suffix=UNICODE)
    def test_the_span_covers_exactly_the_value(self, detector, prefix, suffix):
        text = f"{prefix}\n{self.before}{self.value}\n{suffix}"
        start = len(prefix) + 1 + len(self.before)
        (matches,) = detector.detect([text])
        spans = {match.span for match in matches if match.entity_type == self.entity_type}
        assert Span(start, start + len(self.value)) in spans

    def test_finds_a_value_wherever_a_long_text_is_cut(self, detector):
        filler = "word " * 100
        # Places before, on and after every border of a window.
        text = "".join(f"{filler}{self.before}{self.value}\n" for _ in range(900))
        (matches,) = detector.detect([text])
        starts = sorted({match.span.start for match in matches if match.entity_type == self.entity_type})
        period = len(filler) + len(self.before) + len(self.value) + 1
        assert starts == [n * period + len(filler) + len(self.before) for n in range(900)]

    def test_uses_no_network(self, detector, no_network):
        assert detector.detect([self.before + self.value])[0]

    def test_logs_and_prints_nothing_of_the_text(self, detector, caplog, capfd):
        caplog.set_level(logging.DEBUG)
        detector.detect([self.before + self.value, "IBAN DE00 3704 0044 0532 0130 00 " + self.value])
        out, err = capfd.readouterr()
        assert self.value not in out + err + caplog.text
        assert not [record for record in caplog.records if "presidio" in record.name]
