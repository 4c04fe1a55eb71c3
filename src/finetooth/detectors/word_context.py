"""The context rule of the identifier detector: whole words before a match raise its score, as in Presidio."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from finetooth.detectors.readtext import ReadText

RAISE: Final = 0.35
"""By so much a word of the context raises a score: Presidio's own figure."""

AT_LEAST: Final = 0.4
"""To so much at least: Presidio's own figure too."""

WORDS: Final = 5
"""How many words before the match are read; stop words don't count."""

_TOKENS: Final = 13
"""How many tokens at most: words, stop words, and each sign and line break between them."""

_REACH: Final = 200
"""Code points before the match in which these are looked for."""

_LETTERS: Final = re.compile(r"[^\W\d_]+")

_TOKEN: Final = re.compile(
    r"""(?ix)
      \w+? (?= n['’]t\b ) | n['’]t\b | ['’](?:s|m|re|ve|ll|d)\b     # do|n't, it|'s
    | \w+ (?: [^\w\s'’-]+ \w+ )*                                   # also 10:30, a@b.example, snake_case
    | [^\w\s] | \s{2,} | [^\S ]
    """
)
"""What spaCy's tokenizer makes of nearly any text, which it needs a quarter of a second to be loaded for."""


def support(result: Any, word: str) -> None:
    """Raise the score of a match that a context word stands before."""
    result.score = min(max(result.score + RAISE, AT_LEAST), 1.0)
    result.analysis_explanation.set_supportive_context_word(word)


class WordContext:
    """Presidio's context rule, by whole words and in linear time.

    Presidio's own compares by substring, so that "pub*lic*" supports a driver's *lic*ence, never matches a phrase,
    walks all tokens for each match, and its error message holds the value. The factors are its own.

    Args:
        stop_words: words that don't count, in lower case.
    """

    def __init__(self, stop_words: Collection[str]) -> None:
        self._stop_words = stop_words

    def prepare(self, found: Any, words: Any) -> None:
        """Do nothing: words are read as they stand."""

    def enhance(self, read: ReadText, results: Sequence[Any], words: Any) -> None:
        """Raise the score of each match that one of its recognizer's context words stands before."""
        for result in results:
            listed = words.get(result.recognition_metadata["recognizer_identifier"])
            if not listed:
                continue
            before = self._before(read.text, result.start)
            supporting = next((word for word in listed if _supported(word, before)), None)
            if supporting is not None:
                support(result, supporting)

    def _before(self, text: str, start: int) -> set[str]:
        """Return the words before a match; what it is glued to, as in "SSN:078-05-1120", is one of them."""
        counted = 0
        words: set[str] = set()
        for token in reversed(_TOKEN.findall(text, max(0, start - _REACH), start)[-_TOKENS:]):
            parts = {part.lower() for part in _LETTERS.findall(token)}
            words |= parts | {part.removesuffix("s") for part in parts}
            counted += bool(parts) and token.lower() not in self._stop_words
            if counted >= WORDS:
                break
        return words


def _supported(context: str, words: set[str]) -> bool:
    """Tell whether a context word, or each word of a phrase, stands among the words: whole, or a compound's end.

    "card" is in "creditcard" and "phone" in "cellphone"; words of fewer than four letters would be found anywhere.
    """
    return all(
        part in words or (len(part) >= 4 and any(w.endswith(part) or w.startswith(part) for w in words))  # noqa: PLR2004
        for part in _LETTERS.findall(context.lower())
    )
