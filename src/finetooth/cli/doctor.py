"""``finetooth doctor``: what is installed here, with digests, and whether it will work."""

from __future__ import annotations

import typer


def doctor() -> None:
    """Show what finetooth runs on here: versions, models with digests, key and configuration."""
    from finetooth import installation

    checks = installation.inspect()
    width = max(len(check.name) for check in checks)
    for check in checks:
        typer.echo(f"{'ok' if check.ok else '??':<3} {check.name:<{width}}  {check.state}")
    if not all(check.ok for check in checks if check.needed):
        raise typer.Exit(2)
