"""``finetooth report``: render again, or publish the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetooth.cli import options
from finetooth.cli.screen import tell


def report(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="What -o of a run named.")] = None,
    formats: options.FormatOption = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of report.json.")] = False,
) -> None:
    """Show the report of an earlier run again, in any format."""
    from finetooth import api
    from finetooth.errors import UsageError
    from finetooth.formats import json

    if schema:
        tell(json.schema())
        return
    if folder is None:
        raise UsageError("name the folder that -o of a run named, or ask for --schema")
    named = options.known_formats(formats)
    options.show(api.load(folder), named, folder)
