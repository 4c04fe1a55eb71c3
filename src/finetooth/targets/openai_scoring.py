"""How probable a continuation is, from what an endpoint tells: exactly, or within bounds from the likeliest tokens.

*Exactly*, where a server gives the log-probabilities of a prompt: those of the continuation's tokens are added up, as
in process (`targets/transformers.py`).

*Within bounds*, where it gives only those of the likeliest tokens of what it says next: the continuation is walked
along token by token. A token that is not among the likeliest K has at most the chance of the least of these, and at
most what they leave of 1, so that a walk that comes to its end has a lower bound, nearly always the exact value, and
one that breaks off has an upper bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from math import exp, fsum, inf, log

from finetooth.metrics.discoverability import LOG_THRESHOLD
from finetooth.targets.openai_reply import Place
from finetooth.targets.openai_template import REPLACED
from finetooth.targets.target import Answer, Likelihood, Unanswered

FLOOR = log(1e-6)
"""A walk stops where the chance has fallen so low: a million samples would not show it once."""
_LONGEST_WALK = 512  # tokens
_VOCABULARY = 32_000  # tokens: as many as the smaller ones of the vocabularies in use have

_NOTHING_SHOWN = "the endpoint tells no likeliest tokens here: the model would rather end its turn"

Likeliest = Callable[[str], Mapping[str, float]]
"""Tells the likeliest next tokens after what has been said of the continuation so far."""


def summed(
    places: Sequence[Place], continuation: str, before: Callable[[], Sequence[Place]], *, by_text: bool
) -> Answer:
    """Add up the log-probabilities of a continuation's tokens.

    A token that straddles context and continuation is scored too, as in process, so that the probability is exact for
    the tokens that the model would have to emit.

    Args:
        places: the tokens of context and continuation.
        continuation: what they end with.
        before: returns the tokens of the context alone: behind those that both share the continuation begins.
        by_text: whether tokens join to their text, so that ``before`` is needed only where they do not after all, as
            where a character is in several tokens.
    """
    first = _from_the_end(places, continuation) if by_text else None
    if first is None:
        shared = takewhile(lambda pair: pair[0].token == pair[1].token, zip(places, before(), strict=False))
        first = sum(1 for _ in shared)
    scored = [place.log_probability for place in places[max(first, 1) :]]  # nothing predicts the first token of all
    if not scored:
        return Unanswered("the continuation has no token of its own")
    numbers = [number for number in scored if number is not None]
    if len(numbers) < len(scored):
        return Unanswered("the endpoint gives no log-probability for a part of it")
    return Likelihood(log_probability=min(0.0, fsum(numbers)), tokens=len(scored))


def _from_the_end(places: Sequence[Place], continuation: str) -> int | None:
    """Return the position of the first token that holds a part of the continuation, None if tokens do not tell."""
    end = ""
    for position in range(len(places) - 1, -1, -1):
        end = places[position].token + end
        if len(end) >= len(continuation):
            return position if end.endswith(continuation) else None
    return None


def walked(likeliest: Likeliest, continuation: str) -> Answer:
    """Walk along a continuation whose tokens are not known, by the likeliest way of cutting it into tokens.

    What comes next after a text does not depend on how it was cut, so that the best way to each of its places is found
    from left to right (Viterbi 1967). Ways that nobody would see in a thousand samples are left where there is a better
    one.

    Returns:
        The chance of the best way as the lower bound; as the upper bound the most that any other could have, by a
        token that was not shown or that was left. Where no way leads to the end, there is no lower bound, and the
        estimate is that of a token which was not shown.
    """
    end = len(continuation)
    best = {0: 0.0}  # for each place that a way leads to
    missed, guess, steps = -inf, -inf, 0
    while ahead := [place for place in best if place < end]:
        here = min(ahead)
        total = best.pop(here)
        if total < max(FLOOR, min(LOG_THRESHOLD, max(best.values(), default=-inf))):
            missed = max(missed, total)
            continue
        if steps == _LONGEST_WALK:
            return Unanswered("the continuation has more tokens than are walked along one by one")
        shown = likeliest(continuation[:here])
        if not shown:
            return Unanswered(_NOTHING_SHOWN)
        steps += 1
        missed, guess = max(missed, total + unseen(shown)), max(guess, total + _share(shown))
        for token, number in shown.items():
            if REPLACED in token:
                missed = max(missed, total + number)
            elif _fits(token, continuation[here:]) and number > -inf:
                place = min(end, here + len(token))
                best[place] = max(best.get(place, -inf), total + number)
    low = min(0.0, best.get(end, -inf))
    high = min(0.0, max(low, missed))
    return Likelihood(log_probability=min(high, guess) if low == -inf else low, tokens=steps, bounds=(low, high))


def stepped(likeliest: Likeliest, tokens: Sequence[str]) -> Answer:
    """Walk along a continuation whose tokens are known, past those that are not shown.

    Args:
        likeliest: is told all that stands before a token, the context left out.
        tokens: the continuation's.

    Returns:
        Its chance, exactly where each token was shown. Otherwise there is no lower bound, the upper one is the product
        of what each token has, or has at most, and the estimate that of what it has, or has in all likelihood.
    """
    total, guess, exact, said, steps = 0.0, 0.0, True, "", 0
    for token in tokens[:_LONGEST_WALK]:
        shown = likeliest(said)
        if not shown:
            return Unanswered(_NOTHING_SHOWN)
        steps += 1
        exact = exact and token in shown
        total += shown[token] if token in shown else unseen(shown)
        guess += shown[token] if token in shown else _share(shown)
        said += token
        if total < FLOOR:
            break
    total = min(0.0, total)
    exact = exact and steps == len(tokens)
    return Likelihood(log_probability=min(total, guess), tokens=steps, bounds=None if exact else (-inf, total))


def _fits(token: str, rest: str) -> bool:
    """Tell whether what remains may go on with a token; one that says all of it and more has said it."""
    return bool(token) and (rest.startswith(token) or token.startswith(rest))


def unseen(shown: Mapping[str, float]) -> float:
    """Return the log of the most that a token can have that is not among the likeliest which are shown.

    >>> round(exp(unseen({"a": log(0.6), "b": log(0.3)})), 6)
    0.1
    >>> round(exp(unseen({"a": log(0.2), "b": log(0.1)})), 6)
    0.1
    """
    left = 1.0 - fsum(map(exp, shown.values()))
    return min(*shown.values(), log(left) if left > 0 else -inf)


def _share(shown: Mapping[str, float]) -> float:
    """Return the log of what a token that is not shown has in all likelihood: an even share of what is left to them.

    What nothing is known of must clear no other value and accuse none: taken at its most, a control that the model
    never says would count as one that it says to everyone.
    """
    left = 1.0 - fsum(map(exp, shown.values()))
    return min(unseen(shown), log(left / _VOCABULARY) if left > 0 else -inf)
