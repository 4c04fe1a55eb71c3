"""How the work tells how far it is. The core never prints: a screen, if there is one, listens."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it is done, and of how much in all where that is known."""


def silent(_phase: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""
