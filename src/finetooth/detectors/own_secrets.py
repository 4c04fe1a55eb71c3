"""Kingfisher rules of the user's own (``detect.secret_rules``), read beside Kingfisher, which compiles and runs them.

A rule may say its ``entity_type``, as ours do; Kingfisher leaves the field aside. Without one, the words of its id tell
which kind of credential it finds, as for the catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetooth.detectors import catalogue
from finetooth.detectors.identifier_rules import OURS
from finetooth.detectors.rulefiles import parsed
from finetooth.entities import ENTITY_TYPES
from finetooth.errors import PolicyError
from finetooth.policy import Detect


@dataclass(frozen=True, slots=True)
class OwnSecretRule:
    """A rule as Kingfisher reads it."""

    id: str
    """As Kingfisher calls it: the file's own, with ``custom.`` before it where it comes from TOML."""
    name: str
    """What it finds."""
    entity_type: str
    """Its own word, or what its id says."""
    pattern: str
    """Its regular expression."""
    examples: tuple[str, ...]
    """Texts that it finds something in."""
    negative_examples: tuple[str, ...]
    """Texts that it finds nothing in."""

    @property
    def meaning(self) -> catalogue.Meaning:
        """What every match of it is: whoever wrote the rule knows the format, as a provider does."""
        return catalogue.Meaning(self.id, self.entity_type, "provider")


def load(detect: Detect) -> tuple[OwnSecretRule, ...]:
    """Return the rules of the files that a policy names, in their order.

    Raises:
        PolicyError: A file cannot be read, or Kingfisher refuses a rule of it; the message names the file.
    """
    rules: dict[str, OwnSecretRule] = {}
    for name in detect.secret_rules:
        for rule in _load_file(Path(name)):
            where = f"{name}: rule {rule.id}"
            if rule.id in rules:
                raise PolicyError(f"{where}: the id is taken by a rule of an earlier file")
            if rule.id.startswith(OURS):
                # Kingfisher would put it in the place of the catalogue's rule of that id, in silence.
                raise PolicyError(
                    f"{where}: '{rule.id.partition('.')[0]}.' is how ours begin; begin with a name of yours"
                )
            if rule.entity_type not in ENTITY_TYPES and rule.entity_type not in detect.entities:
                raise PolicyError(
                    f"{where}: unknown entity type {rule.entity_type}; make it known under detect.entities"
                )
            rules[rule.id] = rule
    return tuple(rules.values())


def _load_file(path: Path) -> list[OwnSecretRule]:
    from kingfisher_sdk import Rules  # noqa: PLC0415 - heavy

    written = {str(rule.get("id")): rule for rule in _written(path)}
    try:
        rules = Rules([path], builtins=False, confidence="low", cache=False)
    except Exception as error:
        raise PolicyError(f"{path}: Kingfisher refuses it: {' '.join(str(error).split())}") from error
    read = []
    for each in rules.metadata():
        detail, told = rules.detail(each["id"]), written.get(each["id"].removeprefix("custom."), {})
        told = written.get(each["id"], told)
        entity_type = told.get("entity_type") or catalogue.meaning(each["id"], detail["pattern"]).entity_type
        read.append(
            OwnSecretRule(
                id=each["id"],
                name=each["name"],
                entity_type=str(entity_type),
                pattern=detail["pattern"].strip(),
                examples=tuple(map(str, told.get("examples") or ())),
                negative_examples=tuple(map(str, told.get("negative_examples") or ())),
            )
        )
    if len(read) != len(written):
        raise PolicyError(f"{path}: holds {len(written)} rules, of which Kingfisher reads {len(read)}; mend the others")
    return read


def _written(path: Path) -> Sequence[dict[str, Any]]:
    rules = parsed(path).get("rules")
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, dict) for rule in rules):
        raise PolicyError(f"{path}: expected a list of 'rules', as Kingfisher's own files have it")
    twice = [name for name, count in Counter(str(rule.get("id")) for rule in rules).items() if count > 1]
    if twice:  # Kingfisher would keep one of them, in silence
        raise PolicyError(f"{path}: the id {twice[0]} stands twice")
    return rules
