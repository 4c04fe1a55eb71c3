"""``finetooth doctor``: what is installed here, what really loads, and what would not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finetooth.upkeep import Check


def doctor() -> None:
    """Show what finetooth runs on here, and what would not run. Ends with 2 where a scan would not."""
    from finetooth import installation
    from finetooth.cli.screen import tell
    from finetooth.printable import printable

    checks = installation.inspect()
    width = max(len(check.name) for check in checks)
    lines = [f"{'ok' if check.ok else '??':<3} {check.name:<{width}}  {check.state}" for check in checks]
    tell("".join(f"{printable(line)}\n" for line in (*lines, "", *_conclusion(checks))))
    if not all(check.ok for check in checks if check.needed):
        raise typer.Exit(2)


def _conclusion(checks: Sequence[Check]) -> list[str]:
    faults = [check for check in checks if not check.ok and check.stops]
    if not faults:
        return ["Everything runs here."]
    told = ["What does not run here, or is at risk, and how to mend it:"]
    for check in faults:
        told += [f"  • {check.stops}", f"      {check.remedy}"]
    return told
