"""The index of word runs, against looking everywhere."""

from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st

from finetooth.attacks.runindex import Run, RunIndex
from finetooth.metrics.editing import longest_run

VERSE = "shall I compare thee to a summer's day? thou art more lovely and more temperate"
words = st.lists(st.sampled_from(["a", "b", "c", "the", "."]), max_size=40).map(" ".join)


@given(st.lists(words, max_size=4), words, st.integers(1, 12))
def test_the_longest_runs_are_found_and_no_others(indexed, text, shortest):
    found = RunIndex(indexed, shortest).runs(text)
    spoken = text.split()
    runs = {number: longest_run(other.split(), spoken) for number, other in enumerate(indexed)}
    assert {number: run.words for number, run in found.items()} == {n: r for n, r in runs.items() if r >= shortest}
    for number, run in found.items():
        same = indexed[number].split()[run.start : run.start + run.words]
        assert any(spoken[at : at + run.words] == same for at in range(len(spoken)))


def test_only_whitespace_may_differ():
    index = RunIndex([VERSE], shortest=10)
    assert index.runs(VERSE.replace(" ", "\n  ")) == {0: Run(16, 0)}
    assert index.runs(VERSE.title()) == {}


def test_a_run_is_told_with_its_words():
    index = RunIndex(["so: to be or not to be, that is the question"], shortest=5)
    [run] = index.runs("it is to be or not to be.").values()
    assert index.text(0, run) == "to be or not to be"


def test_a_word_without_end_takes_no_time_without_end():
    index = RunIndex(["poem " * 250] * 8)
    began = perf_counter()
    assert index.runs("poem " * 20_000)[0].words == 250
    assert perf_counter() - began < 5


def test_nothing_is_indexed_of_short_texts():
    assert RunIndex(["a few words"]).runs("a few words " * 100) == {}
