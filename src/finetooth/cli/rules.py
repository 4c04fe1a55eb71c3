"""``finetooth rules``: list, explain and check rules, finetooth's own and a policy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finetooth.cli.options import PolicyOption

if TYPE_CHECKING:
    from finetooth.policy import Detect

app = typer.Typer(help="List, explain and check finetooth's own rules, and those of a policy.", no_args_is_help=True)


@app.command("list")
def list_rules(policy: PolicyOption = None) -> None:
    """List our own rules, in the order of docs/rules.md. Presidio's and Kingfisher's own come on top."""
    from finetooth.cli.screen import tell
    from finetooth.detectors import rulebook

    rules = (*rulebook.entries(), *rulebook.own_entries(_detect(policy)))
    tell("".join(f"{rule.id:<46} {rule.entity_type:<28} {rule.name}\n" for rule in rules))


@app.command("explain")
def explain(
    rule: Annotated[str, typer.Argument(metavar="ID", help="Such as finetooth.street-address.")],
    policy: PolicyOption = None,
) -> None:
    """Print everything about a rule: what it finds, why, its context words, examples and pattern."""
    from finetooth.cli.screen import tell
    from finetooth.detectors import rulebook

    detect = _detect(policy)
    found = rulebook.entry(rule, (*rulebook.entries(), *rulebook.own_entries(detect)))
    tell(rulebook.explained(found, detect.entity_type))


@app.command("check")
def check(policy: PolicyOption = None) -> None:
    """Prove every example and negative example through the detectors. Ends with 2 where one does not hold."""
    from finetooth.counting import counted
    from finetooth.detectors import rulebook
    from finetooth.detectors.allowlist import AllowList
    from finetooth.errors import InputError

    detect = _detect(policy)
    AllowList(detect)  # holds no rules, but a mistake in it would stop a scan too
    ours, own = rulebook.entries(), rulebook.own_entries(detect)
    if failed := [*rulebook.failures(ours), *(rulebook.failures(own, detect) if own else ())]:
        raise InputError("\n".join(failed))
    rules = (*ours, *own)
    proven = sum(len(rule.examples) + len(rule.negative_examples) for rule in rules)
    typer.echo(f"{len(rules)} rules, {proven} examples: all hold")
    if unproven := [rule.id for rule in own if not rule.examples]:
        typer.echo(f"not proven, for want of examples: {counted(len(unproven), 'rule')} ({', '.join(unproven)})")


def _detect(policy: str | None) -> Detect:
    """Return what a policy looks for; without one, what every policy does."""
    from finetooth import policyfile
    from finetooth.policy import Detect

    return Detect() if policy is None else policyfile.load(policy).policy.detect
