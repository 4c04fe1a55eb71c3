"""The commands, as typer reads them."""

from __future__ import annotations

from typing import Annotated

import typer

import finetooth
from finetooth.cli import (
    audit,
    doctor,
    formats,
    hook,
    init,
    judge,
    merge,
    policy,
    probe,
    report,
    rules,
    scan,
    verify,
    waivers,
)

app = typer.Typer(
    name="finetooth",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"finetooth {finetooth.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Go over fine-tuning data with a fine-tooth comb: scan it, probe the tuned model for it, give one verdict.

    Exit codes: 0 GO; 1 NO-GO; 2 nothing was judged (usage, policy, path); 3 INCOMPLETE.
    """


app.command("audit")(audit.audit)
app.command("scan")(scan.scan)
app.command("probe")(probe.probe)
app.command("merge")(merge.merge)
app.command("judge")(judge.judge)
app.command("hook")(hook.hook)
app.command("report")(report.report)
app.command("verify")(verify.verify)
app.add_typer(policy.app, name="policy")
app.add_typer(rules.app, name="rules")
app.add_typer(waivers.app, name="waivers")
app.command("formats")(formats.formats)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
