"""``finetooth probe``: the model, for what is in the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetooth.cli import options
from finetooth.cli.screen import progress_bar, tell


def probe(
    model: Annotated[
        str, typer.Option("--model", metavar="M", help="Tuned model: folder, GGUF file, or http(s)://host/v1#name.")
    ],
    data: Annotated[list[str], typer.Option("--data", metavar="DATA", help="What it was trained on; repeatable.")],
    base: options.BaseOption = None,
    findings: Annotated[
        Path | None, typer.Option("--findings", metavar="DIR", help="Folder that an earlier scan of DATA left.")
    ] = None,
    policy: options.PolicyOption = None,
    waivers: options.WaiversOption = None,
    out: options.OutOption = None,
    formats: options.FormatOption = None,
    holdout: options.HoldoutOption = None,
    attacks: options.AttackOption = None,
    prompts: options.PromptsOption = None,
    dtype: options.DtypeOption = None,
    budget: options.BudgetOption = None,
    input_format: options.InputFormatOption = None,
    tokenizer: options.TokenizerOption = None,
    engine: options.EngineOption = None,
    workers: options.WorkersOption = None,
    resume: options.ResumeOption = True,
    plan: Annotated[
        bool, typer.Option("--plan", help="Tell what it would take and what it could prove, and stop.")
    ] = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
    exit_zero: options.ExitZeroOption = False,
    no_progress: options.NoProgressOption = False,
) -> None:
    """Probe the tuned model for what the data holds, and judge whether it may leave."""
    from functools import partial

    from finetooth import api
    from finetooth.cli.plan import planned
    from finetooth.planning import Plan

    named = options.known_formats(formats)
    with progress_bar(shown=not (quiet or no_progress)) as progress:
        ask = api.plan if plan else partial(api.probe, waivers=waivers)
        told = ask(
            data,
            model,
            base,
            policy,
            findings=findings,
            holdout=holdout,
            attacks=attacks,
            prompts=prompts,
            dtype=dtype,
            budget=budget,
            input_format=input_format,
            tokenizer=tokenizer,
            engine=engine,
            workers=workers,
            resume=resume,
            progress=progress,
        )
    if isinstance(told, Plan):
        tell(planned(told))
        return
    options.finish(told, out, named, quiet=quiet, verbose=verbose, exit_zero=exit_zero)
