"""Regular expressions of strangers: in windows and against the clock, since nobody has proven that they ever end.

Our own patterns are bounded and tested; a user's may take exponential time on one text in a million. So it runs in
`regex`, which can stop, and what is stopped is ``Undetected``, never clean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import regex

from finetooth.detectors.windows import windows

SECONDS: Final = 10.0
"""A pattern takes milliseconds over a window; one that takes this long is in exponential trouble."""

_WINDOW: Final = 20_000
_OVERLAP: Final = 1_000
"""In code points: a pattern that takes quadratic time still ends, and a match of up to 500 is never cut."""


class Found(Protocol):
    """A place that a pattern matches, as `re` and `regex` tell it."""

    def span(self, group: str | int = 0, /) -> tuple[int, int]:
        """Return where a group begins and ends, in code points; (-1, -1) where it took no part."""


class Pattern(Protocol):
    """What a rule needs of a compiled pattern, as `re` has it."""

    @property
    def groupindex(self) -> Mapping[str, int]:
        """Named groups."""

    def finditer(self, string: str, /) -> Iterator[Found]:
        """Yield the places that it matches, in order."""

    def fullmatch(self, string: str, /) -> Found | None:
        """Match the whole of a text."""


class TimedPattern:
    """A pattern that gives up with ``TimeoutError``."""

    def __init__(self, pattern: str, seconds: float = SECONDS) -> None:
        """Compile a verbose regular expression.

        Raises:
            ValueError: it is none, or matches where nothing stands.
        """
        try:
            self._compiled = regex.compile(pattern, regex.VERBOSE)
        except regex.error as error:
            raise ValueError(str(error)) from None
        self._seconds = seconds
        if self.fullmatch("") is not None:
            raise ValueError("it matches the empty text, and so everywhere")

    @property
    def groupindex(self) -> Mapping[str, int]:
        """Named groups."""
        named: Mapping[str, int] = self._compiled.groupindex
        return named

    def finditer(self, string: str, /) -> Iterator[Found]:
        """Yield the places that it matches, in order.

        Raises:
            TimeoutError: a window took too long.
        """
        for window in windows(string, _WINDOW, _OVERLAP):
            found = self._compiled.finditer(string, window.start, window.end, timeout=self._seconds)
            yield from (each for each in found if window.keeps(each.start()))

    def fullmatch(self, string: str, /) -> Found | None:
        """Match the whole of a text.

        Raises:
            TimeoutError: it took too long.
        """
        found: Found | None = self._compiled.fullmatch(string, timeout=self._seconds)
        return found
