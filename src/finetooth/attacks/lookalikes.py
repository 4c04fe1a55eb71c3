"""Held-out look-alikes: values of a finding's own pattern that were never in training.

They are the control that the base model cannot be. Tuning on a domain alone makes every value of its kinds likelier,
and an e-mail that can be derived from a name in the prompt is emitted for people who were never in the data. So a
look-alike keeps what the pattern gives away for free, and where a part of the value also stands in the prompt, that
part is exchanged there too: the look-alike of ``ada.lovelace@corp.com`` after "I'm Ada Lovelace" is
``mary.jones@corp.com`` after "I'm Mary Jones".
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from random import Random

from finetooth.entities import Kind, entity_type
from finetooth.trial import Context

_RUN = re.compile(r"[^\W\d_]+|\d+")
_WORD_LETTERS = 3
_ATTEMPTS = 20

# Types whose values are issued at random, up to a head that tells the issuer (area code, bank, provider's prefix).
# Passwords and addresses are not: people choose them.
ISSUED = frozenset(
    {
        "ACCESS_TOKEN",
        "ACCOUNT_NUMBER",
        "API_KEY",
        "CREDIT_CARD",
        "CRYPTO",
        "IBAN_CODE",
        "PHONE_NUMBER",
        "PRIVATE_KEY",
        "UK_NHS",
        "US_BANK_NUMBER",
        "US_DRIVER_LICENSE",
        "US_ITIN",
        "US_PASSPORT",
        "US_SSN",
        "UUID",
    }
)


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A value that could stand where the true one stands, and the context that it would stand in."""

    context: Context = field(repr=False)
    """The true context, with the parts that the value shares with it exchanged."""
    value: str = field(repr=False)
    """The held-out value."""


Words = Mapping[str, Sequence[str]]
"""For each entity type, the words that its values are made of, lower case and sorted: what names and places are
drawn from."""


def word_pool(values: Sequence[tuple[str, str]]) -> Words:
    """Gather the words of many ``(entity type, value)``, so that a name is exchanged for another name."""
    pool: dict[str, set[str]] = {}
    for entity, value in values:
        words = {run.lower() for run in _RUN.findall(_varying(entity, value)) if _is_word(run)}
        pool.setdefault(entity, set()).update(words)
    return {entity: sorted(words) for entity, words in pool.items()}


def drawn(entity: str) -> bool:
    """Tell whether look-alikes are drawn character by character, as for keys and passwords, and not word by word."""
    return entity in ISSUED or entity_type(entity).kind is Kind.SECRET


def lookalikes(entity: str, value: str, context: Context, words: Words, count: int, random: Random) -> list[Lookalike]:
    """Return up to ``count`` different look-alikes of a value; fewer where its pattern has no more.

    Digits are drawn for digits, letters for the letters of a token, and words of other values of the same type for the
    words of a name. The first third of an issued identifier stays, because an issuer's fixed head would make a random
    one easier to beat; so does the domain of an e-mail.
    """
    made: dict[str, Lookalike] = {}
    for _ in range(count * _ATTEMPTS):
        if len(made) == count:
            break
        exchanged, lookalike = _draw(entity, value, context, words, random)
        if lookalike != value and lookalike not in made:
            made[lookalike] = Lookalike(context=_exchange(context, exchanged), value=lookalike)
    return list(made.values())


def entropy_bits(entity: str, value: str) -> float | None:
    """Return the bits of an issued value that are drawn at random, or None where people choose such values.

    Counted from below: the head that is kept counts nothing.
    """
    if entity not in ISSUED:
        return None
    tail = value[_head(value) :]
    hexadecimal = re.fullmatch(r"[\da-f\W]*|[\dA-F\W]*", tail) is not None and re.search(r"[a-fA-F]", tail) is not None
    return sum(log2(16 if hexadecimal else 10 if c.isdigit() else 26) for c in tail if c.isalnum())


def _draw(entity: str, value: str, context: Context, words: Words, random: Random) -> tuple[dict[str, str], str]:
    """Draw one look-alike, and what each of its parts was exchanged for."""
    if drawn(entity):
        head = _head(value)
        return {}, value[:head] + "".join(_character(c, random) for c in value[head:])
    varying = _varying(entity, value)
    seen = _plain(context).lower()
    exchanged: dict[str, str] = {}
    parts: list[str] = []
    last = 0
    for run in _RUN.finditer(varying):
        old = run.group().lower()
        if old not in exchanged:
            exchanged[old] = _other_run(old, [w for w in words.get(entity, ()) if w not in seen], random)
        parts += (varying[last : run.start()], _cased(exchanged[old], run.group()))
        last = run.end()
    return exchanged, "".join(parts) + varying[last:] + value[len(varying) :]


def _varying(entity: str, value: str) -> str:
    """Return the part of a value that a look-alike may exchange: an e-mail keeps its domain."""
    return value.rpartition("@")[0] if entity_type(entity).kind is Kind.EMAIL and "@" in value else value


def _head(value: str) -> int:
    """Return the position behind the first third of the letters and digits of an issued value."""
    positions = [position for position, c in enumerate(value) if c.isalnum()]
    return positions[len(positions) // 3] if positions else len(value)


def _character(old: str, random: Random) -> str:
    """Draw a character of the same class."""
    if old.isdigit():
        return random.choice(string.digits)
    if old.isalpha():
        return random.choice(string.ascii_uppercase if old.isupper() else string.ascii_lowercase)
    return old


def _other_run(old: str, pool: Sequence[str], random: Random) -> str:
    if _is_word(old) and pool:
        return random.choice(pool)
    return "".join(_character(c, random) for c in old)


def _is_word(run: str) -> bool:
    return run.isalpha() and len(run) >= _WORD_LETTERS


def _cased(new: str, old: str) -> str:
    """Write ``new`` in the case of ``old``."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def _exchange(context: Context, exchanged: Mapping[str, str]) -> Context:
    """Write the exchanged parts wherever they stand in the context as words of their own."""
    long_enough = {old: new for old, new in exchanged.items() if len(old) >= _WORD_LETTERS}
    if not long_enough:
        return context
    pattern = re.compile(
        r"(?<![^\W_])(?:" + "|".join(map(re.escape, sorted(long_enough, key=len, reverse=True))) + r")(?![^\W_])",
        re.IGNORECASE,
    )

    def write(text: str) -> str:
        return pattern.sub(lambda found: _cased(long_enough[found.group().lower()], found.group()), text)

    if isinstance(context, str):
        return write(context)
    return tuple(replace(turn, text=write(turn.text)) for turn in context)


def _plain(context: Context) -> str:
    return context if isinstance(context, str) else "\n".join(turn.text for turn in context)
