"""Our own identifier rules as data: two files of `rules/`, read once, compiled and proven to be well formed.

A rule is a pattern for the value, the words and keys that say what the value is, and how a match counts as proven. This
room knows how rules are written; :mod:`finetooth.detectors.identifiers` knows how they are run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from finetooth.detectors import checks
from finetooth.detectors.labels import Labels, words_of
from finetooth.entities import ENTITY_TYPES
from finetooth.errors import IncompleteError
from finetooth.match import Validation

RULES: Final = Path(__file__).parent / "rules" / "identifiers.yaml"
"""The rules that run everywhere."""

NATIONAL: Final = Path(__file__).parent / "rules" / "national.yaml"
"""Rules for identifiers of one country, which run where a policy names it."""

_CERTAIN: Final = 100
"""A check that one chance value in so many passes may prove a value without a word around it; a weaker one may not."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C reads the rules in a tenth of the time; not every build of PyYAML has it."""

_SHAPE: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "forbid"}


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
    before: tuple[str, ...] = ()
    """Phrases that name the value: somewhere before it in its clause."""
    beside: tuple[str, ...] = ()
    """Words too common to name a value from afar: right before it."""
    after: tuple[str, ...] = ()
    """Phrases right after it."""
    keys: tuple[str, ...] = ()
    """Keys and columns, as words: ``customer id`` is also customer_id, customerId, and primary-customer-id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule as the file has it."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    id: str = Field(pattern=r"^finetooth(\.[a-z0-9]+(-[a-z0-9]+)*)+$")
    """Dotted and stable."""
    name: str
    """What it finds, in words."""
    entity_type: str
    """Of the catalogue."""
    pattern: str
    """Regular expression of Python, verbose; a group ``value`` is the value where it is not the whole match."""
    validation: Validation
    """How a match is proven, once its context and its check have spoken."""
    regions: tuple[str, ...] = ()
    """Countries whose it is, as ISO 3166-1 alpha-2 codes; empty where it runs everywhere."""
    check: str | None = None
    """A test that the value must pass, by the name that :func:`finetooth.detectors.checks.named` knows it by."""
    odds: int | None = Field(default=None, ge=1)
    """Of so many random strings written like the value, one passes the pattern and the check; at most 1000 is told."""
    alone: str | None = None
    """How the whole value is written where the check proves it without context, such as with its customary points."""
    context: Context | None = None
    """What must stand around; None where the pattern says it all."""
    key_pattern: str | None = None
    """What a whole value under one of the keys looks like; None means the pattern."""
    digits: bool = True
    """Whether every value that it finds in a text has a digit: most texts of chats have none, and are passed over."""
    score: float = Field(gt=0, le=1)
    """Confidence in a proven match."""
    why: str
    """Why the pattern, the thresholds and the proof are what they are."""
    reference: str
    """Where the format is defined, or a sentence that says that nothing defines it."""
    examples: tuple[Example, ...] = Field(min_length=1)
    """Texts that it finds a value in."""
    negative_examples: tuple[Example, ...] = Field(min_length=1)
    """Texts that it finds nothing in."""


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """A rule, ready to run."""

    text: RuleText
    """As the file has it."""
    pattern: re.Pattern[str]
    """Finds values in a text."""
    key_pattern: re.Pattern[str]
    """Takes a whole value under one of its keys."""
    labels: Labels | None
    """Its context words; None where it has none."""
    keys: frozenset[tuple[str, ...]]
    """Its keys, as words."""
    alone: re.Pattern[str] | None
    """Takes a whole value that needs no context; None where every one does."""
    holds: Callable[[str], bool] | None
    """Its check; None where it has none."""


@cache
def load(path: Path = RULES) -> tuple[IdentifierRule, ...]:
    """Return the rules of a file.

    Raises:
        IncompleteError: It cannot be read, or a rule is not well formed; the message names the rule and the place.
    """
    try:
        document = yaml.load(path.read_text("utf-8"), _LOADER)  # noqa: S506 - both are safe ones
    except (OSError, yaml.YAMLError) as error:
        raise IncompleteError(f"{path}: the rules cannot be read ({type(error).__name__}); reinstall it") from error
    return compiled(document, str(path))


def compiled(document: Any, place: str) -> tuple[IdentifierRule, ...]:
    """Return the rules of a parsed file.

    Args:
        document: ``{definitions: {name: pattern}, rules: [rule, …]}``. In a pattern ``{{name}}`` stands for a
            definition.
        place: the file, for messages.

    Raises:
        IncompleteError: A rule is not well formed.
    """
    try:
        listed = list(document["rules"])
        definitions = _definitions(document.get("definitions", {}))
    except (TypeError, KeyError, AttributeError):
        raise IncompleteError(f"{place}: expected 'definitions' and a list of 'rules'") from None
    rules: dict[str, IdentifierRule] = {}
    for position, item in enumerate(listed):
        name = item.get("id", "without id") if isinstance(item, dict) else "no mapping"
        where = f"{place}: rule {position + 1} ({name})"
        try:
            rule = _compiled(_TEXTS.validate_python(item), definitions)
        except ValidationError as error:
            first = error.errors()[0]
            raise IncompleteError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        except (ValueError, re.error) as error:
            raise IncompleteError(f"{where}: {error}") from None
        if rule.text.id in rules:
            raise IncompleteError(f"{where}: the id is taken by an earlier rule")
        rules[rule.text.id] = rule
    return tuple(rules.values())


_TEXTS: Final = TypeAdapter(RuleText)


def _compiled(text: RuleText, definitions: Mapping[str, str]) -> IdentifierRule:
    if text.entity_type not in ENTITY_TYPES:
        raise ValueError(f"entity_type: {text.entity_type} is not in the catalogue of finetooth.entities")
    check = checks.named(text.check) if text.check is not None else None
    if text.check is not None and check is None:
        known = ", ".join(sorted(checks.CHECKS))
        raise ValueError(f"check: {text.check} is none of {known}, and no module of python-stdnum")
    if (text.validation == "checksum") != (check is not None and check.checksum):
        raise ValueError("validation: 'checksum' needs a check that is one, and such a check needs it")
    if text.odds is not None and text.odds < _CERTAIN and text.context is None:
        raise ValueError(f"odds: one chance value in {text.odds} passes, so that only a context can prove one")
    for example in text.examples:
        if example.value is None or example.value not in example.text:
            raise ValueError(f"examples: '{example.text}' needs a value that stands in it")
    context = text.context or Context()
    return IdentifierRule(
        text=text,
        pattern=_pattern(text.pattern, definitions),
        key_pattern=_pattern(text.key_pattern or text.pattern, definitions),
        labels=None if text.context is None else Labels(context.before, context.beside, context.after),
        keys=frozenset(words_of(key) for key in context.keys),
        alone=None if text.alone is None else _pattern(text.alone, definitions),
        holds=None if check is None else check.holds,
    )


def _definitions(given: Mapping[str, str]) -> dict[str, str]:
    """Resolve definitions in the order of the file: each may use those before it."""
    resolved: dict[str, str] = {}
    for name, pattern in given.items():
        resolved[name] = _filled(pattern, resolved)
    return resolved


def _pattern(pattern: str, definitions: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(_filled(pattern, definitions), re.VERBOSE)


def _filled(pattern: str, definitions: Mapping[str, str]) -> str:
    def definition(found: re.Match[str]) -> str:
        if found[1] not in definitions:
            raise ValueError(f"pattern: '{found[1]}' is not among the definitions")
        return f"(?:{definitions[found[1]].strip()})"

    return re.sub(r"\{\{(\w+)\}\}", definition, pattern)
