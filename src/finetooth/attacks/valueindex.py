"""Which answers hold a value, in any way of writing it that does not make it another value.

Values are compared as their fingerprints are (`redaction.normalise`): a number by its letters and digits, words without
case and spacing, a secret character by character. A value has to stand by itself: 12 is not found in 4128.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from finetooth.attacks.lookalikes import fixed_head
from finetooth.entities import Kind, entity_type
from finetooth.redaction import normalise
from finetooth.span import Span

_BREAK = "\0"  # stands between answers, and where digits are too far apart to be one number
_KEY = 3  # characters that a value is looked up by
_WORD = re.compile(r"[^\W_]+")
_APART = 3  # characters: no separator of digits is longer, or ends a line
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")  # scripts whose words stand side by side


class _Reading:
    """All answers in one string, as values of one kind are compared, and where a value may begin or end in it."""

    def __init__(self, answers: Sequence[str], kind: Kind) -> None:
        pieces = [_read(answer, kind) for answer in answers]
        self.text = _BREAK.join(text for text, _ in pieces) + _BREAK
        self._begins = list(accumulate((len(text) + 1 for text, _ in pieces), initial=0))
        self._cuts = bytearray(len(self.text) + 1)
        for begin, (_, cuts) in zip(self._begins, pieces, strict=False):
            for cut in cuts:
                self._cuts[begin + cut] = 1
        self._places: dict[str, list[int]] = {}
        for place, cut in enumerate(self._cuts[: len(self.text)]):
            if cut:
                self._places.setdefault(self.text[place : place + _KEY], []).append(place)

    def places(self, start: str, length: int) -> Iterator[int]:
        """Yield each place where a text of this length that begins with ``start`` stands by itself."""
        listed = [self._places.get(start[:_KEY], ())] if len(start) >= _KEY else self._places.values()
        for places in listed:
            for place in places:
                end = place + length
                if end < len(self.text) and self._cuts[end] and self.text.startswith(start, place):
                    yield place

    def answer(self, place: int) -> int:
        """Return which answer a place is in."""
        return bisect_right(self._begins, place) - 1


def standing(entity: str, value: str, text: str) -> Span | None:
    """Return where a text first holds a value, in whatever way of writing it, or None where it does not.

    Nor where characters have to be exchanged for compatible ones (NFKC) to see it.
    """
    kind = entity_type(entity).kind
    wanted = normalise(entity, value)
    if kind is Kind.SECRET:
        pattern, flags = re.escape(wanted), 0
    elif kind is Kind.NUMBER:
        pattern, flags = r"[\W_]*".join(map(re.escape, wanted)), re.IGNORECASE
    else:
        pattern, flags = r"\s+".join(map(re.escape, wanted.split())), re.IGNORECASE
    cuts = set(_cuts(text))
    places = (Span(*found.span()) for found in re.finditer(pattern, text, flags))
    return next((place for place in places if place.start in cuts and place.end in cuts), None)


class ValueIndex:
    """Answers, to be searched for many values.

    >>> index = ValueIndex(["Call 415 555-0134.", "It is 4155550134 now", "4155550134777"])
    >>> sorted(index.holders("PHONE_NUMBER", "415-555-0134"))
    [0, 1]
    """

    def __init__(self, answers: Sequence[str]) -> None:
        """Index the answers."""
        self._answers = answers
        self._readings: dict[Kind, _Reading] = {}

    def holders(self, entity: str, value: str) -> set[int]:
        """Return which answers hold a value, by position."""
        wanted = normalise(entity, value)
        reading = self._reading(entity)
        return {reading.answer(place) for place in reading.places(wanted, len(wanted))} if wanted else set()

    def guesses(self, entity: str, value: str) -> int:
        """Return how many different texts of a value's length stand in the answers that begin as an issuer's do.

        So many chances to be right by luck had whoever wrote the answers: the head of an issued value is known.
        """
        wanted = normalise(entity, value)
        head = wanted[: len(normalise(entity, fixed_head(value)))]
        reading = self._reading(entity)
        said = {reading.text[place : place + len(wanted)] for place in reading.places(head, len(wanted))}
        return sum(_BREAK not in text for text in said)

    def _reading(self, entity: str) -> _Reading:
        kind = entity_type(entity).kind
        compared = kind if kind in (Kind.SECRET, Kind.NUMBER) else Kind.WORDS
        if compared not in self._readings:
            self._readings[compared] = _Reading(self._answers, compared)
        return self._readings[compared]


def _read(answer: str, kind: Kind) -> tuple[str, list[int]]:
    """Return an answer as values of a kind are compared, and the places in it where one may begin or end."""
    if kind is Kind.SECRET:
        return answer, _cuts(answer)
    text = unicodedata.normalize("NFKC", answer).casefold()
    if kind is Kind.WORDS:
        text = " ".join(text.split())
        return text, _cuts(text)
    parts: list[str] = []
    cuts: list[int] = [0]
    length = last = 0
    for word in _WORD.finditer(text):
        between = text[last : word.start()]
        if parts and (len(between) > _APART or "\n" in between):
            parts.append(_BREAK)
            length += 1
            cuts.append(length)
        kept = "".join(filter(str.isalnum, word.group()))
        parts.append(kept)
        cuts += [length + cut for cut in _cuts(kept)[1:]]
        length += len(kept)
        last = word.end()
    return "".join(parts), cuts


def _cuts(text: str) -> list[int]:
    """Return the places in a text where no word is cut in two."""
    inside = (place for place in range(1, len(text)) if not (_of_a_word(text[place - 1]) and _of_a_word(text[place])))
    return [0, *inside, len(text)]


def _of_a_word(character: str) -> bool:
    return character.isalnum() and not _UNSPACED.match(character)
