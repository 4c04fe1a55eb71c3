"""``finetooth rules``: list, explain and check our own rules."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="List, explain and check finetooth's own rules.", no_args_is_help=True)


@app.command("list")
def list_rules() -> None:
    """List our own rules, in the order of docs/rules.md. Presidio's and Kingfisher's own come on top."""
    from finetooth.cli.screen import tell
    from finetooth.detectors import rulebook

    tell("".join(f"{rule.id:<46} {rule.entity_type:<28} {rule.name}\n" for rule in rulebook.entries()))


@app.command("explain")
def explain(rule: Annotated[str, typer.Argument(metavar="ID", help="Such as finetooth.street-address.")]) -> None:
    """Print everything about a rule: what it finds, why, its context words, examples and pattern."""
    from finetooth.cli.screen import tell
    from finetooth.detectors import rulebook

    tell(rulebook.explained(rulebook.entry(rule)))


@app.command("check")
def check() -> None:
    """Prove every example and negative example through the detectors. Ends with 2 where one does not hold."""
    from finetooth.detectors import rulebook
    from finetooth.errors import InputError

    rules = rulebook.entries()
    if failed := list(rulebook.failures(rules)):
        raise InputError("\n".join(failed))
    proven = sum(len(rule.examples) + len(rule.negative_examples) for rule in rules)
    typer.echo(f"{len(rules)} rules, {proven} examples: all hold")
