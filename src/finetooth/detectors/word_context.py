"""The context rule of the identifier detector: whole words before a match raise its score, as in Presidio."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from finetooth.detectors.spacy_reader import ReadText

RAISE: Final = 0.35
"""By so much a word of the context raises a score: Presidio's own figure."""

AT_LEAST: Final = 0.4
"""To so much at least: Presidio's own figure too."""

WORDS: Final = 5
"""How many words before the match are read; stop words don't count."""

_TOKENS: Final = 14
"""How many tokens at most."""

_LETTERS: Final = re.compile(r"[^\W\d_]+")


def support(result: Any, word: str) -> None:
    """Raise the score of a match that a context word stands before."""
    result.score = min(max(result.score + RAISE, AT_LEAST), 1.0)
    result.analysis_explanation.set_supportive_context_word(word)


class WordContext:
    """Presidio's context rule, by whole words and in linear time.

    Presidio's own compares by substring, so that "pub*lic*" supports a driver's *lic*ence, never matches a phrase,
    walks all tokens for each match, and its error message holds the value. The factors are its own.
    """

    def prepare(self, found: Any, words: Any) -> None:
        """Do nothing: words are read as they stand."""

    def enhance(self, read: ReadText, results: Sequence[Any], words: Any) -> None:
        """Raise the score of each match that one of its recognizer's context words stands before."""
        for result in results:
            listed = words.get(result.recognition_metadata["recognizer_identifier"])
            if not listed:
                continue
            before = _before(result.start, read)
            supporting = next((word for word in listed if _supported(word, before)), None)
            if supporting is not None:
                support(result, supporting)


def _before(start: int, read: ReadText) -> set[str]:
    counted = 0
    words: set[str] = set()
    at = min(read.token_at(start), len(read.doc) - 1)
    for index in range(at, max(-1, at - _TOKENS), -1):
        token = read.doc[index]
        # The match's own token counts for what it holds before the match, as in "SSN:078-05-1120".
        piece = token.text if index != at else token.text[: max(0, start - token.idx)]
        parts = {part.lower() for part in _LETTERS.findall(piece)}
        words |= parts | {part.removesuffix("s") for part in parts}
        counted += bool(parts) and not token.is_stop
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
