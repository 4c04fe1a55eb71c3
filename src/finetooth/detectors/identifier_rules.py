"""Identifier rules as data: `rules/*.yaml` and users' files, compiled and proven to be well formed.

A rule is a pattern for the value, the words and keys that say what the value is, and how a match counts as proven. This
room knows how rules are written; :mod:`finetooth.detectors.identifiers` knows how they are run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

import yaml

from finetooth.constraints import Bounded
from finetooth.detectors import checks
from finetooth.detectors.compiledpatterns import with_re
from finetooth.detectors.labels import Labels, words_of
from finetooth.detectors.rulefiles import parsed, shipped
from finetooth.detectors.timed import Pattern, TimedPattern
from finetooth.entities import ENTITY_TYPES
from finetooth.errors import IncompleteError, PolicyError
from finetooth.match import Validation

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RULES: Final = Path(__file__).parent / "rules" / "identifiers.yaml"
"""The rules for what has a form of its own."""
SPECIAL: Final = RULES.with_name("special.yaml")
"""The rules for what a sentence says of a person: special categories (GDPR, Art. 9), sex, and genes."""
CONFIDENTIAL: Final = RULES.with_name("confidential.yaml")
"""The rules for markings of confidential texts and for names of internal hosts."""
NATIONAL: Final = RULES.with_name("national.yaml")
"""Rules for identifiers of one country, which run where a policy names it."""
FILES: Final = (RULES, NATIONAL, SPECIAL, CONFIDENTIAL)
"""All of them."""

OURS: Final = ("finetooth.", "presidio.", "kingfisher.", "betterleaks.", "veles.", "deny.")
"""How the ids of rules begin that no user wrote."""

_CERTAIN: Final = 100
"""A check that one chance value in so many passes may prove a value without a word around it; a weaker one may not."""

_SHAPE: dict[str, Any] = {"extra": "forbid"}

_Lists = Mapping[str, tuple[str, ...]]
_Phrases = tuple[Annotated[str, Bounded(pattern=r"\w")], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that proves a rule."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    text: str
    """The text."""
    value: str | None = None
    """What must be found in it, no more and no less; None in a negative example."""
    key: str | None = None
    """The key or column that the text stands under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What says that a value is what the rule takes it for."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    required: bool = True
    """Whether a value without it is nothing at all; otherwise it is a match that nothing proves."""
    before: _Phrases = ()
    """Phrases that name the value: somewhere before it in its clause."""
    beside: _Phrases = ()
    """Words too common to name a value from afar: right before it."""
    after: _Phrases = ()
    """Phrases right after it."""
    keys: _Phrases = ()
    """Keys and columns, as words: ``customer id`` is also customer_id, customerId, and primary-customer-id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule as the file has it."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    id: Annotated[str, Bounded(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+$")]
    """Dotted and stable: ``finetooth.…``, or a user's own, such as ``acme.badge-number``."""
    name: str
    """What it finds, in words."""
    entity_type: str
    """Of the catalogue, or one that the policy makes known."""
    pattern: str
    """Regular expression of Python, verbose; the named group that took part is the value where it is not the whole
    match."""
    validation: Validation
    """How a match is proven, once its context and its check have spoken."""
    regions: tuple[str, ...] = ()
    """Countries whose it is, as ISO 3166-1 alpha-2 codes; empty where it runs everywhere."""
    check: str | None = None
    """A test that the value must pass, by the name that :func:`finetooth.detectors.checks.named` knows it by."""
    odds: Annotated[int, Bounded(ge=1)] | None = None
    """Of so many random strings written like the value, one passes the pattern and the check; at most 1000 is told."""
    alone: str | None = None
    """How the whole value is written where the check proves it without context, such as with its customary points."""
    context: Context | None = None
    """What must stand around; None where the pattern says it all."""
    key_pattern: str | None = None
    """What a whole value under one of the keys looks like; None means the pattern."""
    needs: tuple[str, ...] = ()
    """Names of word lists of the file. A text without one word of any of them is passed over."""
    contains: tuple[str, ...] = ()
    """A text without any of these is passed over; empty where all are looked at."""
    unless: str | None = None
    """Regular expression: a match is none where it is found between the beginning of the sentence and the value."""
    longest: int = 200
    """Code points of a value under a key, at most: what is longer is a text, whatever its key is called."""
    digits: bool = True
    """Whether every value that it finds in a text has a digit: most texts of chats have none, and are passed over. In a
    user's file it is false where it is left out."""
    score: Annotated[float, Bounded(gt=0, le=1)]
    """Confidence in a proven match."""
    why: str
    """Why the pattern, the thresholds and the proof are what they are."""
    reference: str
    """Where the format is defined, or a sentence that says that nothing defines it."""
    examples: Annotated[tuple[Example, ...], Bounded(min_length=1)]
    """Texts that it finds a value in."""
    negative_examples: Annotated[tuple[Example, ...], Bounded(min_length=1)]
    """Texts that it finds nothing in."""


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """A rule, ready to run."""

    text: RuleText
    """As the file has it."""
    pattern: Pattern
    """Finds values in a text."""
    key_pattern: Pattern
    """Takes a whole value under one of its keys."""
    labels: Labels | None
    """Its context words; None where it has none."""
    keys: frozenset[tuple[str, ...]]
    """Its keys, as words."""
    alone: Pattern | None
    """Takes a whole value that needs no context; None where every one does."""
    holds: Callable[[str], bool] | None
    """Its check; None where it has none."""
    needs: frozenset[str]
    """Words, in lower case, of which a text needs one; empty where it needs none."""
    unless: Pattern | None
    """What must not stand in the sentence before the value."""


class OnDemand:
    """A verbose pattern of ours, compiled when it is first asked."""

    flags: Final = re.VERBOSE

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return with_re(self.pattern, self.flags)

    @property
    def groupindex(self) -> Mapping[str, int]:
        """Named groups."""
        return self._compiled.groupindex

    def finditer(self, string: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """Yield the places that it matches between two places, in order."""
        return self._compiled.finditer(string, start, end)

    def fullmatch(self, string: str) -> re.Match[str] | None:
        """Match the whole of a text."""
        return self._compiled.fullmatch(string)


WORD: Final = re.compile(r"[^\W_]+")
"""What counts as a word of a text for `IdentifierRule.needs`."""


@cache
def load(
    path: Path = RULES, regions: frozenset[str] | None = None, named: frozenset[str] = frozenset()
) -> tuple[IdentifierRule, ...]:
    """Return the rules of a file of ours.

    Args:
        path: the file.
        regions: countries whose rules are wanted, beside those that run everywhere; None for all.
        named: entity types that are wanted whatever the country.

    Raises:
        IncompleteError: It cannot be read, or a rule is not well formed; the message names the rule and the place.
    """
    try:
        document = shipped(path)
    except (OSError, yaml.YAMLError) as error:
        raise IncompleteError(f"{path}: the rules cannot be read ({type(error).__name__}); reinstall it") from error
    if regions is not None:
        document["rules"] = [
            rule
            for rule in document["rules"]
            if regions.intersection(of := rule.get("regions", ())) or not of or rule["entity_type"] in named
        ]
    return compiled(document, str(path), on_demand=True)


def load_own(path: Path, entity_types: Collection[str]) -> tuple[IdentifierRule, ...]:
    """Return the rules of a user's file.

    Args:
        path: the file.
        entity_types: what the policy makes known beside the catalogue.

    Raises:
        PolicyError: It cannot be read, or a rule is not well formed; the message names the rule and the place.
    """
    try:
        rules = compiled(parsed(path), str(path), entity_types)
    except IncompleteError as error:
        raise PolicyError(str(error)) from None
    if not rules:
        raise PolicyError(f"{path}: holds no rule; write one, or leave the file out of the policy")
    return rules


def compiled(
    document: Any, place: str, own: Collection[str] | None = None, *, on_demand: bool = False
) -> tuple[IdentifierRule, ...]:
    """Return the rules of a parsed file.

    Args:
        document: ``{lists: {name: [phrase, …]}, definitions: {name: pattern}, rules: [rule, …]}``. In a pattern
            ``{{name}}`` stands for a definition, or for any phrase of a list.
        place: the file, for messages.
        own: for a user's file, the entity types that the policy makes known; None for ours.
        on_demand: whether ours are compiled when they are first asked, as most are not, and are taken to have the form
            of `RuleText`: then a test proves them.

    Raises:
        IncompleteError: A rule is not well formed.
    """
    compile_one = (
        partial(_compiled, compile_pattern=OnDemand if on_demand else _verbose)
        if own is None
        else partial(_compiled_own, entity_types=own)
    )
    # Ours are tested to need a digit; a user's may pass over no text unasked.
    defaults = {} if own is None else {"digits": False}
    try:
        listed = [{**defaults, **item} if isinstance(item, dict) else item for item in document["rules"]]
        lists = {name: tuple(map(str, phrases)) for name, phrases in document.get("lists", {}).items()}
        spelt = {name: _any_of(phrases) for name, phrases in lists.items()}
        definitions = _definitions(document.get("definitions", {}), spelt)
    except (TypeError, KeyError, AttributeError):
        raise IncompleteError(f"{place}: expected 'definitions' and a list of 'rules'") from None
    rules: dict[str, IdentifierRule] = {}
    for position, item in enumerate(listed):
        name = item.get("id", "without id") if isinstance(item, dict) else "no mapping"
        where = f"{place}: rule {position + 1} ({name})"
        try:
            text = _as_it_stands(item) if on_demand else _validated(item)
            rule = compile_one(text, definitions, lists)
        except (ValueError, re.error) as error:
            raise IncompleteError(f"{where}: {error}") from None
        if rule.text.id in rules:
            raise IncompleteError(f"{where}: the id is taken by an earlier rule")
        rules[rule.text.id] = rule
    return tuple(rules.values())


def _validated(item: Any) -> RuleText:
    from pydantic import ValidationError  # noqa: PLC0415 - ours, which a hook loads, are proven by tests

    try:
        return _texts().validate_python(item)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@cache
def _texts() -> TypeAdapter[RuleText]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    return TypeAdapter(RuleText)


def _as_it_stands(item: Mapping[str, Any]) -> RuleText:
    """Return a rule without looking at its form: to prove it takes longer than all else at a start."""
    parts: dict[str, Any] = {
        "context": Context(**_in_tuples(item["context"])) if "context" in item else None,
        "examples": tuple(Example(**each) for each in item["examples"]),
        "negative_examples": tuple(Example(**each) for each in item["negative_examples"]),
    }
    return RuleText(**_in_tuples(item) | parts)


def _in_tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in item.items()}


def _compiled_own(
    text: RuleText, definitions: Mapping[str, str], lists: _Lists, entity_types: Collection[str]
) -> IdentifierRule:
    if text.id.startswith(OURS):
        raise ValueError(f"id: '{text.id.partition('.')[0]}.' is how ours begin; begin with a name of your own")
    if text.entity_type not in ENTITY_TYPES and text.entity_type not in entity_types:
        raise ValueError(f"entity_type: {text.entity_type} is not known; make it known under detect.entities")
    return _ready(text, definitions, lists, TimedPattern)


def _verbose(pattern: str) -> Pattern:
    return re.compile(pattern, re.VERBOSE)


def _compiled(
    text: RuleText, definitions: Mapping[str, str], lists: _Lists, compile_pattern: Callable[[str], Pattern]
) -> IdentifierRule:
    if not text.id.startswith("finetooth."):
        raise ValueError("id: ours begin with 'finetooth.'")
    if text.entity_type not in ENTITY_TYPES:
        raise ValueError(f"entity_type: {text.entity_type} is not in the catalogue of finetooth.entities")
    return _ready(text, definitions, lists, compile_pattern)


def _ready(
    text: RuleText, definitions: Mapping[str, str], lists: _Lists, compile_pattern: Callable[[str], Pattern]
) -> IdentifierRule:
    check = checks.named(text.check) if text.check is not None else None
    if text.check is not None and check is None:
        known = ", ".join(sorted(checks.CHECKS))
        raise ValueError(f"check: {text.check} is none of {known}, and no module of python-stdnum")
    if (text.validation == "checksum") != (check is not None and check.checksum):
        raise ValueError("validation: 'checksum' needs a check that is one, and such a check needs it")
    if text.odds is not None and text.odds < _CERTAIN and text.context is None:
        raise ValueError(f"odds: one chance value in {text.odds} passes, so that only a context can prove one")
    if unknown := set(text.needs) - lists.keys():
        raise ValueError(f"needs: {', '.join(sorted(unknown))} is not among the lists")
    for example in text.examples:
        if example.value is None or example.value not in example.text:
            raise ValueError(f"examples: '{example.text}' needs a value that stands in it")
    context = text.context or Context()
    # A user's words may be the very values that are looked for, and are kept nowhere.
    compile_words = with_re if compile_pattern is OnDemand else re.compile
    return IdentifierRule(
        text=text,
        pattern=compile_pattern(_filled(text.pattern, definitions)),
        key_pattern=compile_pattern(_filled(text.key_pattern or text.pattern, definitions)),
        labels=None if text.context is None else Labels(context.before, context.beside, context.after, compile_words),
        keys=frozenset(words_of(key) for key in context.keys),
        alone=None if text.alone is None else compile_pattern(_filled(text.alone, definitions)),
        holds=None if check is None else check.holds,
        # The longest word of a phrase is mostly the rarest.
        needs=frozenset(max(WORD.findall(phrase.lower()), key=len) for name in text.needs for phrase in lists[name]),
        unless=None if text.unless is None else compile_pattern(_filled(text.unless, definitions)),
    )


def _any_of(phrases: tuple[str, ...]) -> str:
    """Return a pattern of whole phrases in any case; one that has a word of capitals alone as it stands.

    "AIDS" is not "aids", and "MS" is not "ms".
    """
    spelt: dict[bool, list[str]] = {True: [], False: []}
    for phrase in sorted(phrases, key=len, reverse=True):
        exact = any(word.isupper() and len(word) > 1 for word in phrase.split())
        words = (re.escape(word).replace("'", "['’]") for word in phrase.split())
        spelt[exact].append(r"[\s-]{1,2}".join(words))
    either = [f"(?:{'|'.join(spelt[True])})"] if spelt[True] else []
    either += [f"(?i:{'|'.join(spelt[False])})"] if spelt[False] else []
    return rf"(?<![^\W_])(?:{'|'.join(either)})(?![^\W_])"


def _definitions(given: Mapping[str, str], lists: Mapping[str, str]) -> dict[str, str]:
    """Resolve definitions in the order of the file: each may use the lists and those before it."""
    resolved = dict(lists)
    for name, pattern in given.items():
        resolved[name] = _filled(pattern, resolved)
    return resolved


def _filled(pattern: str, definitions: Mapping[str, str]) -> str:
    def definition(found: re.Match[str]) -> str:
        if found[1] not in definitions:
            raise ValueError(f"pattern: '{found[1]}' is not among the definitions")
        return f"(?:{definitions[found[1]].strip()})"

    return re.sub(r"\{\{(\w+)\}\}", definition, pattern)
