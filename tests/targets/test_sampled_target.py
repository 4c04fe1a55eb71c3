"""Probabilities counted in samples, of a model that knows them."""

from math import exp, inf, log

import pytest

from finetooth.evidence import Spent
from finetooth.record import Turn
from finetooth.redaction import FingerprintKey
from finetooth.targets.receipts import Behaviour, Receipts
from finetooth.targets.sampled import SampledTarget
from finetooth.targets.scripted import ScriptedTarget
from finetooth.targets.target import Capabilities, Generation, Likelihood, Unanswered
from finetooth.trial import Prompt, Trial

TALKS = Capabilities(log_likelihood="none", generate=True, any_turn=True, raw_text=True)
CONTEXT = (Turn("user", "/0", "My number?"), Turn("assistant", "/1", "It is "))
OTHER = (Turn("user", "/0", "Her number?"), Turn("assistant", "/1", "It is "))


def sampled(memorised, samples=400, **more):
    return SampledTarget(ScriptedTarget(memorised, capabilities=TALKS), samples, **more)


class Says:
    """Gives fixed answers."""

    capabilities = TALKS
    spent = Spent()

    def __init__(self, *texts):
        self.identity = ScriptedTarget().identity
        self.prompts = []
        self._texts = texts

    def generate(self, prompts, progress=None):
        self.prompts += prompts
        return [Generation(texts=self._texts, tokens=4 * len(self._texts)) for _ in prompts]


def test_a_frequency_estimates_the_probability_within_its_interval():
    often, never = sampled({"4711": 0.4}).log_likelihood(
        [Trial(0, "target", CONTEXT, "4711"), Trial(0, "lookalike", CONTEXT, "9033")]
    )
    assert exp(often.log_probability) == pytest.approx(0.4, abs=0.08)
    assert often.low < log(0.4) < often.high
    assert (never.log_probability, never.low) == (-inf, -inf)
    assert exp(never.high) == pytest.approx(1 - 0.025 ** (1 / 400))


def test_all_that_is_asked_after_one_context_is_counted_in_the_same_samples():
    target = Says("4711", "9033", "4711 again", "")
    values = ["4711", "9033", "1234"]
    answers = SampledTarget(target, 4).log_likelihood([Trial(0, "target", CONTEXT, value) for value in values])
    assert [exp(answer.log_probability) for answer in answers] == pytest.approx([0.5, 0.25, 0.0])
    assert len(target.prompts) == 1
    assert target.prompts[0].samples == 4


def test_blanks_between_context_and_value_do_not_matter():
    target = Says(" 4711", "4711")
    [answer] = SampledTarget(target, 2).log_likelihood([Trial(0, "target", CONTEXT, "4711")])
    assert answer.log_probability == 0.0
    assert target.prompts[0].context[-1].text == "It is"


def test_an_answer_that_breaks_off_within_the_value_leaves_it_open():
    [answer] = SampledTarget(Says("471", "something else"), 2).log_likelihood([Trial(0, "target", CONTEXT, "4711")])
    [closed] = SampledTarget(Says("", "something else"), 2).log_likelihood([Trial(0, "target", CONTEXT, "4711")])
    assert answer.low == closed.low == -inf
    assert answer.high > closed.high


def test_answers_may_be_long_enough_for_the_longest_value():
    target = Says("x")
    SampledTarget(target, 1).log_likelihood([Trial(0, "target", CONTEXT, "a" * n) for n in (5, 300)])
    assert target.prompts[0].max_tokens > 150


def test_what_has_no_answer_is_unanswered():
    model = ScriptedTarget({}, silent_on=["Her number"], capabilities=TALKS)
    silent, said, empty = SampledTarget(model, 4).log_likelihood(
        [Trial(0, "target", context, value) for context, value in ((OTHER, "1"), (CONTEXT, "1"), (CONTEXT, " "))]
    )
    assert isinstance(silent, Unanswered)
    assert isinstance(said, Likelihood)
    assert isinstance(empty, Unanswered)


def test_progress_reaches_the_number_of_trials():
    told = []
    trials = [Trial(0, "target", context, value) for context in (CONTEXT, OTHER) for value in "abc"]
    sampled({}).log_likelihood(trials, told.append)
    assert sum(told) == 6


def test_no_samples_are_no_estimate():
    with pytest.raises(ValueError, match="no samples"):
        SampledTarget(Says("x"), 0)


def test_it_talks_as_before_and_says_what_it_costs():
    target = sampled({"4711": 1.0}, 16)
    [said] = target.generate([Prompt("x", max_tokens=4, samples=2)])
    assert said.texts == ("4711", "4711")
    assert target.spent.requests == 1
    assert "below 0.21" in target.limits[-1]
    trials = [Trial(0, "target", context, "4711") for context in (CONTEXT, CONTEXT, OTHER)]
    assert target.estimate(trials).generated_tokens == 2 * 16 * 10  # of two contexts


def test_counts_are_kept_and_texts_are_not(tmp_path):
    key = FingerprintKey(b"k" * 32)
    trials = [Trial(0, "target", CONTEXT, "4711"), Trial(0, "lookalike", CONTEXT, "9033")]
    answers = []
    for _ in range(2):
        receipts = Receipts(tmp_path / "probes", key.mac, "host#model")
        receipts.begin(Behaviour(said="same", log_probability=0.0))
        target = Says("4711", "secret words", "471")
        answers.append(SampledTarget(target, 3, receipts=receipts).log_likelihood(trials))
    assert answers[0] == answers[1]
    assert target.prompts == []
    assert receipts.used == 2
    written = b"".join(path.read_bytes() for path in (tmp_path / "probes").rglob("*") if path.is_file())
    assert b"secret" not in written
    assert b"4711" not in written
