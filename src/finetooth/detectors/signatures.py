"""Signatures of e-mails: the lines after the closing that tell who wrote, and how to reach them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from finetooth.span import Span

_CLOSING: Final = re.compile(
    r"""(?xmi) ^ [ \t>]{0,8} (?: --[ ]?
    | (?: (?:with[ ])? (?: best | kind | kindest | warm | warmest | many | my[ ]best )[ ] )?
      (?: regards | wishes | thanks )
    | best | cheers | sincerely (?:[ ]yours)? | yours[ ](?:sincerely|faithfully|truly) | respectfully | thank[ ]you
    | (?:mit[ ])?(?:freundlichen|viele|beste|herzliche)[ ]gr[üu](?:ß|ss)en? | lg | mfg
    | cordialement | bien[ ]à[ ]vous | saludos (?:[ ]cordiales)? | cordiali[ ]saluti
    | met[ ]vriendelijke[ ]groet(?:en)?
    ) [,.!]? [ \t\r]{0,4} $"""
)
"""A line of its own."""

_LINES: Final = 8
"""Lines that a signature may have; four is what RFC 1855 asks for, and firms' have more."""
_LONGEST: Final = 120
"""Code points. A longer line is a paragraph."""
_KINDS: Final = 3
"""A name alone ends a letter, and name and town a postcard; three kinds are a signature."""

_OF_FINDINGS: Final = {
    "EMAIL_ADDRESS": "e-mail address",
    "PHONE_NUMBER": "telephone number",
    "STREET_ADDRESS": "address",
    "PERSON": "name",
    "URL": "URL",
}
_REACHES: Final = frozenset({"e-mail address", "telephone number"})

_NAME: Final = re.compile(
    r"(?x) [A-ZÀ-ÖØ-ÞĀ-Ž][\w.'’-]{0,20} (?:[ ][A-ZÀ-ÖØ-ÞĀ-Ž][\w.'’-]{0,20}){1,3}"
    r" (?: ,?[ ](?:PhD|MD|MBA|Esq\.?|Jr\.?|CPA|MSc|BSc) )?"
)
_TITLE: Final = re.compile(
    r"""(?xi) \b (?: CEO | CTO | CFO | COO | CIO | CMO | VP | president | director | manager | head[ ]of | chief
    | officer | engineer | developer | consultant | analyst | assistant | associate | partner | founder | owner
    | attorney | counsel | paralegal | professor | lecturer | researcher | nurse | physician | surgeon | accountant
    | architect | designer | specialist | coordinator | administrator | representative | executive | supervisor
    | secretary | teacher | gesch[äa]ftsf[üu]hrer(?:in)? | leiter(?:in)? | directeur | directrice | gerente | sales
    | marketing | support | human[ ]resources | department ) \b"""
)


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of an e-mail."""

    span: Span
    """From its first telling line to its last."""
    kinds: tuple[str, ...]
    """What its lines tell, in order."""


def signatures(text: str, found: Sequence[tuple[str, Span]]) -> Iterator[Signature]:
    """Yield the signatures in a text.

    Args:
        text: the text.
        found: entity type and place of everything that was found in it.
    """
    if not any(_OF_FINDINGS.get(entity_type) in _REACHES for entity_type, _ in found):
        return
    ordered = sorted(found, key=lambda each: each[1])
    last = 0
    for closing in _CLOSING.finditer(text):
        if closing.start() >= last and (signature := _after(text, closing.end(), ordered)):
            last = signature.span.end
            yield signature


def _after(text: str, start: int, ordered: Sequence[tuple[str, Span]]) -> Signature | None:
    kinds: dict[str, None] = {}
    first = end = None
    for line in _lines(text, start):
        told = _kinds(text, line, ordered)
        kinds.update(dict.fromkeys(told))
        if told:
            first, end = line.start if first is None else first, line.end
    if first is None or end is None or len(kinds) < _KINDS or _REACHES.isdisjoint(kinds):
        return None
    return Signature(Span(first, end), tuple(kinds))


def _lines(text: str, start: int) -> Iterator[Span]:
    """Yield the short lines after a closing, without the space around them; two empty ones end it."""
    empty = seen = 0
    at = text.find("\n", start) + 1
    while 0 < at < len(text) and seen < _LINES and empty <= 1:
        newline = text.find("\n", at, at + _LONGEST + 1)
        end = newline if newline >= 0 else len(text)
        if end - at > _LONGEST:
            return
        line = text[at:end]
        bare = line.strip(" \t\r>*_|")
        empty = 0 if bare else empty + 1
        if bare:
            seen += 1
            offset = at + line.index(bare)
            yield Span(offset, offset + len(bare))
        at = end + 1


def _kinds(text: str, line: Span, ordered: Sequence[tuple[str, Span]]) -> list[str]:
    kinds = []
    for at in range(bisect_right(ordered, line.start, key=lambda each: each[1].end), len(ordered)):
        entity_type, span = ordered[at]
        if span.start >= line.end:
            break
        if entity_type in _OF_FINDINGS:
            kinds.append(_OF_FINDINGS[entity_type])
    value = line.of(text)
    if _TITLE.search(value):
        kinds.append("title")
    elif not kinds and _NAME.fullmatch(value):
        kinds.append("name")
    return kinds
