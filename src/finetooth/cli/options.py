"""Options that several commands share, and how a command ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from finetooth.report import Report
    from finetooth.verdict import Verdict

DataArgument = Annotated[
    list[str],
    typer.Argument(metavar="DATA...", help="File, folder, archive, glob, URL, hf:org/name, or - for standard input."),
]
ModelOption = Annotated[
    str | None, typer.Option("--model", metavar="M", help="Tuned model: folder, GGUF file, or http(s)://host/v1#name.")
]
BaseOption = Annotated[
    str | None, typer.Option("--base", metavar="B", help="Untuned model, the reference: as --model.")
]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", metavar="P", help="Shipped policy by name, or a YAML file.")
]
WaiversOption = Annotated[
    Path | None,
    typer.Option("--waivers", metavar="FILE", help="Accepted findings; the configured file, if it is there."),
]
OutOption = Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Folder for report and evidence.")]
FormatOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="F",
        help="Also write the report as F: text, json, markdown, html, sarif, junit, gitlab. Repeatable; "
        "one alone is printed too.",
    ),
]
HoldoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--holdout", metavar="DATA", help="Data of the same kind that no model was trained on: controls; repeatable."
    ),
]
AttackOption = Annotated[
    list[str] | None, typer.Option("--attack", metavar="NAME", help="Try this attack alone; repeatable.")
]
PromptsOption = Annotated[
    Path | None, typer.Option("--prompts", metavar="DIR", help="Questions and wrappers of your own, tried as well.")
]
DtypeOption = Annotated[
    Literal["float32", "bfloat16", "float16"] | None,
    typer.Option("--dtype", help="What the weights of local models are kept in; float32 by default."),
]
BudgetOption = Annotated[
    int | None, typer.Option("--budget", min=0, metavar="N", help="Findings to probe at most, riskiest first.")
]
InputFormatOption = Annotated[
    str | None, typer.Option("--input-format", metavar="NAME", help="Record format, instead of detecting it.")
]
TokenizerOption = Annotated[
    str | None, typer.Option("--tokenizer", metavar="DIR", help="Tokenizer of pre-tokenised rows (local folder).")
]
EngineOption = Annotated[
    str | None, typer.Option("--engine", metavar="E", help="Where data is scanned: inline, local or ray.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Processes that scan at most; one a core by default.")
]
ResumeOption = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Use again what an earlier run has scanned of the same data.")
]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="Print nothing; the exit code tells.")]
VerboseOption = Annotated[
    bool, typer.Option("-v", "--verbose", help="List everything on the screen, not the first ten of a kind.")
]
ExitZeroOption = Annotated[
    bool, typer.Option("--exit-zero", help="End with 0 on NO-GO too, but never on errors or INCOMPLETE.")
]
NoProgressOption = Annotated[bool, typer.Option("--no-progress", help="Show no progress.")]


def known_formats(named: list[str] | None) -> list[str]:
    """Check the names before the work begins.

    Raises:
        UsageError: one is not known.
    """
    from finetooth.errors import UsageError
    from finetooth.formats.registry import FORMATS

    for name in named or []:
        if name not in FORMATS:
            raise UsageError(f"--format {name}: not a format; there are: {', '.join(FORMATS)}")
    return named or []


def finish(
    report: Report, out: Path | None, formats: list[str], *, quiet: bool, verbose: bool, exit_zero: bool
) -> NoReturn:
    """Write the run's folder, show the report, and end with the verdict's code."""
    from finetooth import api, config, runfolder

    folder = out or config.find(Path.cwd()).out
    if config.OWN_FOLDER in folder.parents:
        runfolder.create(config.OWN_FOLDER)
        runfolder.keep_out_of_git(config.OWN_FOLDER)
    passport = api.save(report, folder, formats)
    if not quiet:
        printed = [] if formats == ["html"] else formats  # a page is for a browser, not for a terminal
        show(report, printed, folder, passport, verbose=verbose)
    end(report.verdict, exit_zero=exit_zero)


def end(verdict: Verdict, *, exit_zero: bool) -> NoReturn:
    """End with the verdict's code; ``exit_zero`` forgives a NO-GO and nothing else."""
    raise typer.Exit(verdict.ends_with(exit_zero=exit_zero))


def show(
    report: Report, formats: list[str], folder: Path | None = None, passport: str = "", *, verbose: bool = False
) -> None:
    """Print the report: the one format that was asked for, or the screen."""
    from rich.console import Console
    from rich.text import Text

    from finetooth.cli.screen import tell
    from finetooth.formats import text
    from finetooth.formats.registry import FORMATS

    if len(formats) == 1 and formats != ["text"]:
        tell(FORMATS[formats[0]].render(report))
        return
    console = Console(highlight=False)
    with console.capture() as captured:  # rich itself would end with 1 where the reader has gone, which means NO-GO
        console.print(text.screen(report, whole=verbose))
        if folder is not None:
            console.print(Text(f"\nReport and evidence: {folder}", style="dim"))
        if passport:
            console.print(Text(passport, style="dim"))
    tell(captured.get())
