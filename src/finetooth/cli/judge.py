"""``finetooth judge``: evidence on disk, judged again at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from finetooth.cli import options


class Stage(StrEnum):
    """Which gate."""

    train = "train"
    release = "release"


def judge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="What -o of a scan or probe named.")],
    policy: options.PolicyOption = None,
    waivers: options.WaiversOption = None,
    stage: Annotated[
        Stage | None, typer.Option("--stage", help="Release where there is probe evidence, else train.")
    ] = None,
    out: options.OutOption = None,
    formats: options.FormatOption = None,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
    exit_zero: options.ExitZeroOption = False,
) -> None:
    """Judge evidence that earlier runs left, without scanning or probing again."""
    from finetooth import api

    named = options.known_formats(formats)
    report = api.judge(folders, policy, stage.value if stage else None, waivers=waivers)
    if out is not None:
        options.finish(report, out, named, quiet=quiet, verbose=verbose, exit_zero=exit_zero)
    if not quiet:
        options.show(report, named, verbose=verbose)
    options.end(report.verdict, exit_zero=exit_zero)
