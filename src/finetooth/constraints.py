"""What may stand in a field that comes from outside, beside its type: told to pydantic without importing it.

To import pydantic takes as long as a tenth of a hook, which seldom has anything to validate; so the nouns of this
project name their constraints here, and pydantic asks for them (``__get_pydantic_core_schema__``) where it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Bounded:
    """Constraints of a type by the names that ``pydantic_core.core_schema`` has for them, such as ``min_length``."""

    def __init__(self, **bounds: Any) -> None:
        self._bounds = bounds

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Return the schema of the type, with the constraints."""
        return {**handler(source), **self._bounds}


class Prepared:
    """What is done to a value before it is looked at, as ``pydantic.BeforeValidator``."""

    def __init__(self, prepare: Callable[[Any], Any]) -> None:
        self._prepare = prepare

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Return the schema of the type, after the preparation."""
        from pydantic_core import core_schema  # noqa: PLC0415 - pydantic asks, so it is there

        return core_schema.no_info_before_validator_function(self._prepare, handler(source))
