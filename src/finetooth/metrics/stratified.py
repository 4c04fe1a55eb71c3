"""Whether values are emitted more often than their look-alikes, each compared with its own.

Under the null hypothesis, that the model has learnt nothing about a value beyond its kind, a value and its H
look-alikes are exchangeable. So, of the m of them that it emits, the value is one with the chance m / (1 + H), whatever
m is, and the number of values emitted, given all those m, is a sum of independent coin flips with these chances (the
exact conditional test of Cochran 1954 and Mantel & Haenszel 1959 for strata with one case each). Where no look-alike is
emitted, this is the test by the top run: the chance that k values come before the first of their controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, fsum


def stratified_p_value(strata: Sequence[tuple[bool, Sequence[bool]]]) -> float:
    """Return the chance of at least as many emitted values by luck.

    Args:
        strata: for each value whether it is emitted, and whether each of its look-alikes is; one without look-alikes
            tells nothing.

    >>> round(stratified_p_value([(True, [False] * 8)] * 3), 5) == round(1 / 9**3, 5)
    True
    >>> stratified_p_value([(True, [True] * 8), (False, [False] * 8)])
    1.0
    """
    emitted = 0
    chances: list[float] = []
    for value, controls in strata:
        if controls:
            emitted += value
            chances.append((value + sum(controls)) / (1 + len(controls)))
    return _at_least(emitted, [chance for chance in chances if chance > 0])


def more_often_p_value(emitted: int, of: int, controls_emitted: int, controls: int) -> float:
    """Return the chance that so many of one group, and so few of its controls, are emitted by luck.

    Fisher's exact test, one-sided (Fisher 1935, "The logic of inductive inference").

    Args:
        emitted: members of the group that are emitted.
        of: members of the group.
        controls_emitted: controls that are emitted.
        controls: how many controls there are.

    >>> round(more_often_p_value(3, 3, 0, 3), 3), more_often_p_value(0, 9, 0, 9)
    (0.05, 1.0)
    """
    drawn = emitted + controls_emitted
    ways = [comb(of, k) * comb(controls, drawn - k) for k in range(emitted, min(of, drawn) + 1)]
    return sum(ways) / comb(of + controls, drawn)


def _at_least(count: int, chances: Sequence[float]) -> float:
    """Return the chance that at least ``count`` of independent events happen (Poisson's binomial distribution)."""
    numbers = [1.0]  # the chance of each number of events
    for chance in chances:
        stay = [number * (1 - chance) for number in numbers] + [0.0]
        for position, number in enumerate(numbers):
            stay[position + 1] += number * chance
        numbers = stay
    return min(1.0, fsum(numbers[count:]))
