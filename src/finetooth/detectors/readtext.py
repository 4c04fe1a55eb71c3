"""A text as a reader has read it: its entities, and its tokens where somebody asks for them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from finetooth.detectors.stretches import Stretches

_DIGIT: Final = re.compile(r"\d")


class Named(NamedTuple):
    """A named entity."""

    label: str
    """What the model calls it."""
    start: int
    """Where it begins, in code points."""
    end: int
    """Where it ends."""


class ReadText:
    """A text, its tokens and its entities."""

    __slots__ = ("_digits", "_doc", "_ends", "_nlp", "entities", "keywords", "lemmas", "pieces", "stretches", "text")

    def __init__(self, text: str, nlp: Any, doc: Any = None, entities: Sequence[Named] = ()) -> None:
        """Take what is known; the text is cut into tokens when they are asked for."""
        self.text = text
        self.entities = entities
        self.lemmas: list[str] | None = None
        """Of each token; None until somebody made them."""
        self.keywords: frozenset[str] | None = None
        """What counts as context among the lemmas; None until somebody asked."""
        self.pieces: frozenset[str] | None = None
        """What may count beside them; None until somebody asked."""
        self.stretches = Stretches(text)
        """Where in it patterns can match."""
        self._nlp = nlp
        self._doc = doc
        self._digits: int | None = None
        self._ends: list[int] | None = None

    @property
    def doc(self) -> Any:
        """The tokens, as spaCy has them."""
        if self._doc is None:
            self._doc = self._nlp.make_doc(self.text)
        return self._doc

    @property
    def digits(self) -> int:
        """How many digits the text has, of whatever script."""
        if self._digits is None:
            self._digits = len(_DIGIT.findall(self.text))
        return self._digits

    def token_at(self, position: int) -> int:
        """Return the first token that ends after a position; as many as there are tokens where none does."""
        if self._ends is None:
            self._ends = self.doc.to_array(["IDX", "LENGTH"]).sum(axis=1).tolist()
        return bisect_right(self._ends, position)
