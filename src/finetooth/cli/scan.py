"""``finetooth scan``: the data alone."""

from __future__ import annotations

from finetooth.cli import options
from finetooth.cli.screen import progress_bar


def scan(
    data: options.DataArgument,
    policy: options.PolicyOption = None,
    out: options.OutOption = None,
    formats: options.FormatOption = None,
    input_format: options.InputFormatOption = None,
    tokenizer: options.TokenizerOption = None,
    engine: options.EngineOption = None,
    workers: options.WorkersOption = None,
    resume: options.ResumeOption = True,
    quiet: options.QuietOption = False,
    exit_zero: options.ExitZeroOption = False,
    no_progress: options.NoProgressOption = False,
) -> None:
    """Scan the data for personal data and secrets, and judge whether it may be trained on."""
    from finetooth import api

    named = options.known_formats(formats)
    with progress_bar(shown=not (quiet or no_progress)) as progress:
        report = api.scan(
            data,
            policy,
            input_format=input_format,
            tokenizer=tokenizer,
            engine=engine,
            workers=workers,
            resume=resume,
            progress=progress,
        )
    options.finish(report, out, named, quiet=quiet, exit_zero=exit_zero)
