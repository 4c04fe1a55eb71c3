from finetooth.detectors.overlaps import Resolved
from finetooth.detectors.repeats import with_repeats
from finetooth.span import Span


def match(text, value, validation="context"):
    start = text.index(value)
    return Resolved(("test.password",), "PASSWORD", Span(start, start + len(value)), 0.9, validation)


def told(texts, *matches):
    """Return what each text holds, given the matches of the first one."""
    completed = with_repeats([(texts[0], matches), *((text, ()) for text in texts[1:])])
    return [[found.span.of(text) for found in matches] for text, matches in zip(texts, completed, strict=True)]


def test_nothing_repeats_nothing():
    assert with_repeats([]) == []


def test_a_proven_value_is_found_again_in_the_record():
    texts = ["My password is c4tSt-91x.", "I tried c4tSt-91x, and c4tSt-91x again."]
    assert told(texts, match(texts[0], "c4tSt-91x")) == [["c4tSt-91x"], ["c4tSt-91x", "c4tSt-91x"]]


def test_what_nothing_proves_is_not_spread():
    texts = ["password: holiday", "a holiday at the sea"]
    assert told(texts, match(texts[0], "holiday", "none")) == [["holiday"], []]


def test_a_short_value_is_not_spread():
    texts = ["pin 8431x", "order 8431x"]
    assert told(texts, match(texts[0], "8431x")) == [["8431x"], []]


def test_a_value_inside_a_longer_word_is_another_value():
    texts = ["Your number is 471147.", "4711470 and x471147 and 471147"]
    assert told(texts, match(texts[0], "471147")) == [["471147"], ["471147"]]


def test_a_place_that_is_taken_stays_what_it_is():
    text = "login ada@acme.test / ada@acme.test1"
    whole = match(text, "ada@acme.test1")
    [[first, second]] = with_repeats([(text, [whole, match(text, "ada@acme.test")])])
    assert (first.span.of(text), second.span.of(text)) == ("ada@acme.test", "ada@acme.test1")
