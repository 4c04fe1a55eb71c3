"""How people really write: small letters, capitals, slips of the finger, missing marks. Spans move with the text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from ner.annotated import Annotated

_NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiop[sdfghjkl;xcvbnm,", strict=True))
_DASH = re.compile(r"[.,!?;:'’]")


def noisy(text: Annotated, rng: random.Random, share: float = 0.3) -> Annotated:
    """Return the text as it is, or, for a share of the texts, in another spelling."""
    draw = rng.random()
    if draw >= share:
        return text
    if draw < share * 0.45:
        return recased(text, str.lower)
    if draw < share * 0.58:
        return recased(text, str.upper)
    if draw < share * 0.60:
        return names_recased(text, str.lower)
    if draw < share * 0.72:
        return names_recased(text, str.upper)
    if draw < share * 0.85:
        return edited(text, lambda c: "" if _DASH.match(c) and rng.random() < 0.6 else c)
    return edited(text, lambda c: _slip(c, rng))


def recased(text: Annotated, case: Callable[[str], str]) -> Annotated:
    """Return the text in one case, unless that changes its length."""
    return edited(text, lambda c: case(c) if len(case(c)) == 1 else c)


def names_recased(text: Annotated, case: Callable[[str], str]) -> Annotated:
    """Return the text with its names in one case, and all else as it is."""
    inside = {place for start, end, _ in text.spans for place in range(start, end)}
    characters = [case(c) if i in inside and len(case(c)) == 1 else c for i, c in enumerate(text.text)]
    return Annotated("".join(characters), text.spans)


def edited(text: Annotated, edit: Callable[[str], str]) -> Annotated:
    """Return the text with each character replaced by what ``edit`` makes of it; spans that vanish are dropped."""
    places, said = [0], []
    for character in text.text:
        said.append(edit(character))
        places.append(places[-1] + len(said[-1]))
    spans = ((places[start], places[end], label) for start, end, label in text.spans)
    return Annotated("".join(said), tuple(span for span in spans if span[0] < span[1]))


def _slip(character: str, rng: random.Random) -> str:
    if not character.isalpha() or rng.random() >= 0.015:
        return character
    return rng.choice(("", character * 2, _NEIGHBOURS.get(character.lower(), character)))
