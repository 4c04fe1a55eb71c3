"""``finetooth``: the commands, and the one place where an exception becomes an exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

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
from finetooth.cli.screen import complain
from finetooth.errors import FinetoothError, place

_INTERRUPTED = 130  # what typer makes of Ctrl-C

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


def main() -> NoReturn:
    """Run the command line, and end the process at once.

    Python would first take apart all that it holds, which takes a tenth of the time of a hook.
    """
    try:
        run()
    except SystemExit as end:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code or 0))
        raise  # what could not be written is Python's to complain about


def run() -> NoReturn:
    """Run the command line. Every exception ends in 2 or 3, never in 1 or 0, and shows no traceback."""
    # Detectors and a dataset's evidence are millions of objects that stay, which Python would go through over and over;
    # the hook's are fewer than this.
    gc.set_threshold(250_000, 50, 50)
    # A plugin of pydantic sees all that is validated, and to look for one takes as long as to validate a policy.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    sys.exit(_code())


def _code() -> int:
    try:
        code = int(app(standalone_mode=False) or 0)
    except FinetoothError as error:
        complain(str(error))
        return error.exit_code
    except TyperException as error:
        complain(f"{error.format_message()} See finetooth --help.")
        return 2
    except Exception as error:  # noqa: BLE001 - the last line of defence: a crash must never look like a verdict
        complain(f"internal error: {place(error)}; nothing was judged. Please report it.")
        return 3
    if code == _INTERRUPTED:
        complain("interrupted; nothing was judged. What was scanned is kept: the same command goes on from there")
        return 3
    return code


if __name__ == "__main__":
    main()
