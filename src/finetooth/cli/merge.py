"""``finetooth merge``: the parts of a scan that several machines shared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetooth.cli import options


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders that scan --shard wrote its parts into.")
    ],
    policy: options.PolicyOption = None,
    waivers: options.WaiversOption = None,
    out: options.OutOption = None,
    formats: options.FormatOption = None,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
    exit_zero: options.ExitZeroOption = False,
) -> None:
    """Put the parts of a scan that several machines shared together, and judge it."""
    from finetooth import api

    named = options.known_formats(formats)
    report = api.merge(folders, policy, waivers=waivers)
    options.finish(report, out, named, quiet=quiet, verbose=verbose, exit_zero=exit_zero)
