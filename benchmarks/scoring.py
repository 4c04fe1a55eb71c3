"""How spans are matched and counted, and how sure a figure is. Pure: no file, no engine.

The rule:

1. A prediction whose concept the set does not label at all (and that is compatible with none that it does) is left out.
2. A prediction *meets* a gold span where they share a character and, for a typed figure, its concept is accepted there.
3. A prediction that covers too much meets nothing: one of which more than half, and more than `SLACK` characters, lie
   outside the gold spans that it would meet. Otherwise one span over the whole text would find everything.
4. A gold span is found (a true positive) where a prediction meets it, and missed (a false negative) otherwise. A
   prediction that meets none is a false positive. What is found is counted in gold spans, once each: neither cutting
   a prediction in pieces nor saying it twice gains anything.

Figures are micro averages over all spans of a set, with a percentile bootstrap over its texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from labels import accepted, concept
from spans import Found, Gold

SLACK: Final = 20
"""How many characters a prediction may take in beyond gold: a title, a preposition, a house number."""

RESAMPLES: Final = 1000
SEED: Final = 20260
_LEVEL: Final = (2.5, 97.5)


class Counts(NamedTuple):
    """What one text adds to a figure."""

    found: int
    """Gold spans that were found."""
    missed: int
    """Gold spans that were not."""
    wrong: int
    """Predictions that meet no gold span."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One text, matched."""

    missed: tuple[Gold, ...]
    """Gold spans that were not found."""
    wrong: tuple[Found, ...]
    """Predictions that meet no gold span."""
    counts: Counts
    """How many, and how many were found."""


class Figure(NamedTuple):
    """A rate with its 95 % interval; NaN where its denominator is zero."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it with the interval, or a dash where there is nothing to divide by."""
        if np.isnan(self.value):
            return "—"
        value, low, high = (f"{number:.3f}".removeprefix("0") for number in self)
        return f"{value} ({low}–{high})"


Measure = Callable[[np.ndarray], np.ndarray]
"""Takes an array whose last axis holds totals of counts, and returns one number for each row."""


def scored(concepts: Iterable[str]) -> frozenset[str]:
    """Return the concepts that predictions are scored on, in a set that labels ``concepts``."""
    return frozenset().union(*(accepted(label) for label in concepts))


def match(gold: Sequence[Gold], predictions: Iterable[Found], labelled: frozenset[str], *, typed: bool) -> Outcome:
    """Match the predictions of one text with its gold spans.

    Args:
        gold: the labelled spans.
        predictions: what an engine says, of every entity type.
        labelled: what `scored` returns for the set.
        typed: whether a prediction must also say what it is.
    """
    met: set[int] = set()
    wrong: list[Found] = []
    for prediction in predictions:
        said = concept(prediction.entity_type)
        if said not in labelled:
            continue
        meets = [
            index
            for index, span in enumerate(gold)
            if prediction.start < span.end
            and span.start < prediction.end
            and (not typed or said in accepted(span.concept))
        ]
        if meets and not _too_much(prediction, [gold[index] for index in meets]):
            met.update(meets)
        else:
            wrong.append(prediction)
    missed = tuple(span for index, span in enumerate(gold) if index not in met)
    return Outcome(missed, tuple(wrong), Counts(len(met), len(missed), len(wrong)))


def _too_much(prediction: Found, met: Sequence[Gold]) -> bool:
    length = prediction.end - prediction.start
    covered: set[int] = set()
    for span in met:
        covered.update(range(max(span.start, prediction.start), min(span.end, prediction.end)))
    outside = length - len(covered)
    return outside > SLACK and outside > length / 2


def precision(counts: np.ndarray) -> np.ndarray:
    """Return found / (found + wrong) of totals in the last axis."""
    return _ratio(counts[..., 0], counts[..., 0] + counts[..., 2])


def recall(counts: np.ndarray) -> np.ndarray:
    """Return found / (found + missed) of totals in the last axis."""
    return _ratio(counts[..., 0], counts[..., 0] + counts[..., 1])


def f2(counts: np.ndarray) -> np.ndarray:
    """Return F2, which weighs recall twice as much as precision (van Rijsbergen 1979, chapter 7, with β = 2)."""
    found, missed, wrong = counts[..., 0], counts[..., 1], counts[..., 2]
    return _ratio(5 * found, 5 * found + 4 * missed + wrong)


def rate(counts: np.ndarray) -> np.ndarray:
    """Return the first of two totals in the last axis, divided by the second."""
    return _ratio(counts[..., 0], counts[..., 1])


def figures(
    counts: Sequence[Sequence[int]], clusters: Sequence[str], measures: Sequence[Measure] = (precision, recall, f2)
) -> list[Figure]:
    """Return each measure of the totals, with a percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13).

    Whole clusters are drawn, not texts: sentences of one template stand or fall together.

    Args:
        counts: one row for each text.
        clusters: what each text was made from.
        measures: functions of an array of totals, one row for each resample.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    rows = np.asarray(counts, dtype=np.int64)
    sums = np.zeros((len(names), rows.shape[1]), dtype=np.int64)
    np.add.at(sums, [names[cluster] for cluster in clusters], rows)
    chance = np.random.default_rng(SEED)
    drawn = chance.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    totals, resampled = rows.sum(axis=0), drawn @ sums
    found = []
    for measure in measures:
        spread = measure(resampled)
        known = spread[~np.isnan(spread)]
        low, high = np.percentile(known, _LEVEL) if known.size else (np.nan, np.nan)
        found.append(Figure(float(measure(totals)), float(low), float(high)))
    return found


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)
