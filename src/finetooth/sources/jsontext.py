"""JSON text to values, so that nothing in it is lost and nothing of it is quoted when it is refused.

The standard library's parser, for three reasons: it shows every repeated key, it keeps integers of any length, and it
takes lone surrogates and NaN, which real training files hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from finetooth.record import RepeatedKeys

_SPACE = re.compile(r"[ \t\n\r]*")


class NotJson(Exception):  # noqa: N818 - says what the text is
    """Text that is not JSON, or not JSON that can be read here."""

    def __init__(self, fault: str, position: int | None) -> None:
        super().__init__(fault)
        self.fault = fault
        """What is wrong, without a word of the text."""
        self.position = position
        """Where, in code points from 0; None where it cannot be told."""


def json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of the pairs: a plain dict, or `RepeatedKeys` where a key stands more than once."""
    value = dict(pairs)
    return value if len(value) == len(pairs) else RepeatedKeys(pairs)


_DECODER = json.JSONDecoder(object_pairs_hook=json_object)
_SCAN: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined] # as old as json itself


def parse(text: str) -> Any:
    """Return the one value that the text holds.

    Raises:
        NotJson: it holds none, more than one, or one that is too deep or too long a number.
    """
    try:
        # Nearly every text is a value and nothing else: this is the whole cost of reading it.
        value, end = _SCAN(text, 0)
        if end == len(text):
            return value
    except (StopIteration, ValueError, RecursionError):
        pass  # what is wrong is told below
    value, end = parse_at(text, skip_space(text, 0))
    end = skip_space(text, end)
    if end != len(text):
        raise NotJson("something follows the value", end)
    return value


def parse_at(text: str, position: int) -> tuple[Any, int]:
    """Return the value that begins at ``position``, and where it ends.

    Raises:
        NotJson: none begins there, or one that is too deep or too long a number.
    """
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError as error:
        # Fixed phrases all, but for what may stand after a colon and a space.
        raise NotJson(error.msg.partition(": ")[0].removesuffix(" at"), error.pos) from None
    except RecursionError:
        raise NotJson("nested too deeply", None) from None
    except ValueError:
        raise NotJson("an integer of more than 4,300 digits", None) from None


def skip_space(text: str, position: int) -> int:
    """Return the first position from ``position`` on that holds no JSON white space."""
    found = _SPACE.match(text, position)
    return found.end() if found else position
