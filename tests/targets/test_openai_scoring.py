"""Bounds from the likeliest tokens, against a language whose every probability is known."""

from itertools import product
from math import exp, fsum, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth.targets.openai_reply import Place
from finetooth.targets.openai_scoring import FLOOR, stepped, summed, unseen, walked
from finetooth.targets.target import Unanswered

TOKENS = ("a", "b", "ab", "ba", "aab", "c")


def language(weights):
    """Return a model whose next token depends on the last letter that was said."""

    def likeliest(said):
        row = weights[{"a": 0, "b": 1}.get(said[-1:], 2)]
        whole = fsum(row)
        return {token: log(weight / whole) for token, weight in zip(TOKENS, row, strict=True)}

    return likeliest


def best_way(likeliest, text):
    """Try every way of cutting the text into tokens that say it to the letter."""
    best = -inf
    for count in range(1, len(text) + 1):
        for tokens in product(TOKENS, repeat=count):
            if "".join(tokens) == text:
                said, total = "", 0.0
                for token in tokens:
                    total += likeliest(said)[token]
                    said += token
                best = max(best, total)
    return best


def only(likeliest, count):
    def cut(said):
        shown = sorted(likeliest(said).items(), key=lambda pair: -pair[1])
        return dict(shown[:count])

    return cut


weights = st.lists(st.lists(st.floats(0.001, 1.0), min_size=6, max_size=6), min_size=3, max_size=3)
texts = st.text("ab", min_size=1, max_size=5)


@given(weights, texts, st.integers(1, 6))
def test_a_walk_bounds_the_best_way_from_both_sides(weights, text, shown):
    likeliest = language(weights)
    answer = walked(only(likeliest, shown), text)
    best = best_way(likeliest, text)
    assert best <= answer.high + 1e-9
    assert answer.low <= answer.log_probability <= answer.high


@given(weights, texts)
def test_a_walk_that_sees_all_tokens_reaches_the_best_way(weights, text):
    likeliest = language(weights)
    assert walked(likeliest, text).low >= best_way(likeliest, text) - 1e-9 or walked(likeliest, text).high < log(1e-3)


@given(weights, st.lists(st.sampled_from(TOKENS), min_size=1, max_size=4), st.integers(1, 6))
def test_steps_along_known_tokens_bound_their_chance(weights, tokens, shown):
    likeliest = language(weights)
    exact = fsum(likeliest("".join(tokens[:place]))[token] for place, token in enumerate(tokens))
    answer = stepped(only(likeliest, shown), tokens)
    assert exact <= answer.high + 1e-9
    if answer.bounds is None:
        assert answer.log_probability == pytest.approx(exact)
    else:
        assert answer.low == -inf


def test_with_all_tokens_shown_known_ones_are_exact():
    likeliest = language([[1.0] * 6] * 3)
    assert stepped(likeliest, ["a", "b"]).log_probability == pytest.approx(2 * log(1 / 6))
    assert stepped(likeliest, ["a", "b"]).bounds is None


def test_a_walk_stops_where_nobody_would_ever_see_it():
    asked = []

    def rare(said):
        asked.append(said)
        return {"a": log(1e-5), "b": log(1 - 1e-5)}

    answer = walked(rare, "a" * 50)
    assert answer.low == -inf
    assert answer.high < FLOOR
    assert len(asked) < 5


def test_part_of_a_character_may_be_the_right_token():
    answer = walked(lambda _: {"x": log(0.4), "\ufffd": log(0.6)}, "é")
    assert answer.bounds == (-inf, pytest.approx(log(0.6)))


def test_a_token_that_says_more_than_the_value_says_the_value():
    assert walked(lambda _: {"4711.": log(0.9)}, "4711").low == pytest.approx(log(0.9))


def test_where_the_turn_ends_there_is_no_number():
    assert isinstance(walked(lambda _: {}, "4711"), Unanswered)
    assert isinstance(stepped(lambda _: {}, ["4711"]), Unanswered)


def test_what_is_not_shown_has_no_more_than_the_least_and_no_more_than_what_is_left():
    assert exp(unseen({"a": log(0.5), "b": log(0.3)})) == pytest.approx(0.2)
    assert exp(unseen({"a": log(0.5), "b": log(0.1)})) == pytest.approx(0.1)
    assert unseen({"a": log(0.5), "b": log(0.5 + 1e-9)}) == -inf


def test_what_is_not_shown_is_estimated_at_an_even_share_of_what_is_left():
    """Neither at its most nor at nothing: it may be any of the many tokens that are not shown."""
    shown = {"a": log(0.9), "b": log(0.05)}
    for answer in (walked(lambda _: shown, "zz"), stepped(lambda _: shown, ["zz"])):
        assert exp(answer.log_probability) == pytest.approx(0.05 / 32_000)
        assert answer.bounds == (-inf, pytest.approx(log(0.05)))


def places(*pairs):
    return [Place(token, number, {}) for token, number in pairs]


def never():
    raise AssertionError("the tokens tell by themselves")


def test_the_tokens_of_the_continuation_are_added_up():
    told = places(("<s>", None), ("my", -3.0), (" num", -2.0), ("ber", -0.5), (" 47", -1.0), ("11", -0.25))
    assert summed(told, " 4711", never, by_text=True).log_probability == -1.25


def test_a_token_that_straddles_is_scored_too():
    told = places(("is", None), (" 4711", -1.5))
    assert summed(told, "4711", never, by_text=True).log_probability == -1.5


def test_where_tokens_do_not_join_the_context_alone_tells():
    told = places(("is", None), ("\ufffd", -1.0), ("\ufffd", -0.5))
    assert summed(told, "é", lambda: places(("is", None)), by_text=True).log_probability == -1.5
    assert summed(told, "é", lambda: places(("is", None)), by_text=False).log_probability == -1.5


def test_the_first_token_of_all_has_nothing_to_be_predicted_from():
    assert isinstance(summed(places(("4711", None)), "4711", never, by_text=True), Unanswered)


def test_a_number_that_is_missing_is_not_taken_for_certainty():
    assert isinstance(
        summed(places(("is", None), (" 47", -1.0), ("11", None)), " 4711", never, by_text=True), Unanswered
    )
