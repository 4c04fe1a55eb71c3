"""How far one text is from another, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

_SCRIPTS_WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # kana and Chinese characters
_WORD = re.compile(rf"[{_SCRIPTS_WITHOUT_SPACES}]|(?:(?![{_SCRIPTS_WITHOUT_SPACES}])[\w'\u2019])+|[^\w\s]+")


def words(text: str) -> list[re.Match[str]]:
    """Return the words and runs of marks of a text, each with its place: tokenizers make as many tokens of it or more.

    >>> [word.group() for word in words("It's 4 p.m...")]
    ["It's", '4', 'p', '.', 'm', '...']
    """
    return list(_WORD.finditer(text))


def edit_distance(left: Sequence[str], right: Sequence[str]) -> float:
    """Return the least number of words to insert, delete or exchange, for each word of the longer text: 0 to 1.

    Levenshtein 1966, by rows (Wagner & Fischer 1974). Texts of some dozens of words need no library.

    >>> edit_distance("to be or not".split(), "to be and not".split())
    0.25
    >>> edit_distance([], [])
    0.0
    """
    before = list(range(len(right) + 1))
    for row, old in enumerate(left, start=1):
        now = [row]
        for column, new in enumerate(right, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (old != new)))
        before = now
    return before[-1] / max(len(left), len(right), 1)


def longest_run(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the length of the longest run of words that both hold.

    >>> longest_run("to be or not to be".split(), "or not to".split())
    3
    """
    return SequenceMatcher(None, left, right, autojunk=False).find_longest_match().size
