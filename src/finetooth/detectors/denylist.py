"""The detector of values that a policy lists (``detect.deny``): customers, code names, whatever must not be learnt.

Text and values are cut into words and single signs, and the words of a text are walked down a tree of all values. That
is linear in the text and takes the same time for ten values as for a million. So a value stands as words of its own
("Ann" is not in "Annual"), in any case and with any spacing; in scripts without spaces each character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import regex

from finetooth.detectors.detector import Detection
from finetooth.detectors.valuelists import values
from finetooth.digests import digest_of
from finetooth.errors import PolicyError
from finetooth.match import Match
from finetooth.policy import Detect
from finetooth.span import Span

RULE: Final = "deny."
"""How the ids of this detector's rules begin; the entity type follows."""


def rule_id(entity_type: str) -> str:
    """Return the id of what a list finds.

    >>> rule_id("CUSTOMER_ID")
    'deny.customer-id'
    """
    return RULE + entity_type.lower().replace("_", "-")


_UNSPACED: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_TOKEN: Final = regex.compile(rf"(?V1)[\w--[_{_UNSPACED}]]+|\S")
"""A run of letters and digits, or any other sign by itself; an underscore parts words, as in ``user_ann``."""

_ASCII_TOKEN: Final = re.compile(r"[^\W_]+|\S")
"""The same for ASCII alone, several times faster."""

_END: Final = ""
"""Key of a tree's node that ends a value; no token is empty."""


class DenyListDetector:
    """Finds every place where a listed value stands."""

    name = "deny-list"

    def __init__(self, detect: Detect) -> None:
        """Read the lists.

        Raises:
            PolicyError: A list cannot be read, or is empty.
        """
        self._tree: dict[str, Any] = {}
        count = 0
        for entity_type, names in detect.deny.items():
            if entity_type in detect.off():
                raise PolicyError(f"detect.deny: {entity_type} is listed, and switched off under detect.entities")
            for name in names:
                for _, value in values(Path(name)):
                    self._add(value, entity_type)
                    count += 1
        files = ((entity_type, Path(name)) for entity_type, names in detect.deny.items() for name in names)
        self.version = f"{count} values, {digest_of(files)[:12]}"

    def _add(self, value: str, entity_type: str) -> None:
        node = self._tree
        for token, _, _ in _tokens(value):
            node = node.setdefault(token, {})
        node.setdefault(_END, set()).add(entity_type)

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the listed values of each text, in order of their place; the longest where several begin."""
        return [tuple(self._detect_one(text)) for text in texts]

    def _detect_one(self, text: str) -> Iterator[Match]:
        if text.isascii() and self._tree.keys().isdisjoint(_ASCII_TOKEN.findall(text.lower())):
            return  # most texts hold no word that a value begins with
        tokens = list(_tokens(text))
        at = 0
        while at < len(tokens):
            last, entity_types = self._longest(tokens, at)
            for entity_type in sorted(entity_types):
                span = Span(tokens[at][1], tokens[last][2])
                # Proven by its provider: whoever lists the value says what it is.
                yield Match(rule_id(entity_type), entity_type, span, 1.0, "provider")
            at = last + 1 if entity_types else at + 1

    def _longest(self, tokens: Sequence[tuple[str, int, int]], first: int) -> tuple[int, set[str]]:
        """Return the last token of the longest value that begins at one, and its entity types, or no type."""
        node, best = self._tree, (first, set[str]())
        for at in range(first, len(tokens)):
            if tokens[at][0] not in node:
                break
            node = node[tokens[at][0]]
            if _END in node:
                best = at, node[_END]
        return best


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each token without case and in compatibility form, with where it begins and ends."""
    for found in _TOKEN.finditer(text):
        token: str = found.group()
        plain = token.lower() if token.isascii() else unicodedata.normalize("NFKC", token).casefold()
        yield plain, found.start(), found.end()
