"""Policies as YAML files: the shipped ones by name, any other by path; errors name file, line and path."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from yaml import MarkedYAMLError, Node, SafeLoader, YAMLError, compose
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from finetooth import policycode
from finetooth.digests import digest_of
from finetooth.entities import ENTITY_TYPES, Kind, entity_type
from finetooth.errors import PolicyError
from finetooth.policy import (
    CLASS,
    METRIC_FILTERS,
    RATE_METRICS,
    Detect,
    Filter,
    Policy,
    PolicySource,
    Requirement,
    Stage,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError


class Kept(Protocol):
    """Keeps policies that were validated, sealed: `finetooth.shardstore.ShardStore`."""

    def name(self, *facts: str) -> str:
        """Return the name of what depends on these facts."""

    def recall(self, name: str) -> bytes | None:
        """Return what was kept under a name, by whoever holds the key; None where nothing was."""

    def put(self, name: str, payload: bytes) -> bool:
        """Keep it, and tell whether that was possible."""


def load(name_or_path: str, kept: Kept | None = None) -> PolicySource:
    """Return a policy by the name of a shipped one, or by path.

    Args:
        name_or_path: which.
        kept: what was validated before, by the same code, need not be validated again: that takes as long as to import
            what does it.

    Raises:
        PolicyError: there is no such policy, or it does not validate. The message names file, line and path.
    """
    shipped_text = shipped().get(name_or_path)
    if shipped_text is not None:
        return parse(shipped_text, name_or_path, kept=kept)
    path = Path(name_or_path)
    if not path.is_file():
        raise PolicyError(
            f"{name_or_path}: no such policy; name a YAML file, or one of the shipped policies: {', '.join(shipped())}"
        )
    try:
        return parse(path.read_text(encoding="utf-8"), name_or_path, path.parent, kept)
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name_or_path}: cannot be read ({type(error).__name__}); a policy is UTF-8 YAML") from error


@cache
def shipped() -> dict[str, str]:
    """Return the YAML of every policy that comes with finetooth, by name."""
    folder = files("finetooth") / "policies"
    if not folder.is_dir():  # an editable install: the folder stands at the top of the project
        folder = Path(__file__).parents[2] / "policies"
    texts = (entry for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return {entry.name.removesuffix(".yaml"): entry.read_text("utf-8") for entry in sorted(texts, key=lambda e: e.name)}


def parse(text: str, origin: str, folder: Path = Path(), kept: Kept | None = None) -> PolicySource:
    """Return the policy that a YAML text holds.

    Args:
        text: the YAML.
        origin: where it comes from, for messages.
        folder: what the files that it names are relative to.
        kept: see `load`.

    Raises:
        PolicyError: it is no YAML, does not validate, or demands something that makes no sense.
    """
    name = kept.name("policy", text) if kept else ""
    if kept and (payload := kept.recall(name)) is not None:
        policy = policycode.decode(payload)
        # What is wrong with a file is told with the line that names it.
        if all(os.access(folder / file, os.R_OK) for _, file in _files(policy.detect)):
            return _source(policy, text, folder)
    policy = _validated(text, origin, folder)
    if kept:
        kept.put(name, policycode.encode(policy))
    return _source(policy, text, folder)


def _source(policy: Policy, text: str, folder: Path) -> PolicySource:
    digest = hashlib.sha256(text.encode())
    if named := list(_files(policy.detect)):
        digest.update(digest_of((name, folder / name) for _, name in named).encode())
    return PolicySource(policy=replace(policy, detect=_beside(policy.detect, folder)), sha256=digest.hexdigest())


def _validated(text: str, origin: str, folder: Path) -> Policy:
    from pydantic import ValidationError  # noqa: PLC0415 - a tenth of a hook's time

    try:
        root = compose(text, Loader=SafeLoader)
        value = SafeLoader("").construct_document(root) if root else None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError(f"{origin}:{line}: not valid YAML ({error.problem or error.context})") from error
    except (YAMLError, ValueError, RecursionError) as error:  # ValueError: a 30th of February
        raise PolicyError(f"{origin}: not valid YAML ({type(error).__name__})") from error
    if not isinstance(root, MappingNode):
        raise PolicyError(f"{origin}:1: a policy is a mapping that begins with 'schema: finetooth.policy/v1'")
    refuse_repeated_keys(root, origin)
    try:
        policy: Policy = _adapter().validate_python(value)
    except ValidationError as error:
        raise PolicyError(explained(error, root, origin)) from error
    _refuse_senseless(policy, root, origin)
    for place, name in _files(policy.detect):
        _refuse_unreadable(folder / name, name, place, root, origin)
    return policy


def _files(detect: Detect) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Yield every file that the policy names, with the place where it does."""
    lists = {"rules": detect.rules, "secret_rules": detect.secret_rules, "recognizers": detect.recognizers}
    for field, names in {**lists, "allow": detect.allow}.items():
        for position, name in enumerate(names):
            if field != "recognizers" or not CLASS.fullmatch(name):
                yield ("detect", field, position), name
    for denied, names in detect.deny.items():
        for position, name in enumerate(names):
            yield ("detect", "deny", denied, position), name


def _refuse_unreadable(path: Path, name: str, place: tuple[int | str, ...], root: Node, origin: str) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        hint = "a path is relative to the policy" + (", a class is module:Class" if "recognizers" in place else "")
        raise PolicyError(
            f"{origin}:{_line(root, place)}: {_dotted(place)}: {name}: cannot be read ({error.strerror}); {hint}"
        ) from error


def _beside(detect: Detect, folder: Path) -> Detect:
    """Return what to look for with every path as it is seen from here."""

    def seen(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(folder / name) for name in names)

    return replace(
        detect,
        rules=seen(detect.rules),
        secret_rules=seen(detect.secret_rules),
        recognizers=tuple(name if CLASS.fullmatch(name) else str(folder / name) for name in detect.recognizers),
        deny={entity_type: seen(names) for entity_type, names in detect.deny.items()},
        allow=seen(detect.allow),
    )


@cache
def _adapter() -> TypeAdapter[Policy]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    return TypeAdapter(Policy)


def _refuse_senseless(policy: Policy, root: Node, origin: str) -> None:
    """Refuse what the types allow but what could only be a mistake: each would make a gate that means nothing."""
    if not (policy.detect.identifiers or policy.detect.secrets or policy.detect.deny):
        raise PolicyError(f"{origin}:{_line(root, ('detect',))}: detect: no detector is left to run")
    for where, fault in _detect_problems(policy.detect):
        raise PolicyError(f"{origin}:{_line(root, where)}: {_dotted(where)}: {fault}")
    stages: tuple[Stage, ...] = ("train", "release")
    for stage in stages:
        seen: set[str] = set()
        for position, requirement in enumerate(policy.requirements(stage)):
            problem = _bound_problem(requirement) or _filter_problem(requirement, policy)
            if requirement.id in seen:
                problem = f"the id {requirement.id!r} stands twice; rulings are told apart by it"
            seen.add(requirement.id)
            if problem:
                place = (stage, position)
                raise PolicyError(f"{origin}:{_line(root, place)}: {_dotted(place)}: {problem}")


def _detect_problems(detect: Detect) -> Iterator[tuple[tuple[int | str, ...], str]]:
    for name in ENTITY_TYPES.keys() & detect.entities.keys():
        for fact in ("category", "kind"):
            if getattr(detect.entities[name], fact) is not None:
                yield ("detect", "entities", name, fact), f"the catalogue says it of {name}; give it for your own types"
    for name in sorted(detect.deny.keys() - ENTITY_TYPES.keys() - detect.entities.keys()):
        yield ("detect", "deny", name), f"unknown entity type {name}; make one of your own known under detect.entities"
    for field, engine in (("rules", "identifiers"), ("recognizers", "identifiers"), ("secret_rules", "secrets")):
        if getattr(detect, field) and not getattr(detect, engine):
            yield ("detect", field), f"detect.{engine} is false: nothing runs them"


def _bound_problem(requirement: Requirement) -> str | None:
    if (requirement.at_most is None) == (requirement.at_least is None):
        return "a requirement has exactly one bound: at_most or at_least"
    if requirement.upper_bound is not None and requirement.at_most is None:
        return "upper_bound goes with at_most"
    if requirement.lower_bound is not None and requirement.at_least is None:
        return "lower_bound goes with at_least"
    for confidence in (requirement.upper_bound, requirement.lower_bound):
        if confidence is not None and requirement.metric not in RATE_METRICS:
            return f"upper_bound and lower_bound go with sampled rates ({', '.join(RATE_METRICS)}) alone"
        if confidence is not None and not 0 < confidence < 1:
            return f"a confidence lies between 0 and 1, not {confidence}"
    if requirement.samples is not None and requirement.metric != "discoverable_findings":
        return "samples goes with discoverable_findings alone"
    if requirement.samples is not None and requirement.samples < 1:
        return f"samples is at least 1, not {requirement.samples}"
    return None


def _filter_problem(requirement: Requirement, policy: Policy) -> str | None:
    where, allowed = requirement.where, METRIC_FILTERS[requirement.metric]
    given = {field.name for field in fields(Filter) if getattr(where, field.name)}
    if given - allowed:
        by = ", ".join(sorted(allowed)) or "nothing"
        return f"{requirement.metric} cannot be narrowed by {', '.join(sorted(given - allowed))} (but by {by})"
    unknown = set(where.entity_type) - ENTITY_TYPES.keys() - policy.detect.entities.keys()
    if unknown:  # a misspelt type would count nothing, for ever
        return f"unknown entity type {', '.join(sorted(unknown))}; one of your own is made known under detect.entities"
    joined = {name for name in where.entity_type if entity_type(name).kind is Kind.COMBINATION}
    if joined and requirement.metric in ("attributable_leaks", "discoverable_findings"):
        return f"{', '.join(sorted(joined))} is several values together and is not tried; name the types of its parts"
    own = {*policy.detect.entities} - ENTITY_TYPES.keys() | {*policy.detect.deny}  # any detector may look for these
    counted = set(where.category) - {policy.detect.entity_type(name).category for name in own}
    if not policy.detect.secrets and "credential" in counted:
        return "counts credentials, but detect.secrets is false: nothing looks for them"
    if not policy.detect.identifiers and counted - {"credential"}:
        return "counts identifiers, but detect.identifiers is false: nothing looks for them"
    return None


def explained(error: ValidationError, root: Node, origin: str) -> str:
    """Return what is wrong with a document, a line for each problem, each with file, line and place."""
    problems = []
    for detail in error.errors(include_url=False, include_input=False):
        place = detail["loc"]
        message = {"unexpected_keyword_argument": "no such key", "missing": "this key is required"}.get(
            detail["type"], detail["msg"]
        )
        problems.append(f"{origin}:{_line(root, place)}: {_dotted(place) or 'policy'}: {message}")
    return "\n".join(dict.fromkeys(problems))


def refuse_repeated_keys(node: Node, origin: str) -> None:
    """YAML lets the last of two equal keys win in silence: a requirement could vanish that way."""
    if isinstance(node, MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value in seen:
                raise PolicyError(f"{origin}:{key.start_mark.line + 1}: the key {key.value!r} stands twice")
            seen.add(getattr(key, "value", None) if isinstance(key, ScalarNode) else id(key))
            refuse_repeated_keys(value, origin)
    elif isinstance(node, SequenceNode):
        for value in node.value:
            refuse_repeated_keys(value, origin)


def _line(root: Node, place: tuple[int | str, ...]) -> int:
    """Return the line, from 1, of the deepest part of ``place`` that the file has."""
    node, line = root, root.start_mark.line
    for part in place:
        if isinstance(node, MappingNode):
            found = next(((k, v) for k, v in node.value if isinstance(k, ScalarNode) and k.value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _dotted(place: tuple[int | str, ...]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return path.removeprefix(".")
