"""Findings made of other findings of the same record: what singles a person out only together.

Who is born on 14 March 1981, is a woman and lives in 43999 is most likely one person, though thousands share each of
the three. A combination is no text of its own: its value is that of its parts, normalised and joined, so that the same
person in two records is one finding; it stands where its first part does, and shows only which kinds of parts it has.

One record gives at most one finding of each combination, and none of a combination that is a part of a larger one.
Where a record tells of several people, nobody can say whose postcode it is: the parts nearest to the first date of
birth are taken, those of the same object before others. So it is for review.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from finetooth.detectors.encodings import Placed
from finetooth.detectors.signatures import signatures
from finetooth.match import VALIDATIONS, Validation
from finetooth.record import Passage
from finetooth.span import Span


@dataclass(frozen=True, slots=True)
class CombinationRule:
    """Kinds of values that together single a person out, and why."""

    id: str
    """Dotted and stable."""
    name: str
    """What it finds, in words."""
    entity_type: str
    """Of the catalogue."""
    parts: tuple[str, ...]
    """Kinds of parts; the first is what the others are looked for around."""
    why: str
    """Why these, and who found out."""
    reference: str
    """Where."""


RULES: Final = (
    CombinationRule(
        "finetooth.combination.birth-date-sex-postcode",
        "Date of birth, sex and postal code",
        "QUASI_IDENTIFIER_COMBINATION",
        ("date of birth", "sex", "postal code"),
        "Unique for 87 % of the people of the United States by the census of 1990 (Sweeney 2000), and for 63 % by that "
        "of 2000 (Golle 2006).",
        "https://dataprivacylab.org/projects/identifiability/paper1.pdf; https://doi.org/10.1145/1179601.1179615",
    ),
    CombinationRule(
        "finetooth.combination.birth-date-sex-place",
        "Date of birth, sex and place",
        "QUASI_IDENTIFIER_COMBINATION",
        ("date of birth", "sex", "place"),
        "Unique for about half (53 %) of the people of the United States where the place is that of residence (Sweeney "
        "2000).",
        "https://dataprivacylab.org/projects/identifiability/paper1.pdf",
    ),
    CombinationRule(
        "finetooth.combination.age-sex-postcode-unit",
        "Age, sex and a postal code of a few houses",
        "QUASI_IDENTIFIER_COMBINATION",
        ("age", "sex", "postal code of a few houses"),
        "A British postcode has some 15 addresses, so some 36 people, who fall on about 160 pairs of age and sex.",
        "https://www.ons.gov.uk/methodology/geography/ukgeographies/postalgeography",
    ),
    CombinationRule(
        "finetooth.combination.birth-date-postcode",
        "Date of birth and postal code",
        "QUASI_IDENTIFIER_COMBINATION",
        ("date of birth", "postal code"),
        "A ZIP code area has some 10,000 people, and 80 years have some 29,000 days: a day there has a third of a "
        "person. "
        "HIPAA's safe harbour asks that both be taken out.",
        "https://www.hhs.gov/hipaa/for-professionals/special-topics/de-identification/index.html",
    ),
    CombinationRule(
        "finetooth.combination.name-birth-date",
        "Full name and date of birth",
        "QUASI_IDENTIFIER_COMBINATION",
        ("date of birth", "full name"),
        "What banks and surgeries ask to know who is calling; personal information by the law on breaches where name "
        "and date of birth stand together.",
        "North Dakota Century Code 51-30-01(4)",
    ),
)
"""What is looked for, the largest first. Name, employer and job title are left out: no count of how many people they
leave is known to us, and recognised names of firms are too often wrong."""

SIGNATURE: Final = CombinationRule(
    "finetooth.combination.email-signature",
    "Signature of an e-mail",
    "EMAIL_SIGNATURE",
    ("name", "title", "telephone number", "e-mail address", "address", "URL"),
    'After the mark of RFC 3676 ("-- ") or a closing such as "Best regards,": at most eight short lines with three or '
    "more kinds of these, a telephone number or an e-mail address among them. A name under a letter has one.",
    "https://www.rfc-editor.org/rfc/rfc3676#section-4.3",
)

_KINDS: Final = {
    "DATE_OF_BIRTH": "date of birth",
    "AGE": "age",
    "AGE_OVER_89": "age",
    "GENDER": "sex",
    "POSTAL_AREA": "postal code",
    "POSTAL_CODE": "postal code",
    "UK_POSTCODE": "postal code",
    "CA_POSTAL_CODE": "postal code",
    "DE_PLZ": "postal code",
    "LOCATION": "place",
    "PERSON": "full name",
}
_BRITISH: Final = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?\s?[0-9][A-Z]{2}")

_MALE: Final = frozenset(
    ["m", "male", "man", "boy", "gentleman", "männlich", "homme", "masculin", "hombre", "masculino", "maschio"]
)
_FEMALE: Final = frozenset(
    ["f", "w", "female", "woman", "girl", "lady", "weiblich", "femme", "féminin", "mujer", "femenino", "femmina"]
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_MONTH: Final = 12
_OF_A_DATE: Final = 3
_WORDS_OF_A_FULL_NAME: Final = 2


@dataclass(frozen=True, slots=True)
class Combination:
    """A finding made of others."""

    rule: CombinationRule
    """Which one."""
    passage: Passage = field(repr=False)
    """The text that it is said to stand in."""
    span: Span
    """Where in the outermost text: its first part, or the whole signature."""
    value: str = field(repr=False)
    """Its parts, normalised and joined."""
    preview: str
    """Which kinds of parts it has."""
    score: float
    """The least of its parts', 0 to 1."""
    validation: Validation
    """The weakest of its parts'."""


@dataclass(frozen=True, slots=True)
class _Part:
    place: int
    kind: str
    value: str
    found: Placed


def combined(found: Sequence[Placed]) -> Iterator[Combination]:
    """Yield the combinations among the occurrences of one record, given in order of reading."""
    if len(found) > 1:
        parts: dict[str, list[_Part]] = {}
        for place, each in enumerate(found):
            for kind, value in _kinds(each):
                parts.setdefault(kind, []).append(_Part(place, kind, value, each))
        made: list[CombinationRule] = []
        for rule in RULES:
            smaller = any(set(rule.parts) < set(larger.parts) for larger in made)
            if not smaller and all(kind in parts for kind in rule.parts):
                made.append(rule)
                yield _combination(rule, parts)
        yield from _signatures(found)


def _combination(rule: CombinationRule, parts: dict[str, list[_Part]]) -> Combination:
    anchor = parts[rule.parts[0]][0]
    chosen = [min(parts[kind], key=lambda part: _distance(anchor, part)) for kind in rule.parts]
    # It stands where training falls on it, if anywhere.
    first = min(chosen, key=lambda part: (not part.found.passage.trained, part.place))
    return Combination(
        rule=rule,
        passage=first.found.passage,
        span=first.found.span,
        value="\n".join(f"{part.kind}={part.value}" for part in chosen),
        preview=" + ".join(rule.parts),
        score=min(part.found.match.score for part in chosen),
        validation=max((part.found.match.validation for part in chosen), key=VALIDATIONS.index),
    )


def _distance(anchor: _Part, part: _Part) -> tuple[bool, int, int]:
    return (_object(anchor) != _object(part), abs(part.place - anchor.place), part.place)


def _object(part: _Part) -> tuple[str, ...]:
    """Return the way to the object that holds a part's text."""
    passage = part.found.passage
    *outer, innermost = (passage.pointer, *(step.pointer for step in passage.inner))
    return (*outer, innermost.rpartition("/")[0])


def _kinds(each: Placed) -> Iterator[tuple[str, str]]:
    kind = _KINDS.get(each.match.entity_type)
    if kind is None or each.passage.part == "key":
        return
    value = each.match.span.of(each.passage.text)
    if kind == "full name" and len(value.split()) < _WORDS_OF_A_FULL_NAME:
        return
    yield kind, _normalised(kind, value)
    if kind == "postal code" and _BRITISH.fullmatch(value.upper()):
        yield "postal code of a few houses", _normalised(kind, value)


def _normalised(kind: str, value: str) -> str:
    """Return a part in one spelling.

    >>> _normalised("date of birth", "March 14, 1981"), _normalised("sex", "Female")
    ('1981-03-14', 'f')
    """
    text = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    match kind:
        case "date of birth":
            return _date(text)
        case "sex":
            return "m" if text in _MALE else "f" if text in _FEMALE else text
        case "postal code":
            return "".join(filter(str.isalnum, text))
    return text


def _date(text: str) -> str:
    """Return a date as year-month-day where its order is plain, else its numbers: 03/04/1981 may be two days."""
    numbers = re.findall(r"[0-9]+", text)
    month = next((n for n, name in enumerate(_MONTHS, 1) if re.search(rf"\b{name}", text)), None)
    if month is not None and len(numbers) == _OF_A_DATE - 1:
        year, day = sorted(numbers, key=len, reverse=True)
        return f"{year}-{month:02}-{int(day):02}"
    if len(numbers) == _OF_A_DATE:
        first, second, third = numbers
        if len(first) > len(third):
            return f"{first}-{int(second):02}-{int(third):02}"
        if int(first) > _LAST_MONTH:
            return f"{third}-{int(second):02}-{int(first):02}"
        if int(second) > _LAST_MONTH:
            return f"{third}-{int(first):02}-{int(second):02}"
    return " ".join([*([str(month)] if month else []), *numbers])


def _signatures(found: Sequence[Placed]) -> Iterator[Combination]:
    by_text: dict[int, list[Placed]] = {}
    for each in found:
        by_text.setdefault(id(each.passage), []).append(each)
    for group in by_text.values():
        passage = group[0].passage
        for signature in signatures(passage.text, [(each.match.entity_type, each.match.span) for each in group]):
            yield Combination(
                rule=SIGNATURE,
                passage=passage,
                span=passage.outer(signature.span),
                value=" ".join(signature.span.of(passage.text).casefold().split()),
                preview=" + ".join(signature.kinds),
                score=0.7,
                validation="context",
            )
