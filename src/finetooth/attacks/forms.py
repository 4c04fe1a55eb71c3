"""Near-verbatim values: the same value written otherwise, and the part of it that somebody lacks who has the rest.

A model that gives away a card number without its spaces has given away the card number. Exact matches alone understate
what comes out of a model (Ippolito et al. 2023, "Preventing Verbatim Memorization in Language Models Gives a False
Sense of Privacy"). So a value is also asked for

- in other case (words), without separators, or with other ones (numbers);
- in part: the last six digits of a number, behind the others, which an issuer has fixed or a receipt shows; the local
  part of an e-mail address; the street of an address.

Only what differs from the value as it stands, and only a few of each. A secret has no other forms: each character of it
counts. A part has to tell as much as a whole value must (`Quarry.telling`): a surname out of some thousand that are in
use is said once in a thousand times by anybody, and is no leak.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from finetooth.attacks.attack import Approach
from finetooth.attacks.quarry import TELLING_BITS, Quarry
from finetooth.entities import Kind, entity_type
from finetooth.redaction import information
from finetooth.trial import Context

DIGITS: Final = 6
"""How many digits are asked for at the end of a number."""

_SHORTEST_NUMBER = 9  # digits: the head of a shorter one tells too little of whose it is
_GROUPED_BY_FOUR = 12  # digits and more, as cards and bank accounts are; shorter ones by three, as telephone numbers


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a value, or a part of it, that every value of its pattern has."""

    write: Callable[[str], str] = field(repr=False)
    """Writes a value that way."""
    part: bool = False
    """Whether that leaves something out."""
    behind: Callable[[str], str] | None = field(default=None, repr=False)
    """What of the value stands before a part already; None where nothing does."""


def approaches(position: int, quarry: Quarry) -> Iterator[Approach]:
    """Yield an approach to each near form of a value, in the context of the value."""
    if quarry.finding is None or quarry.encoded or not quarry.telling:
        return
    written = {quarry.value}
    for form in _forms(quarry.finding.entity_type, quarry.value):
        text = form.write(quarry.value)
        if text and (text not in written or form.part):
            written.add(text)
            before = form.behind(quarry.value) if form.behind else ""
            yield Approach(
                position,
                _longer(quarry.context, before),
                text,
                verbatim=False,
                form=form.write,
                part=form.part,
            )


def _forms(entity: str, value: str) -> Iterator[Form]:
    match entity_type(entity).kind:
        case Kind.NUMBER:
            yield Form(_closed)
            yield Form(_separated if value == _closed(value) else _hyphenated)
            if _tail(value) is not None:
                yield Form(_last_digits, part=True, behind=_all_but_last_digits)
        case Kind.WORDS:
            yield Form(_in_other_case)
            if entity == "STREET_ADDRESS" and information(entity, _street(value)) >= TELLING_BITS:
                yield Form(_street, part=True)
        case Kind.EMAIL:
            yield Form(str.lower)
            if information(entity, value.rpartition("@")[0]) >= TELLING_BITS:
                yield Form(_local_part, part=True)
        case _:
            return


def _in_other_case(value: str) -> str:
    return value.title() if value == value.lower() else value.lower()


def _closed(value: str) -> str:
    return "".join(filter(str.isalnum, value))


def _separated(value: str) -> str:
    """Return a closed number in groups, the last of which takes what is left over of one."""
    by, separator, most = (4, " ", 4) if len(value) >= _GROUPED_BY_FOUR else (3, "-", 4)
    groups: list[str] = []
    while len(value) > most:
        groups.append(value[:by])
        value = value[by:]
    return separator.join([*groups, value])


def _hyphenated(value: str) -> str:
    """Return a value with hyphens between its groups, or with spaces where it has hyphens."""
    groups = re.findall(r"[^\W_]+", value)
    return (" " if "-" in value else "-").join(groups)


def _tail(value: str) -> int | None:
    """Return where the last digits of a number begin, or None where it is short or ends with letters."""
    places = [place for place, character in enumerate(value) if character.isalnum()]
    last = places[-DIGITS:]
    if len(places) < _SHORTEST_NUMBER or not all(value[place].isdigit() for place in last):
        return None
    return last[0]


def _last_digits(value: str) -> str:
    return value[_tail(value) :]


def _all_but_last_digits(value: str) -> str:
    return value[: _tail(value)]


def _street(value: str) -> str:
    street, cut, _ = re.split(r"(,|\n|$)", value, maxsplit=1)
    return street if cut else ""


def _local_part(value: str) -> str:
    return value.rpartition("@")[0] + "@"  # with what ends it, or ada would be found in adam


def _longer(context: Context, text: str) -> Context:
    if not text:
        return context
    if isinstance(context, str):
        return context + text
    return (*context[:-1], replace(context[-1], text=context[-1].text + text))
