"""``finetooth hook``: what a commit adds to the data, before it is made. The entry for pre-commit."""

from __future__ import annotations

from typing import Annotated

import typer

from finetooth.cli import hookline, options


def hook(
    files: Annotated[list[str], typer.Argument(metavar="FILES...", help="Staged files, as pre-commit names them.")],
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Judge all the records of these files as they are staged, not only those that the commit adds or "
            "changes: also what was committed before, without the hook.",
        ),
    ] = False,
    policy: options.PolicyOption = None,
    waivers: options.WaiversOption = None,
    input_format: options.InputFormatOption = None,
    tokenizer: options.TokenizerOption = None,
    resume: options.ResumeOption = True,
    quiet: options.QuietOption = False,
    exit_zero: options.ExitZeroOption = False,
) -> None:
    """Judge the records that a commit adds or changes, quickly, and say nothing where they are fine.

    The staged content is judged; of a file that the last commit has too, only what is new or changed.
    """
    raise typer.Exit(
        hookline.judge(
            files,
            policy,
            waivers,
            input_format,
            tokenizer,
            full=full,
            resume=resume,
            quiet=quiet,
            exit_zero=exit_zero,
        )
    )
