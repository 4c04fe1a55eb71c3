"""``finetooth formats``: what can be read, with a sample of each."""

from __future__ import annotations

from typing import Annotated

import typer

_CONTAINERS = {
    "JSON_LINES": '{"text": "one"}\n{"text": "two"}\n',
    "JSON_DOCUMENT": '[{"text": "one"}, {"text": "two"}]\n',
    "CSV": "prompt,completion\none,two\n",
    "TSV": "prompt\tcompletion\none\ttwo\n",
}
"""A minimal file of each container that is text."""


def formats(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Print the sample of this record format.")] = None,
) -> None:
    """List the containers and record formats that can be read, with a minimal sample of each."""
    import json

    from finetooth.shapes.reading import TOKENISED, named
    from finetooth.shapes.registry import SHAPES
    from finetooth.sources.container import Container

    if name is not None:
        typer.echo(json.dumps(named(name).sample, ensure_ascii=False))
        return
    typer.echo("Containers: what a file's records are packed in. Told by what a file holds before its name.\n")
    for container in Container:
        typer.echo(f"  {container.value}")
        for line in _CONTAINERS.get(container.name, "").splitlines():
            typer.echo(f"      {line}")
    typer.echo("\nRecord formats: told for each record; --input-format NAME says it instead.\n")
    for shape in SHAPES:
        typer.echo(f"  {shape.name}  ({shape.tools})")
        typer.echo(f"      {json.dumps(shape.sample, ensure_ascii=False)}")
    typer.echo("\n  pre-tokenised rows  (any trainer; unread without --tokenizer DIR)")
    typer.echo(f"      {json.dumps(TOKENISED)}")
    typer.echo("\nEverything else is read too: every text of a record of any shape, as nobody's in particular.")
    typer.echo("LLaMA-Factory's dataset_info.json beside a file names its columns and roles.")
