"""Words that name a value: "account number", right before it, in its clause, or right after it; and keys above it.

How far is far. A label may stand `_REACH` code points before its value, which holds "account number for the joint
savings of my wife and me is"; but it names the *next* value only: between the two stands no digit, no end of a sentence
and no empty line. A word that is too common to name anything from afar stands right beside the value.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

_REACH: Final = 60
"""Code points between a label and its value."""

_BESIDE: Final = r"""(?x:
    [\s:=\#"'*`|(\[>@.\\-]{0,8}
    (?: (?: is | was | no\.? | nr\.? | number | id ) [\s:=\#"'*`(@]{1,4} ){0,2}
)"""
"""Between a common word and its value: punctuation, "is", "number"."""

_AFTER: Final = r"""(?x:
    [\s"'*`,)]{0,4} (?: (?: is | was | as | for | being ) \s )?
    (?: (?: my | his | her | their | our | your | the | its ) \s (?: \w{1,20} (?:['’]s)? \s ){0,2} )?
)"""
"""Between a value and the label after it: "is my", "is the new"."""

_ENDS: Final = re.compile(r"[0-9]|(?<!\b[Nn][oOrR])(?<!\b[Nn]um)[.!?;]\s|\n\s*\n|\n\s*[-*•]\s")
"""What no label reaches across. The point of "No.", "nr." or "num." ends no sentence."""

_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]")
"""Letters of scripts that write words without spaces, or hang particles on them: Thai, Chinese, Japanese, Korean."""


class Labels:
    """The context words of one rule, compiled when they are first looked for."""

    def __init__(
        self,
        before: Sequence[str],
        beside: Sequence[str],
        after: Sequence[str],
        compile_pattern: Callable[[str], re.Pattern[str]] = re.compile,
    ) -> None:
        """Take the words.

        Args:
            before: phrases that name a value anywhere before it in its clause.
            beside: words that do so only right before it.
            after: phrases that do so right after it.
            compile_pattern: compiles what is made of them.
        """
        self._telling = {phrase.split()[0].lower() for phrase in (*before, *beside, *after)}
        self._words = before, beside, after
        self._compile = compile_pattern

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None, re.Pattern[str] | None]:
        before, beside, after = self._words
        return (
            self._compile(_any(before)) if before else None,
            self._compile(rf"{_any(beside)}{_BESIDE}\Z") if beside else None,
            self._compile(f"{_AFTER}{_any(after)}") if after else None,
        )

    def may_stand_in(self, lowered: str) -> bool:
        """Tell at once whether any of the labels can stand in a text, given in lower case: most texts hold none."""
        return any(word in lowered for word in self._telling)

    def distance(self, text: str, start: int, end: int) -> int | None:
        """Return how many code points part a value from the nearest label of its own, or None where none names it.

        Args:
            text: the text.
            start: where the value begins.
            end: where it ends.
        """
        before, beside, after = self._compiled
        first = max(0, start - _REACH - _LONGEST)
        distances = []
        if before is not None:
            last = deque(before.finditer(text, first, start), maxlen=1)
            if last and start - last[0].end() <= _REACH and not _ENDS.search(text, last[0].end(), start):
                distances.append(start - last[0].end())
        if beside is not None and (found := beside.search(text, first, start)):
            distances.append(start - found.end(1))
        if after is not None and (found := after.match(text, end)):
            distances.append(found.start(1) - end)
        return min(distances, default=None)


_LONGEST: Final = 40
"""No label is longer, in code points."""


def _any(phrases: Sequence[str]) -> str:
    """Return a pattern of whole words: ``customer id`` also matches customer_id, customer-id and customerId."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return rf"(?i:({'|'.join(map(_whole, longest_first))}))"


def _whole(phrase: str) -> str:
    spelt = r"[\s_-]{0,2}".join(re.escape(word) for word in phrase.split())
    before = "" if _UNSPACED.match(phrase) else r"(?<![^\W_])"
    after = "" if _UNSPACED.match(phrase[-1:]) else r"(?![^\W_])"
    return f"{before}{spelt}{after}"


def words_of(key: str) -> tuple[str, ...]:
    """Return the words of a key in lower case.

    >>> words_of("primaryCustomerID"), words_of("tax_id"), words_of("Date of Birth")
    (('primary', 'customer', 'id'), ('tax', 'id'), ('date', 'of', 'birth'))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key)
    return tuple(word.lower() for word in re.split(r"[\W_]+", spaced) if word)
