"""``finetooth scan``: the data alone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from finetooth.cli import options
from finetooth.cli.screen import progress_bar, tell


def scan(
    data: options.DataArgument,
    policy: options.PolicyOption = None,
    waivers: options.WaiversOption = None,
    out: options.OutOption = None,
    formats: options.FormatOption = None,
    input_format: options.InputFormatOption = None,
    tokenizer: options.TokenizerOption = None,
    engine: options.EngineOption = None,
    workers: options.WorkersOption = None,
    resume: options.ResumeOption = True,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Scan share I of N, into -o; nothing is judged before merge."),
    ] = None,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
    exit_zero: options.ExitZeroOption = False,
    no_progress: options.NoProgressOption = False,
) -> None:
    """Scan the data for personal data and secrets, and judge whether it may be trained on."""
    from finetooth import api
    from finetooth.errors import UsageError

    named = options.known_formats(formats)
    if shard is not None and (out is None or named or waivers):
        raise UsageError(
            "--shard goes with -o DIR, for its part, and without --format and --waivers: nothing is judged before merge"
        )
    how: dict[str, Any] = {
        "input_format": input_format,
        "tokenizer": tokenizer,
        "engine": engine,
        "workers": workers,
        "resume": resume,
    }
    with progress_bar(shown=not (quiet or no_progress)) as progress:
        if shard is not None and out is not None:
            part = api.scan_share(data, shard, out, policy, **how, progress=progress)
        else:
            report = api.scan(data, policy, **how, waivers=waivers, progress=progress)
    if shard is None:
        options.finish(report, out, named, quiet=quiet, verbose=verbose, exit_zero=exit_zero)
    if not quiet:
        tell(f"{part}: share {shard} is scanned. Nothing was judged: finetooth merge {out} does, when all are there.\n")
