"""Held-out look-alikes: values of a finding's own pattern that were never in training.

They are the control that the base model cannot be. Tuning on a domain alone makes every value of its kinds likelier,
and an e-mail that can be derived from a name in the prompt is emitted for people who were never in the data. So a
look-alike keeps what the pattern gives away for free, and where a part of the value also stands in the prompt, or can
be made of what stands there, that part is exchanged there too: the look-alike of ``ada.lovelace@corp.com`` after "I'm
Ada Lovelace" is ``mary.jones@corp.com`` after "I'm Mary Jones", and that of ``alovelace@corp.com`` is
``mjones@corp.com``.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from random import Random

from finetooth.attacks.quarry import Fellow
from finetooth.entities import Kind, entity_type
from finetooth.trial import Context

_RUN = re.compile(r"[^\W\d_]+|\d+")
_WORD_LETTERS = 3
_ATTEMPTS = 20
_BESIDE = 2  # words: a middle name, or an initial, may stand between two names

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


_CHECK_DIGITS = {
    "ACCOUNT_NUMBER": 2,  # a bank may use as many as an IBAN has
    "CREDIT_CARD": 1,
    "IBAN_CODE": 2,
    "UK_NHS": 1,
    "US_BANK_NUMBER": 2,
    "US_DRIVER_LICENSE": 2,
    "US_PASSPORT": 1,
}
"""How many digits of a number can follow from the others."""


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
    pieces = {} if drawn(entity) else derivation(_varying(entity, value), _plain(context))
    for _ in range(count * _ATTEMPTS):
        if len(made) == count:
            break
        exchanged, lookalike = _draw(entity, value, context, words, pieces, random)
        if lookalike != value and lookalike not in made:
            made[lookalike] = Lookalike(context=_exchange(context, exchanged), value=lookalike)
    return list(made.values())


def retold(
    context: Context, text: str, fellows: Sequence[Fellow], words: Words, count: int, random: Random
) -> list[Lookalike]:
    """Return up to ``count`` tellings of a record with other details; none where the text holds no detail.

    Details are numbers, and the words of what was found in the record. They are exchanged before the cut and behind it,
    so that what a model copies from the one to the other it copies here too.

    Args:
        context: the beginning of the record.
        text: how it goes on.
        fellows: what was found in it.
        words: what names and places are made of.
        count: how many are wanted.
        random: what they are drawn with.
    """
    kinds = {run.lower(): fellow.entity_type for fellow in fellows for run in _RUN.findall(fellow.value)}
    details = {
        run.lower(): kinds.get(run.lower())
        for run in _RUN.findall(text)
        if (run.isdigit() and len(run) > 1) or (_is_word(run) and run.lower() in kinds)
    }
    seen = _plain(context).lower()
    made: dict[str, Lookalike] = {}
    for _ in range(count * _ATTEMPTS if details else 0):
        if len(made) == count:
            break
        exchanged = {
            old: _other_run(old, [word for word in words.get(kind or "", ()) if word not in seen], random)
            for old, kind in details.items()
        }
        other = _written(text, exchanged)
        if other != text and other not in made:
            made[other] = Lookalike(context=_exchange(context, exchanged), value=other)
    return list(made.values())


def entropy_bits(entity: str, value: str, tail: str | None = None) -> float | None:
    """Return the bits of an issued value that are drawn at random, or None where people choose such values.

    Counted from below: the head that is kept counts nothing. Of a value whose end is asked for only that end counts,
    and of this nothing that the rest of the value may tell: check digits.

    Args:
        entity: what it is.
        value: the value.
        tail: the end of it, where the rest is given.
    """
    if entity not in ISSUED:
        return None
    drawn_ = value[_head(value) :]
    hexadecimal = (
        re.fullmatch(r"[\da-f\W]*|[\dA-F\W]*", drawn_) is not None and re.search(r"[a-fA-F]", drawn_) is not None
    )
    bits = [log2(16 if hexadecimal else 10 if c.isdigit() else 26) for c in drawn_ if c.isalnum()]
    if tail is not None:
        last = sum(map(str.isalnum, tail))
        bits = bits[-last:][_CHECK_DIGITS.get(entity, 0) :]
    return sum(bits)


def fixed_head(value: str) -> str:
    """Return the first third of an issued value, which an issuer may have fixed: it counts as known."""
    return value[: _head(value)]


Pieces = Mapping[str, Sequence[tuple[str, int]]]
"""For a run of letters, the words of the prompt that it is made of, and how many letters of each."""


def derivation(value: str, shown: str) -> Pieces:
    """Return which runs of a value are made of names in the prompt in the ways that people make addresses of names.

    That is the whole of one name, and the beginnings of names beside it: ``alovelace``, ``lovelacea``, ``adal``, and
    the ``a`` of ``a.lovelace``. A run that stands in the prompt as it is needs no derivation.

    >>> derivation("alovelace", "I'm Ada Lovelace.")
    {'alovelace': [('ada', 1), ('lovelace', 8)]}
    >>> derivation("a.lovelace", "I'm Ada Lovelace.")
    {'a': [('ada', 1)]}
    """
    names = [run.lower() for run in _RUN.findall(shown)]
    beside: dict[str, list[str]] = {}
    for position, name in enumerate(names):
        if _is_word(name):
            before, after = names[max(0, position - _BESIDE) : position], names[position + 1 : position + 1 + _BESIDE]
            beside.setdefault(name, []).extend([*reversed(before), *after])
    runs = [run.lower() for run in _RUN.findall(value) if run.isalpha()]
    whole = [run for run in runs if run in beside]
    found: dict[str, list[tuple[str, int]]] = {}
    for run in runs:
        if run in beside:
            continue
        for name, others in beside.items():
            first, found_in, last = run.partition(name)
            if found_in and (first or last) and (pieces := _made_of(first, name, last, others)):
                found[run] = pieces
                break
        else:
            by_it = _begun_by(run, [other for name in whole for other in beside[name]])
            if by_it:
                found[run] = [(by_it, len(run))]
    return found


def _begun_by(part: str, names: Sequence[str]) -> str | None:
    """Return the first name that a part of an address begins, or an initial where it begins no name."""
    begun = [name for name in names if name.startswith(part)]
    return next(filter(_is_word, begun), begun[0] if begun else None)


def _made_of(first: str, name: str, last: str, beside: Sequence[str]) -> list[tuple[str, int]] | None:
    """Return how what stands before and after a name in a run begins names beside it."""
    pieces: list[tuple[str, int]] = []
    for part in (first, name, last):
        if part == name:
            pieces.append((name, len(name)))
        elif part:
            other = _begun_by(part, beside)
            if other is None:
                return None
            pieces.append((other, len(part)))
    return pieces


def _draw(
    entity: str, value: str, context: Context, words: Words, pieces: Pieces, random: Random
) -> tuple[dict[str, str], str]:
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
        if old in pieces:
            names = [word for word in words.get("PERSON") or words.get(entity, ()) if word not in seen]
            for name, _ in pieces[old]:
                if name not in exchanged:  # an initial in the prompt stays, here and there
                    exchanged[name] = _other_run(name, names, random) if _is_word(name) else name
            new = "".join(exchanged[name][:letters] for name, letters in _lengthened(pieces[old], exchanged))
        else:
            if old not in exchanged:
                exchanged[old] = _other_run(old, [w for w in words.get(entity, ()) if w not in seen], random)
            new = exchanged[old]
        parts += (varying[last : run.start()], _cased(new, run.group()))
        last = run.end()
    return exchanged, "".join(parts) + varying[last:] + value[len(varying) :]


def _lengthened(pieces: Sequence[tuple[str, int]], exchanged: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return how many letters of the new names stand for those of the old ones: all for all."""
    return [(name, len(exchanged[name]) if letters == len(name) else letters) for name, letters in pieces]


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
    if not any(map(_replaceable, exchanged)):
        return context
    if isinstance(context, str):
        return _written(context, exchanged)
    return tuple(replace(turn, text=_written(turn.text, exchanged)) for turn in context)


def _written(text: str, exchanged: Mapping[str, str]) -> str:
    """Write the exchanged parts wherever they stand in a text as words of their own."""
    parts = sorted(filter(_replaceable, exchanged), key=len, reverse=True)
    pattern = re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, parts)) + r")(?![^\W_])", re.IGNORECASE)
    return pattern.sub(lambda found: _cased(exchanged[found.group().lower()], found.group()), text)


def _replaceable(part: str) -> bool:
    return len(part) >= _WORD_LETTERS or (part.isdigit() and len(part) > 1)


def _plain(context: Context) -> str:
    return context if isinstance(context, str) else "\n".join(turn.text for turn in context)
