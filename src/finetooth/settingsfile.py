"""The text of a new ``finetooth.toml``: every setting with its own sentence, its default, and nothing switched on.

It is made of `config.Settings` itself, so that a setting cannot be missing and a sentence cannot go stale. A line that
begins with one ``#`` and a name is the default, and may be uncommented as it stands; one that begins with two shows how
a setting is written that has none.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final

from finetooth.config import Settings
from finetooth.targets.budget import Budget, Prices
from finetooth.targets.endpoint import EndpointSettings

_WIDTH: Final = 100

_TABLES: Final[dict[str, type[Any]]] = {
    "": Settings,
    "endpoint": EndpointSettings,
    "endpoint.prices": Prices,
    "endpoint.budget": Budget,
}
"""Each table of the file, and what it holds; one of another place stands behind all keys of the one above it."""

EXAMPLES: Final[dict[str, object]] = {
    "key_file": "team.key",
    "waivers": "finetooth-waivers.yaml",
    "out": "reports",
    "budget": 2000,
    "prompts": "prompts",
    "wrapped": 0,
    "engine": "local",
    "workers": 2,
    "signing_key": "signing.pem",
    "endpoint.certificates": "authorities.pem",
    "endpoint.tokenizer": "models/tuned",
    "endpoint.prices.prompt": 0.15,
    "endpoint.prices.generated": 0.6,
    "endpoint.budget.requests": 5000,
    "endpoint.budget.tokens": 2_000_000,
    "endpoint.budget.cost": 5.0,
}
"""How settings are written that have no default."""

_HEAD: Final = """\
# How finetooth runs here. Flags win over this file; paths are relative to it.
# A line with one # is the default; one with two shows how a setting is written that has none.
"""


def text(policy: str | None = None) -> str:
    """Return the file's text.

    Args:
        policy: the policy that is set; the default one stands there as a comment where none is named.
    """
    parts = [_HEAD]
    for table, kind in _TABLES.items():
        told = _sentences(kind)
        if table:
            optional = _optional(table)
            parts.append("".join([*_prose(_sentence_of(table)), f"{'##' if optional else '#'}[{table}]\n"]))
        for field in fields(kind):
            place = f"{table}.{field.name}" if table else field.name
            if place not in _TABLES:
                parts.append("".join([*_prose(told[field.name]), *_line(place, field, policy)]))
    return "\n".join(parts)


def _line(place: str, field: Field[Any], policy: str | None) -> Iterator[str]:
    if place == "policy" and policy is not None:
        yield f"policy = {_value(policy)}\n"
        return
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    if default is None or default is MISSING:
        yield f"##{field.name} = {_value(EXAMPLES[place])}\n"
    else:
        yield f"#{field.name} = {_value(default)}\n"


def _value(value: object) -> str:
    # TOML's strings, numbers and booleans are written as JSON writes them.
    return json.dumps(str(value) if isinstance(value, PurePath) else value, ensure_ascii=False)


def _prose(sentence: str) -> Iterator[str]:
    plain = sentence.replace("``", "`")
    for line in textwrap.wrap(" ".join(plain.split()), _WIDTH):
        yield f"# {line}\n"


def _optional(table: str) -> bool:
    """Tell whether a table is left out by default, as prices are: one that were there would have to be whole."""
    above, _, name = table.rpartition(".")
    [field] = [field for field in fields(_TABLES[above]) if field.name == name]
    return field.default is None


def _sentence_of(table: str) -> str:
    above, _, name = table.rpartition(".")
    return _sentences(_TABLES[above])[name]


def _sentences(kind: type[Any]) -> dict[str, str]:
    """Return the sentence under each field of a dataclass."""
    module = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    [body] = [node.body for node in module.body if isinstance(node, ast.ClassDef)]
    told = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            told[field.target.id] = str(ast.literal_eval(below.value))
    return told
