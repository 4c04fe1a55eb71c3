"""What a user says about the records, as far as they don't tell it themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from finetooth.digests import digest_of
from finetooth.errors import UsageError
from finetooth.shapes import datasetinfo
from finetooth.shapes.registry import SHAPES
from finetooth.shapes.shape import Shape
from finetooth.shapes.tokens import Tokenizer

_TOKENIZER_LARGEST: Final = 64 << 20  # what is larger beside a tokenizer is the model


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


def reading(input_format: str | None, tokenizer: str | None) -> Reading:
    """Return how records are read, in terms that any process can be told.

    Args:
        input_format: name of the record format, or None to detect it.
        tokenizer: folder of the tokenizer of pre-tokenised rows, or None to leave them unread.

    Raises:
        UsageError: There is no such format or tokenizer.
    """
    decoder = None
    if tokenizer is not None:
        from finetooth.shapes.tokenizer import load  # noqa: PLC0415 - only where one is named

        decoder = load(tokenizer)
    return Reading(first=(named(input_format),) if input_format else (), tokenizer=decoder)


def told(path: str, input_format: str | None, tokenizer: str | None) -> str:
    """Return what decides how the records of a file are read, beside the records themselves."""
    first = input_format or repr(datasetinfo.shapes(path))
    return json.dumps([first, None if tokenizer is None else _files(Path(tokenizer))])


def _files(folder: Path) -> list[list[str]]:
    found = [folder] if folder.is_file() else sorted(folder.glob("*")) if folder.is_dir() else []
    small = [path for path in found if path.is_file() and path.stat().st_size <= _TOKENIZER_LARGEST]
    return [[path.name, digest_of([(path.name, path)])] for path in small]


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
