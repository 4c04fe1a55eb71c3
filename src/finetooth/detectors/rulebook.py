"""Our own rules to read: what each finds, why, and the examples that prove it. Rules of the engines are not among them.

Three files of `rules/` hold them: `identifiers.yaml` for identifiers, `generic.yaml` for secrets, which Kingfisher
compiles together with its catalogue, and `tokens.yaml` for secrets told by how random they look. `docs/rules.md` is
:func:`page`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from finetooth.detectors import kingfisher, tokens
from finetooth.detectors.checks import CHECKS
from finetooth.detectors.detector import Detector, Undetected
from finetooth.detectors.identifier_rules import Example, IdentifierRule, load
from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.entities import entity_type
from finetooth.errors import InputError
from finetooth.match import Match
from finetooth.policy import Detect


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as people read it."""

    id: str
    """Dotted and stable."""
    name: str
    """What it finds."""
    detector: str
    """The detector that runs it."""
    entity_type: str
    """Such as ``PASSWORD``."""
    facts: tuple[tuple[str, str], ...]
    """What else is known: how it proves, context words, score, and the like, each with its heading."""
    why: str
    """Why it is as it is."""
    references: tuple[str, ...]
    """Where its format is defined."""
    pattern: str
    """Its regular expression."""
    examples: tuple[Example, ...]
    """What it finds."""
    negative_examples: tuple[Example, ...]
    """What it does not find."""


@cache
def entries() -> tuple[Entry, ...]:
    """Return every rule: identifiers, then secrets, each in the order of its file."""
    secrets = [
        rule for file in (kingfisher.RULES, tokens.RULES) for rule in yaml.safe_load(file.read_text("utf-8"))["rules"]
    ]
    return (*map(_identifier, load()), *map(_secret, secrets))


def entry(rule: str) -> Entry:
    """Return a rule by its id.

    Raises:
        InputError: There is none of that id.
    """
    known = {each.id: each for each in entries()}
    if rule not in known:
        near = [each for each in known if rule.rpartition(".")[2] in each]
        raise InputError(f"{rule}: no such rule; see " + (", ".join(near) or "finetooth rules list"))
    return known[rule]


def _identifier(rule: IdentifierRule) -> Entry:
    told, context = rule.text, rule.text.context
    facts = [("Proof", told.validation), ("Score", str(told.score))]
    if told.check is not None:
        facts.append(("Check", CHECKS[told.check].why))
    if context is not None:
        lists = [
            ("Words before", context.before),
            ("Words right before", context.beside),
            ("Words after", context.after),
            ("Keys", context.keys),
        ]
        facts += [(heading, ", ".join(words)) for heading, words in lists if words]
        facts.append(("Without them", "nothing" if context.required else "a match that nothing proves, for review"))
    return Entry(
        id=told.id,
        name=told.name,
        detector=IdentifierDetector.name,
        entity_type=told.entity_type,
        facts=tuple(facts),
        why=told.why.strip(),
        references=(told.reference,),
        pattern=told.pattern.strip(),
        examples=told.examples,
        negative_examples=told.negative_examples,
    )


def _secret(rule: dict[str, object]) -> Entry:
    def texts(field: str) -> tuple[str, ...]:
        listed = rule.get(field, [])
        return tuple(map(str, listed)) if isinstance(listed, list) else ()

    entropy = rule.get("min_entropy")
    return Entry(
        id=str(rule["id"]),
        name=str(rule["name"]),
        detector=kingfisher.KingfisherDetector.name,
        entity_type=str(rule["entity_type"]),
        facts=(("Entropy", f"at least {entropy} bits a character"),) if entropy is not None else (),
        why=str(rule["why"]),
        references=texts("references"),
        pattern=str(rule.get("pattern") or rule["before"]).strip(),
        examples=tuple(Example(text=text) for text in texts("examples")),
        negative_examples=tuple(Example(text=text) for text in texts("negative_examples")),
    )


def explained(rule: Entry) -> str:
    """Return everything about a rule, for a terminal."""
    known = entity_type(rule.entity_type)
    lines = [
        rule.id,
        f"  {rule.name}",
        "",
        f"  {'Entity type':<18} {rule.entity_type} ({known.category}, {known.severity}; {known.tier} where proven)",
        f"  {'Detector':<18} {rule.detector}",
        *(f"  {heading:<18} {fact}" for heading, fact in rule.facts),
        *(f"  {'Reference':<18} {reference}" for reference in rule.references),
        "",
        f"  Why: {rule.why}",
        "",
        "  Finds:",
        *(f"    {_shown(example)}" for example in rule.examples),
        "  Does not find:",
        *(f"    {_shown(example)}" for example in rule.negative_examples),
        "",
        "  Pattern:",
        *(f"    {line}" for line in rule.pattern.splitlines()),
    ]
    return "\n".join(lines) + "\n"


def _shown(example: Example) -> str:
    text = example.text.replace("\n", "\\n")
    under = f'under the key "{example.key}": ' if example.key else ""
    value = (example.value or "").replace("\n", "\\n")
    return f"{under}{text}" + (f"  →  {value}" if value and value != text else "")


def failures(rules: Sequence[Entry]) -> Iterator[str]:
    """Yield a sentence for every example that does not hold, tried through the whole detectors."""
    detectors: dict[str, Detector] = {
        kind.name: kind(Detect())
        for kind in (IdentifierDetector, kingfisher.KingfisherDetector)
        if any(rule.detector == kind.name for rule in rules)
    }
    for rule in rules:
        for example in rule.examples:
            fitting = [match for match in _matches(detectors[rule.detector], example) if match.rule == rule.id]
            if not fitting:
                yield f"{rule.id}: does not find its example: {_shown(example)}"
            elif all(match.entity_type != rule.entity_type for match in fitting):
                yield f"{rule.id}: finds {fitting[0].entity_type} in its example: {_shown(example)}"
            elif example.value and example.value not in {match.span.of(example.text) for match in fitting}:
                yield f"{rule.id}: finds another span in its example: {_shown(example)}"
        for example in rule.negative_examples:
            for match in _matches(detectors[rule.detector], example):
                yield f"{match.rule}: finds something in a negative example of {rule.id}: {_shown(example)}"


def _matches(detector: Detector, example: Example) -> tuple[Match, ...]:
    (found,) = detector.detect([example.text], [example.key])
    return () if isinstance(found, Undetected) else found


def page() -> str:
    """Return `docs/rules.md`."""
    parts = [_INTRODUCTION]
    for heading, detector in (("Identifiers", "finetooth"), ("Secrets", "kingfisher")):
        parts.append(f"## {heading}\n")
        parts += [_section(rule) for rule in entries() if rule.detector == detector]
    return "\n".join(parts)


_INTRODUCTION = """\
# Rules

Our own rules, made from `src/finetooth/detectors/rules/*.yaml` by `make rules`; do not edit this page. `finetooth rules
explain ID` shows a pattern, and `finetooth rules check` proves every example. The rules of Presidio and of
Kingfisher's catalogue come on top.

A match is *proven* by a checksum, by its structure, by a provider's format, or by words or a key that name it. A
proven match of an entity type whose tier is `block` stops a release; what nothing proves is for review.

A label stands at most 60 characters before its value, in the same clause, with no other number in between. A key speaks
of the whole value under it, written in any way: `customer_id`, `customerId`, `Customer ID`, `primary-customer-id`.
"""


def _section(rule: Entry) -> str:
    known = entity_type(rule.entity_type)
    lines = [
        f"### `{rule.id}`\n",
        f"{rule.name}: `{rule.entity_type}` ({known.category}, {known.severity}, {known.tier} where proven).\n",
        f"{rule.why}\n",
        *(f"- {heading}: {fact}" for heading, fact in rule.facts),
        *(f"- Reference: {reference}" for reference in rule.references),
        *(f"- Finds: `` {_shown(example)} ``" for example in rule.examples),
        *(f"- Does not find: `` {_shown(example)} ``" for example in rule.negative_examples),
    ]
    return "\n".join(lines) + "\n"
