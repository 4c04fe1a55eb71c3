"""``finetooth report``: render again, compare two runs, or publish the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetooth.cli import options
from finetooth.cli.screen import tell


def report(
    folders: Annotated[list[Path] | None, typer.Argument(metavar="DIR [DIR]", help="What -o of a run named.")] = None,
    formats: options.FormatOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write the formats here, and print nothing.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what the second run has otherwise than the first.")
    ] = False,
    verbose: options.VerboseOption = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of report.json.")] = False,
) -> None:
    """Show the report of an earlier run again, in any format, or what differs between two runs.

    One format alone is printed; several are written, beside the evidence or where -o says.
    """
    from finetooth import api
    from finetooth.errors import UsageError
    from finetooth.formats import json

    if schema:
        tell(json.schema())
        return
    named = options.known_formats(formats)
    if not folders:
        raise UsageError("name the folder that -o of a run named, or ask for --schema")
    if diff:
        _differ(folders, named, out)
        return
    if len(folders) != 1:
        raise UsageError("several folders: name one, or two with --diff")
    loaded = api.load(folders[0])
    if out is None and len(named) < 2:  # noqa: PLR2004 - one alone is printed
        options.show(loaded, named, folders[0], verbose=verbose)
        return
    for path in api.write(loaded, out or folders[0], named or ["text"]):
        tell(f"{path}\n")


def _differ(folders: list[Path], formats: list[str], out: Path | None) -> None:
    from finetooth import api
    from finetooth.difference import difference
    from finetooth.errors import UsageError
    from finetooth.formats.differences import RENDERERS

    if len(folders) != 2:  # noqa: PLR2004 - the earlier and the later
        raise UsageError("--diff takes two folders: the earlier run and the later")
    if out is not None or len(formats) > 1:
        raise UsageError("--diff is printed, in one format: redirect it")
    name = formats[0] if formats else "text"
    if name not in RENDERERS:
        raise UsageError(f"--format {name}: a difference has no such format; there are: {', '.join(RENDERERS)}")
    before, after = (api.load(folder) for folder in folders)
    tell(RENDERERS[name](difference(before, after)))
