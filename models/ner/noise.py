"""How people really write: small letters, capitals, slips of the finger, missing marks. Spans move with the text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from ner.annotated import Annotated

_NEIGHBOURS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuiop[sdfghjkl;xcvbnm,", strict=True))
_DASH = re.compile(r"[.,!?;:'’]")
CUT = 0.15
"""So much of the text comes cut into words, as corpora and the data sets made from them have it."""


_ADDRESS = re.compile(r"\S+://\S+|\S+@\S+")
_SEAMS = tuple(
    re.compile(seam)
    for seam in (
        r"(?<=[@#])(?=\w)",
        r"(?<=\w)(?=_)|(?<=_)(?=\w)",
        r"(?<=[a-z])(?=n['’]t\b)",
        r"(?<=\w)(?=['’](?:s|t|re|ve|ll|m|d)\b)",
        r"(?<=\w['’])(?=(?:s|t|re|ve|ll|m|d)\b)",
        r"(?<=[^\W\d]{2})(?=\d)|(?<=\d)(?=[^\W\d]{2})",
        r"(?<=\w)(?=[.,!?;:)\]\"”])",
        r"(?<=[(\[\"“])(?=\w)",
        r"(?<=[\w/])(?=/)|(?<=/)(?=\w)",
        r"(?<=\w)(?=-\w)",
        r"(?<=\w-)(?=\w)",
    )
)
"""Where those who cut text into words put spaces: after signs, before endings, between letters and digits."""


def noisy(text: Annotated, rng: random.Random, share: float = 0.3) -> Annotated:
    """Return the text as it is, or, for a share of the texts, in another spelling."""
    if rng.random() < CUT:
        text = spaced(text, rng)
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


def spaced(text: Annotated, rng: random.Random) -> Annotated:
    """Return the text with spaces where words were cut and joined again: "@ ann", "do n't", "it' s"."""
    seams = [seam for seam in _SEAMS if rng.random() < 0.5]
    addresses = [found.span() for found in _ADDRESS.finditer(text.text)]
    cuts = {found.start() for seam in seams for found in seam.finditer(text.text)}
    cuts = {cut for cut in cuts if not any(start < cut < end for start, end in addresses)}
    places = iter(range(len(text.text)))
    cut = edited(text, lambda c: f" {c}" if next(places) in cuts else c)
    return Annotated(cut.text, tuple((start + (cut.text[start] == " "), end, label) for start, end, label in cut.spans))


def _slip(character: str, rng: random.Random) -> str:
    if not character.isalpha() or rng.random() >= 0.015:
        return character
    return rng.choice(("", character * 2, _NEIGHBOURS.get(character.lower(), character)))
