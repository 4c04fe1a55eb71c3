"""Texts in tokens, packed so that a model reads what they share once.

The values of a record, and their look-alikes, stand after the same words. As a tree of tokens they fit one row: each
token sees those on its own way from the root, and stands as far from the beginning as that way is long. A model whose
tokens meet in attention alone then computes for each text what it would compute for that text by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

WIDEST: Final = 2048
"""Tokens in a row of several texts: attention looks at each pair of them, so that wider rows lose what they save."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A text in tokens, of which the end is scored."""

    position: int
    """Which trial it is."""
    tokens: tuple[int, ...] = field(repr=False)
    """Context and continuation."""
    first: int
    """Position of the first token that is scored, from 1."""


@dataclass(slots=True)
class Row:
    """A tree of tokens, the parent of each before it."""

    tokens: list[int] = field(default_factory=list)
    """Each distinct token on a distinct way."""
    parents: list[int] = field(default_factory=list)
    """Where the token before it stands; -1 for the first."""
    depths: list[int] = field(default_factory=list)
    """How many tokens stand before it on its way."""
    items: list[Scored] = field(default_factory=list)
    """The texts."""
    ways: list[tuple[int, ...]] = field(default_factory=list)
    """For each text, where the tokens stand that predict the scored ones."""

    @property
    def straight(self) -> bool:
        """Whether each token stands right after its parent, so that plain causal attention is the right one."""
        return len(self.tokens) == self.depths[-1] + 1

    @property
    def predicting(self) -> list[int]:
        """Where tokens stand that predict a scored one, each once."""
        return sorted({place for way in self.ways for place in way})


def pack(items: Iterable[Scored], *, branching: bool = True) -> list[Row]:
    """Return the texts in rows, each text in one.

    Args:
        items: the texts.
        branching: whether texts of one row may part. A text that is the beginning of another is always part of it.
    """
    rows: list[Row] = []
    way: list[int] = []  # of the text before, in its row
    last: tuple[int, ...] = ()
    for item in sorted(items, key=lambda item: item.tokens):
        read = item.tokens[:-1]  # nothing is asked after the last token
        shared = _shared(last, read)
        added = len(read) - shared
        joins = shared == len(last) or (branching and shared >= added and len(rows[-1].tokens) + added <= WIDEST)
        if not rows or not joins or not shared:
            rows.append(Row())
            way, shared = [], 0
        row = rows[-1]
        del way[shared:]
        for depth in range(shared, len(read)):
            row.parents.append(way[-1] if way else -1)
            row.depths.append(depth)
            way.append(len(row.tokens))
            row.tokens.append(read[depth])
        row.items.append(item)
        row.ways.append(tuple(way[item.first - 1 :]))
        last = read
    return rows


def batches(rows: Iterable[Row], cost: BatchCost) -> Iterator[list[Row]]:
    """Yield rows of similar width that are of one kind, widest first, so that too little memory shows at once."""
    batch: list[Row] = []
    for row in sorted(rows, key=lambda row: (row.straight, -len(row.tokens))):
        if batch and (batch[0].straight != row.straight or not cost.fits([*batch, row])):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


class BatchCost:
    """How much may be read at once: a bound on bytes, and one on tokens, after which more gains nothing."""

    def __init__(self, *, room: float, most: int, per_token: float, per_score: float, per_pair: float) -> None:
        """Keep the bounds.

        Args:
            room: bytes.
            most: tokens, padding included.
            per_token: bytes for each token, padding included.
            per_score: bytes for each position that predicts a scored token: a number for each word of the vocabulary.
            per_pair: bytes for each pair of tokens of a row that is a tree.
        """
        self._room = room
        self._most = most
        self._per_token = per_token
        self._per_score = per_score
        self._per_pair = per_pair

    def fits(self, batch: Sequence[Row]) -> bool:
        """Tell whether the rows can be read together."""
        width = max(len(row.tokens) for row in batch)
        tokens = width * len(batch)
        needed = tokens * self._per_token + sum(len(row.predicting) for row in batch) * self._per_score
        if not batch[0].straight:
            needed += len(batch) * width * width * self._per_pair
        return tokens <= self._most and needed <= self._room

    def halve(self) -> None:
        """Take less: there was not so much memory as it seemed."""
        self._room /= 2
        self._most = max(1, self._most // 2)


def _shared(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many tokens two texts begin with alike."""
    shared = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        shared += 1
    return shared
