"""``finetooth policy``: list, show and check policies."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="List, show and check policies.", no_args_is_help=True)


@app.command("list")
def list_policies() -> None:
    """List the policies that come with finetooth."""
    from finetooth import policyfile

    width = max(map(len, policyfile.shipped()))
    for name, text in policyfile.shipped().items():
        typer.echo(f"{name:<{width}}  {text.splitlines()[0].lstrip('# ')}")


@app.command("show")
def show(name: Annotated[str, typer.Argument(metavar="P", help="Shipped policy by name.")]) -> None:
    """Print a shipped policy, comments and all: a good start for your own."""
    from finetooth import policyfile
    from finetooth.errors import PolicyError

    try:
        typer.echo(policyfile.shipped()[name], nl=False)
    except KeyError:
        raise PolicyError(f"{name}: no such policy; the shipped ones are: {', '.join(policyfile.shipped())}") from None


@app.command("check")
def check(name: Annotated[str, typer.Argument(metavar="P", help="Shipped policy by name, or a YAML file.")]) -> None:
    """Check that a policy can be judged by."""
    from finetooth import policyfile

    source = policyfile.load(name)
    gates = ", ".join(
        f"{stage} gate: {len(source.policy.requirements(stage))} requirements" for stage in ("train", "release")
    )
    typer.echo(f"{name}: valid ({gates}; sha256 {source.sha256})")
