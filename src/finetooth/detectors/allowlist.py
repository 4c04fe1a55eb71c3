"""Values that are never findings (``detect.allow``): a published support mailbox, the test card of a manual.

A line is a value, or ``ENTITY_TYPE: value``, which allows it as that type alone. Values are compared as fingerprints
are: without case, spacing and separators, as their kind has it. What a list lets through is counted, never forgotten.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from finetooth.detectors.valuelists import values
from finetooth.entities import ENTITY_TYPES
from finetooth.errors import PolicyError
from finetooth.policy import Detect
from finetooth.redaction import normalise

_TYPED: Final = re.compile(r"(?P<entity>[A-Z][A-Z0-9_]+):\s+(?P<value>.+)")


class AllowList:
    """The values of a policy's lists."""

    def __init__(self, detect: Detect) -> None:
        """Read the lists.

        Raises:
            PolicyError: A list cannot be read, is empty, or names an entity type that does not exist.
        """
        self._detect = detect
        self._any: list[str] = []
        self._typed: dict[str, list[str]] = {}
        self._plain: dict[str, frozenset[str]] = {}
        for name in detect.allow:
            for line, value in values(Path(name)):
                typed = _TYPED.fullmatch(value)
                if typed is None:
                    self._any.append(value)
                    continue
                entity = typed["entity"]
                if entity not in ENTITY_TYPES and entity not in detect.entities:
                    raise PolicyError(
                        f"{name}:{line}: {entity} is no entity type; make one of your own known under detect.entities"
                    )
                self._typed.setdefault(entity, []).append(typed["value"])

    def allows(self, entity: str, value: str) -> bool:
        """Tell whether a value is allowed as an entity type."""
        if not self._any and entity not in self._typed:
            return False
        kind = self._detect.entity_type(entity).kind
        if entity not in self._plain:
            listed = (*self._any, *self._typed.get(entity, ()))
            self._plain[entity] = frozenset(normalise(entity, each, kind) for each in listed)
        return normalise(entity, value, kind) in self._plain[entity]
