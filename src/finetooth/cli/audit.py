"""``finetooth audit``: scan, probe and verdict, the main job."""

from __future__ import annotations

from finetooth.cli import options
from finetooth.cli.screen import progress_bar


def audit(
    data: options.DataArgument,
    model: options.ModelOption = None,
    base: options.BaseOption = None,
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
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
    exit_zero: options.ExitZeroOption = False,
    no_progress: options.NoProgressOption = False,
) -> None:
    """Scan the data, probe the tuned model for what was found, and give one verdict."""
    from finetooth import api

    named = options.known_formats(formats)
    with progress_bar(shown=not (quiet or no_progress)) as progress:
        report = api.audit(
            data,
            model,
            base,
            policy,
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
            waivers=waivers,
            progress=progress,
        )
    options.finish(report, out, named, quiet=quiet, verbose=verbose, exit_zero=exit_zero)
