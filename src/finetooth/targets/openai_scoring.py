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

from finetooth.targets.openai_reply import Place
from finetooth.targets.target import Answer, Likelihood, Unanswered

FLOOR = log(1e-8)
"""A walk stops where the chance has fallen so low: a hundredth of what a million samples would show once."""
_REPLACED = "\ufffd"  # what a part of a character is shown as
_LONGEST_WALK = 512  # tokens

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
    """Walk along a continuation, taking the likeliest token that it may go on with at each place.

    Returns:
        The chance of the tokens that were taken as the lower bound, and as the upper bound the greatest chance that
        any other way of cutting the continuation into tokens could have: by a token that was not shown, or by one that
        was shown and not taken. Where the continuation goes on with no token that was shown, there is no lower bound.
    """
    taken, missed, tokens = 0.0, -inf, 0
    said, rest = "", continuation
    while rest:
        if tokens == _LONGEST_WALK:
            return Unanswered("the continuation has more tokens than are walked along one by one")
        shown = likeliest(said)
        if not shown:
            return Unanswered("the endpoint gives no log-probabilities here: the model would rather end its turn")
        tokens += 1
        token, number, others = _next(shown, rest)
        missed = max(missed, taken + max(others, unseen(shown)))
        taken += number
        said, rest = said + token, rest[len(token) :]
        if max(taken, missed) < FLOOR or taken == -inf:
            break
    high = min(0.0, max(taken, missed))
    if rest or taken == -inf:
        return Likelihood(log_probability=high, tokens=tokens, bounds=(-inf, high))
    return Likelihood(log_probability=min(0.0, taken), tokens=tokens, bounds=(min(0.0, taken), high))


def _next(shown: Mapping[str, float], rest: str) -> tuple[str, float, float]:
    """Return the likeliest token that what remains may go on with, its number, and that of the next best.

    A part of a character, which nothing shows the text of, may be the right one, but cannot be taken.
    """
    fitting = sorted(((number, token) for token, number in shown.items() if _fits(token, rest)), reverse=True)
    number, token = fitting[0] if fitting else (-inf, "")
    others = [other for other, _ in fitting[1:]] + [other for each, other in shown.items() if _REPLACED in each]
    return token, number, max(others, default=-inf)


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
