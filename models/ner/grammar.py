r"""Templates: what they may say, and how one becomes a text with spans.

A template is one line of ``templates/KIND.txt``. ``{slot}`` is a value that :class:`ner.fillers.Fillers` makes; ``{first1}``,
``{last1}`` and ``{full1}`` belong to the same person wherever they stand, and so does ``{city1}`` to the same city.
``{Noun}`` begins with a capital.
``(a|b|)`` is one of several ways to say it, which may nest; a parenthesis without a bar is one. ``<kind>`` is a line of
another kind. ``\n`` and ``\t`` are what they are in Python.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

from ner.annotated import Annotated, Piece
from ner.fillers import Fillers

TEMPLATES = Path(__file__).with_name("templates")
_PART = re.compile(r"\{(?P<slot>[A-Za-z][a-z_]*)(?P<cast>\d?)\}|<(?P<kind>[a-z]+)>")
_PERSON = frozenset({"p", "full", "first", "last"})


def read_templates() -> dict[str, list[str]]:
    """Return the templates of each kind."""
    return {
        path.stem: [line for line in path.read_text(encoding="utf-8").splitlines() if line]
        for path in sorted(TEMPLATES.glob("*.txt"))
    }


class Grammar:
    """Makes texts from templates."""

    def __init__(self, templates: dict[str, list[str]], fillers: Fillers) -> None:
        self.templates, self.fillers, self.rng = templates, fillers, fillers.rng

    def text(self, kind: str) -> Annotated:
        """Return a text of a kind."""
        return Annotated.of(self._pieces(self.rng.choice(self.templates[kind]), {}))

    def render(self, template: str) -> Annotated:
        """Return a text of one template."""
        return Annotated.of(self._pieces(template, {}))

    def _pieces(self, template: str, cast: dict[str, Piece]) -> list[Piece]:
        said = chosen(template, self.rng).replace("\\n", "\n").replace("\\t", "\t")
        pieces, at = [], 0
        for part in _PART.finditer(said):
            if part["kind"] and part["kind"] not in self.templates:
                continue  # <name> is a tag
            pieces.append(Piece(said[at : part.start()]))
            at = part.end()
            if part["kind"]:
                pieces += self._pieces(self.rng.choice(self.templates[part["kind"]]), cast)
            elif part["slot"] in _PERSON:
                pieces.append(Piece(self._person(part["slot"], part["cast"], cast), "PERSON"))
            else:
                pieces.append(self._value(part["slot"], part["cast"], cast))
        return [*pieces, Piece(said[at:])]

    def _value(self, slot: str, number: str, cast: dict[str, Piece]) -> Piece:
        if not number:
            return self.fillers.fill(slot)
        return cast.setdefault(slot + number, self.fillers.fill(slot))

    def _person(self, form: str, number: str, cast: dict[str, Piece]) -> str:
        first, last, full = self.fillers.person()
        if number:
            if f"full{number}" not in cast:
                for key, value in (("first", first), ("last", last), ("full", full)):
                    cast[key + number] = Piece(value)
            first, last, full = (cast[key + number].text for key in ("first", "last", "full"))
        if form == "p":
            form = self.rng.choices(("first", "full", "nick", "last"), (50, 35, 12, 3))[0]
        return {"first": first, "last": last, "full": full, "nick": self.fillers.nick()}[form]


def chosen(template: str, rng: random.Random) -> str:
    """Return a template with one way chosen at each ``(a|b)``.

    >>> chosen("f(x) is (one|one)", random.Random(0))
    'f(x) is one'
    """
    said, at = _sequence(template, 0, rng, inside=False)
    return said + template[at:]


def _sequence(template: str, at: int, rng: random.Random, *, inside: bool) -> tuple[str, int]:
    """Read ways up to the closing parenthesis; outside any, a bar is a bar."""
    ways, said = [], ""
    while at < len(template):
        character = template[at]
        if character == "(":
            inner, at = _sequence(template, at + 1, rng, inside=True)
            said += inner
            continue
        if inside and character == "|":
            ways.append(said)
            said = ""
        elif inside and character == ")":
            if not ways:
                return f"({said})", at + 1
            return rng.choice([*ways, said]), at + 1
        else:
            said += character
        at += 1
    return ("(" if inside else "") + "|".join([*ways, said]), at
