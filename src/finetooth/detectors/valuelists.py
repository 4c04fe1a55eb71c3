"""Files of values, one a line: what ``detect.deny`` and ``detect.allow`` name.

Empty lines don't count, nor do lines that begin with #. The error messages of this room name a line and never its
text: a list of customers is as raw as the data.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from finetooth.errors import PolicyError


def values(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each value with its line, from 1, without the space around it.

    Raises:
        PolicyError: the file cannot be read, or holds no value.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"{path}: cannot be read ({type(error).__name__}); a list is UTF-8, one value a line"
        ) from None
    empty = True
    for number, line in enumerate(text.split("\n"), start=1):
        value = line.strip()
        if value and not value.startswith("#"):
            empty = False
            yield number, value
    if empty:
        raise PolicyError(f"{path}: holds no value; give one a line, or leave the file out of the policy")
