"""What a password looks like, told apart from the next word of a sentence."""

from __future__ import annotations

import re

_SHORTEST = 4


def password_like(value: str) -> bool:
    """Tell whether a bare word of prose looks like a password: mixed kinds of characters *inside* one word.

    A capital first letter or a single one inside (GitHub), a hyphen between words or an apostrophe is how words are
    written, so none of them counts; nor do a number with its unit (``12-character``, ``8MB``), an acronym with a number
    (``SHA-256``, ``UTF8``) or an e-mail address, which has a detector of its own.

    >>> [password_like(word) for word in ("c4tSt-91x", "hunter2", "case-sensitive", "SHA-256", "12-character", "Not")]
    [True, True, False, False, False, False]
    """
    if len(value) < _SHORTEST:
        return False
    if value.isalpha():
        return len(re.findall(r"[a-z][A-Z]", value)) > 1
    if any(test.fullmatch(value) for test in _WRITING):
        return False
    digit = any(character.isdigit() for character in value)
    letter = any(character.isalpha() for character in value)
    symbol = re.search(r"[^\w\s'’\-/.,]", value[:-1]) is not None or re.search(r"\w_\w", value) is not None
    return (digit and letter) or (symbol and (digit or letter))


_WRITING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[^\W\d_]+(?:['’\-/.][^\W\d_]+)*[.,;:!?]*",  # words, joined or not
        r"\d+(?:st|nd|rd|th|[-–]?[a-z]{1,3}|[-–][a-z]+)s?",  # 1st, 8MB, 12-character
        r"[\d.,:/–-]+[%+]?",  # a number, a date, a range, a time
        r"(?-i:[A-Z]{1,5})[-–]?\d{1,4}|(?:sha|utf|md|aes|rsa|iso|base|bcrypt)[-–]?\d+",  # an acronym with a number
        r"[^@\s]+@[\w-]+(?:\.[\w-]+)+",  # an e-mail address
        r"(?:https?://|www\.).*",  # an address
        r"[\"'(\[{<]?[^\W\d_]+[\"')\]}>]?[.,;:!?]*",  # a word in brackets or quotes
        r"[^\W\d_]+(?:\([^\W\d_]*\))",  # word(s)
        r"[#*_~]+[^\W\d_]+[#*_~]+",  # a word with Markdown around it
    )
)
