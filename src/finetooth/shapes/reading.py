"""What a user says about the records, as far as they don't tell it themselves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from finetooth.errors import UsageError
from finetooth.shapes import datasetinfo
from finetooth.shapes.registry import SHAPES
from finetooth.shapes.shape import Shape
from finetooth.shapes.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Reading:
    """How records are read. By default their shape is detected, and token ids are unread."""

    first: tuple[Shape, ...] = ()
    """Shapes to try before all others; a record that none of them fits is detected like any other."""
    tokenizer: Tokenizer | None = field(default=None, repr=False)
    """What turns token ids into text."""

    def of(self, path: str) -> Reading:
        """Return how the records of one file are read: as the user says, else as a file beside it does."""
        return self if self.first else replace(self, first=datasetinfo.shapes(path))


DETECT = Reading()
"""Everything as the records themselves tell it."""


def named(name: str) -> Shape:
    """Return the shape of that name.

    Raises:
        UsageError: there is none.
    """
    for shape in SHAPES:
        if shape.name == name:
            return shape
    raise UsageError(f"--input-format {name}: not a record format; there are: {', '.join(s.name for s in SHAPES)}")


TOKENISED = {"input_ids": [101, 2073, 102], "labels": [-100, -100, 102]}
"""A minimal pre-tokenised row. It is no shape of its own: token ids may stand in a record of any shape."""
