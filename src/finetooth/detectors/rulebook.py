"""Our own rules, and a policy's, to read: what each finds, why, and the examples that prove it.

The files of `rules/` hold ours: `identifiers.yaml`, `national.yaml` (of one country each), `special.yaml` and
`confidential.yaml` for identifiers, `generic.yaml` for secrets, which Kingfisher compiles together with its catalogue,
`tokens.yaml` for secrets told by how random they look, and `mnemonics.yaml`. `docs/rules.md` is :func:`page`. The
engines' own rules are not among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from finetooth.counting import counted
from finetooth.detectors import (
    checks,
    combinations,
    denylist,
    kingfisher,
    mnemonics,
    own_secrets,
    secret_engine,
    tokens,
)
from finetooth.detectors.detector import Detector, Undetected
from finetooth.detectors.identifier_rules import (
    CONFIDENTIAL,
    FILES,
    NATIONAL,
    RULES,
    SPECIAL,
    Example,
    IdentifierRule,
    load,
)
from finetooth.detectors.identifiers import IdentifierDetector, own_rules
from finetooth.detectors.rulefiles import shipped
from finetooth.detectors.valuelists import values
from finetooth.entities import EntityType, entity_type
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
    own: bool = False
    """Whether it is of a policy's own."""
    regions: tuple[str, ...] = ()
    """Countries that a policy must name for it to run; empty where it always does."""


@cache
def entries() -> tuple[Entry, ...]:
    """Return every rule: identifiers and what else is run here, then secrets, each in the order of its file."""
    secrets = [rule for file in (secret_engine.RULES, tokens.RULES, mnemonics.RULES) for rule in shipped(file)["rules"]]
    told = (_identifier(rule) for file in FILES for rule in load(file))
    return (*told, *map(_combination, (*combinations.RULES, combinations.SIGNATURE)), *map(_secret, secrets))


def own_entries(detect: Detect) -> tuple[Entry, ...]:
    """Return the rules of a policy's own: identifiers, secrets, recognizers, and lists of values.

    Raises:
        PolicyError: One cannot be read or is malformed.
    """
    rules = [*map(_identifier, own_rules(detect)), *map(_own_secret, own_secrets.load(detect))]
    if detect.recognizers:
        from finetooth.detectors.presidio import own_recognizers  # noqa: PLC0415 - loads presidio

        rules += {each.id: each for each in map(_recognizer, own_recognizers(detect))}.values()
    rules += [_list(name, files) for name, files in detect.deny.items()]
    return tuple(replace(rule, own=True) for rule in rules)


def entry(rule: str, rules: Sequence[Entry] | None = None) -> Entry:
    """Return a rule by its id, of ours where none are given.

    Raises:
        InputError: There is none of that id.
    """
    known = {each.id: each for each in (entries() if rules is None else rules)}
    if rule not in known:
        near = [each for each in known if rule.rpartition(".")[2] in each]
        raise InputError(f"{rule}: no such rule; see " + (", ".join(near) or "finetooth rules list"))
    return known[rule]


def _identifier(rule: IdentifierRule) -> Entry:
    told, context = rule.text, rule.text.context
    facts = [("Proof", told.validation), ("Score", str(told.score))]
    if told.regions:
        facts.insert(0, ("Regions", ", ".join(told.regions)))
    check = checks.named(told.check) if told.check is not None else None
    if check is not None:
        facts.append(("Check", check.why))
    if told.odds is not None:
        several = "1,000 or more" if told.odds >= _MANY else str(told.odds)
        facts.append(("By chance", f"one random string of this form in {several} passes"))
    if told.unless is not None:
        facts.append(("Unless", "the sentence before it asks, denies or supposes"))
    if context is not None:
        lists = [
            ("Words before", context.before),
            ("Words right before", context.beside),
            ("Words after", context.after),
            ("Keys", context.keys),
        ]
        facts += [(heading, ", ".join(words)) for heading, words in lists if words]
        facts.append(("Without them", "nothing" if context.required else "a match that nothing proves, for review"))
        if told.alone is not None:
            facts.append(("Needs none", f"written as `` {told.alone.strip()} ``"))
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
        regions=told.regions,
    )


def _combination(rule: combinations.CombinationRule) -> Entry:
    return Entry(
        id=rule.id,
        name=rule.name,
        detector="combinations",
        entity_type=rule.entity_type,
        facts=(("Parts", ", ".join(rule.parts)),),
        why=rule.why,
        references=(rule.reference,),
        pattern="",
        examples=(),
        negative_examples=(),
    )


_MANY = 1000
"""Odds are told up to here."""


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


def _own_secret(rule: own_secrets.OwnSecretRule) -> Entry:
    return Entry(
        id=rule.id,
        name=rule.name,
        detector=kingfisher.KingfisherDetector.name,
        entity_type=rule.entity_type,
        facts=(("Proof", rule.meaning.validation),),
        why="A rule of the policy's own.",
        references=(),
        pattern=rule.pattern,
        examples=tuple(Example(text=text) for text in rule.examples),
        negative_examples=tuple(Example(text=text) for text in rule.negative_examples),
    )


def _recognizer(made: Any) -> Entry:
    patterns = getattr(made.inner, "patterns", ())
    facts = [("Language", made.supported_language)]
    if len(made.supported_entities) > 1:
        facts.append(("Entity types", ", ".join(made.supported_entities)))
    if made.context:
        facts.append(("Words before", ", ".join(made.context)))
    return Entry(
        id=f"presidio.{made.name}",
        name=str(made.inner.name),
        detector="presidio",
        entity_type=made.supported_entities[0],
        facts=tuple(facts),
        why="A recognizer of the policy's own.",
        references=(),
        pattern="\n".join(f"{each.regex}   (score {each.score:g})" for each in patterns) or "(code)",
        examples=(),
        negative_examples=(),
    )


def _list(name: str, files: Sequence[str]) -> Entry:
    count = sum(1 for file in files for _ in values(Path(file)))
    return Entry(
        id=denylist.rule_id(name),
        name=f"{counted(count, 'listed value')}",
        detector=denylist.DenyListDetector.name,
        entity_type=name,
        facts=(("Files", ", ".join(files)),),
        why="The policy lists the values.",
        references=(),
        pattern="(the values, as words of their own, in any case)",
        examples=(),
        negative_examples=(),
    )


def explained(rule: Entry, known_type: Callable[[str], EntityType] = entity_type) -> str:
    """Return everything about a rule, for a terminal; ``known_type`` tells what a policy says of its entity type."""
    known = known_type(rule.entity_type)
    finds = [
        "  Finds:",
        *(f"    {_shown(example)}" for example in rule.examples),
        "  Does not find:",
        *(f"    {_shown(example)}" for example in rule.negative_examples),
    ]
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
    ]
    if rule.pattern:
        lines += [
            "",
            *(finds if rule.examples or rule.negative_examples else ["  Not proven: it has no examples."]),
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


def failures(rules: Sequence[Entry], detect: Detect | None = None) -> Iterator[str]:
    """Yield a sentence for every example that does not hold, tried through the whole detectors.

    Args:
        rules: what to prove; a rule without examples is passed over.
        detect: the policy's word, where the rules are its own.
    """
    kinds = {kind.name: kind for kind in (IdentifierDetector, kingfisher.KingfisherDetector)}
    built: dict[tuple[str, tuple[str, ...]], Detector] = {}
    for rule in rules:
        if not (rule.examples or rule.negative_examples):
            continue
        wanted = (rule.detector, rule.regions)
        if wanted not in built:
            built[wanted] = kinds[rule.detector](detect or Detect(regions=rule.regions))
        detector = built[wanted]
        for example in rule.examples:
            fitting = [match for match in _matches(detector, example) if match.rule == rule.id]
            if not fitting:
                yield f"{rule.id}: does not find its example: {_shown(example)}"
            elif all(match.entity_type != rule.entity_type for match in fitting):
                yield f"{rule.id}: finds {fitting[0].entity_type} in its example: {_shown(example)}"
            elif example.value and example.value not in {match.span.of(example.text) for match in fitting}:
                yield f"{rule.id}: finds another span in its example: {_shown(example)}"
        for example in rule.negative_examples:
            for match in _matches(detector, example):
                if rule.own and match.rule != rule.id:
                    continue  # a user's text may well hold what another rule finds
                yield f"{match.rule}: finds something in a negative example of {rule.id}: {_shown(example)}"


def _matches(detector: Detector, example: Example) -> tuple[Match, ...]:
    (found,) = detector.detect([example.text], [example.key])
    return () if isinstance(found, Undetected) else found


def page() -> str:
    """Return `docs/rules.md`."""
    parts = [_INTRODUCTION]
    for heading, file in _CHAPTERS:
        parts.append(f"## {heading}\n")
        parts += [_section(_identifier(rule)) for rule in load(file)]
    for heading, detector in (("Combinations", "combinations"), ("Secrets", kingfisher.KingfisherDetector.name)):
        parts.append(f"## {heading}\n")
        parts += [_section(rule) for rule in entries() if rule.detector == detector]
    return "\n".join(parts)


_CHAPTERS = (
    ("Identifiers", RULES),
    ("Identifiers of one country", NATIONAL),
    ("Special categories", SPECIAL),
    ("Confidential texts", CONFIDENTIAL),
)

_INTRODUCTION = """\
# Rules

Our own rules, made from `src/finetooth/detectors/rules/*.yaml` by `make rules`; do not edit this page. `finetooth rules
explain ID` shows a pattern, and `finetooth rules check` proves every example. The rules of Presidio and of
Kingfisher's catalogue come on top.

A match is *proven* by a checksum, by its structure, by a provider's format, or by words or a key that name it. A
proven match of an entity type whose tier is `block` stops a release; what nothing proves is for review.

A label stands at most 60 characters before its value, in the same clause, with no other number in between. A key speaks
of the whole value under it, written in any way: `customer_id`, `customerId`, `Customer ID`, `primary-customer-id`.

Identifiers of one country are looked for where the policy names it (`detect.regions`), in texts of any language. Their
check digits are those of [python-stdnum](https://arthurdejong.org/python-stdnum/) (LGPL-2.1-or-later, installed
unchanged, as a package of its own). A check that every tenth number passes proves nothing without a word or a key, so a
bare number is then no match at all. No example is anybody's: a date of birth is of somebody who is no longer alive, or
the digits are mostly zeros.
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
