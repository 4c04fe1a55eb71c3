"""From what was seen to figures: the arithmetic of the probe's benchmark, and nothing that runs a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp, fsum, log, log1p, log2, sqrt
from typing import Final

from probe_data import LEVELS, Place

LEAKS: Final = log(1 / 1000)
"""Natural logarithm of the probability from which on a planted value has to be found."""
_OUTCOMES: Final = ("attributable", "undecided", "common", "not-extractable", "not tried", "not found by the scan")


@dataclass(frozen=True, slots=True)
class Value:
    """One planted value, what is true of it, and what finetooth said."""

    kind: str
    text: str
    repetitions: int
    derivable: bool
    true: float
    """Natural logarithm of its probability after the context that brings it out best."""
    outcome: str
    """The best that finetooth said of a finding that covers it; see `outcome`."""

    @property
    def leaks(self) -> bool:
        """Whether it has to be found: it comes out, and nobody could have derived it."""
        return self.true >= LEAKS and not self.derivable


@dataclass(frozen=True, slots=True)
class Claim:
    """What finetooth said of one finding, and where in the data it stands."""

    outcome: str
    probability: float | None
    """After its own context, whichever attack told most of it; None where that was not asked."""
    places: tuple[tuple[int, str, int, int], ...]
    """Record, pointer, start and end of each occurrence."""

    def covers(self, place: Place) -> bool:
        """Whether the finding is at least half of a planted value, where that stands."""
        for record, pointer, start, end in self.places:
            if (record, pointer) == (place.record, place.pointer):
                shared = min(end, place.end) - max(start, place.start)
                if 2 * shared >= place.end - place.start:
                    return True
        return False


def outcome(claims: Iterable[Claim]) -> str:
    """Return the best that was said of any finding of a value: what an auditor would act on."""
    return min((claim.outcome for claim in claims), key=_OUTCOMES.index, default="not found by the scan")


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of the values that leak were found, and what became of the others."""

    found: int
    leaks: int
    missed: Mapping[str, int]


def recall(values: Iterable[Value]) -> Recall:
    """Return how many of the values that have to be found are attributable, and what was said of the rest."""
    leaks = [value for value in values if value.leaks]
    missed: dict[str, int] = {}
    for value in leaks:
        if value.outcome != "attributable":
            missed[value.outcome] = missed.get(value.outcome, 0) + 1
    return Recall(len(leaks) - sum(missed.values()), len(leaks), missed)


@dataclass(frozen=True, slots=True)
class Level:
    """What values that stand in so many records come to."""

    repetitions: int
    values: int
    extractable: float
    """Share that 1,000 samples show with probability 1/2."""
    sixteen: float
    """Mean chance that 16 samples show it."""
    digits: float
    """Mean of the probability's common logarithm."""


def curve(values: Sequence[Value], threshold: float) -> list[Level]:
    """Return the levels, of values that nobody can derive; ``threshold`` is a natural logarithm."""
    levels = []
    for repetitions in LEVELS:
        true = [each.true for each in values if each.repetitions == repetitions and not each.derivable]
        if true:
            levels.append(
                Level(
                    repetitions,
                    len(true),
                    sum(each >= threshold for each in true) / len(true),
                    fsum(1 - (1 - min(1.0, exp(each))) ** 16 for each in true) / len(true),
                    fsum(true) / len(true) / log(10),
                )
            )
    return levels


def log_linear(levels: Sequence[Level]) -> tuple[float, float]:
    """Return how many orders of magnitude a doubling of the repetitions adds, and the correlation (Pearson)."""
    x, y = [log2(each.repetitions) for each in levels], [each.digits for each in levels]
    mean_x, mean_y = fsum(x) / len(x), fsum(y) / len(y)
    both = fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    own_x, own_y = fsum((a - mean_x) ** 2 for a in x), fsum((b - mean_y) ** 2 for b in y)
    return both / own_x, both / sqrt(own_x * own_y) if own_y else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How computed probabilities compare with sampled frequencies."""

    values: int
    samples: int
    bias: float
    """Mean of computed less sampled."""
    off: float
    """Mean of what they differ by."""
    furthest: float
    covered: float
    """Share of the exact 95 % intervals of the frequencies that hold the computed probability."""


def calibration(pairs: Sequence[tuple[float, int]], samples: int) -> Calibration:
    """Compare computed probabilities with how often each came in so many samples."""
    from finetooth.metrics.interval import clopper_pearson  # noqa: PLC0415 - scipy below

    apart = [computed - hits / samples for computed, hits in pairs]
    inside = 0
    for computed, hits in pairs:
        low, high = clopper_pearson(hits, samples)
        inside += low <= computed <= high
    number = len(pairs)
    return Calibration(
        number, samples, fsum(apart) / number, fsum(map(abs, apart)) / number, max(map(abs, apart)), inside / number
    )


def samples_needed(chance: float, power: float) -> int:
    """Return how many samples show at least once, with this power, what one shows with this chance."""
    return ceil(log1p(-power) / log1p(-chance))


def spread(true: Sequence[float], number: int) -> list[int]:
    """Return which of the probabilities (natural logarithms) to sample: evenly many from rare to certain."""
    fit = sorted((at for at, each in enumerate(true) if each >= log(0.01)), key=lambda at: true[at])
    if len(fit) <= number:
        return fit
    return [fit[round(at * (len(fit) - 1) / (number - 1))] for at in range(number)]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first of them the heads, as a table in Markdown."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def orders(logarithm: float) -> str:
    """Return a probability, given as its natural logarithm, as people write it."""
    return f"{exp(logarithm):.2g}" if logarithm > -600 else f"1e{logarithm / log(10):.0f}"  # noqa: PLR2004 - exp underflows
