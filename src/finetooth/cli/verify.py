"""``finetooth verify``: whether a passport is good for exactly this data, and this model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finetooth.cli import options


def verify(
    passport: Annotated[Path, typer.Argument(metavar="PASSPORT", help="The passport.json that a GO left.")],
    data: options.DataArgument,
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Tuned model: must be the one that was probed.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", metavar="B", help="The model under an adapter, if it names none.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="P", help="Policy: must be the one that it was judged by.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="K", help="Public key (Ed25519, PEM): must have signed it.")
    ] = None,
    records: Annotated[
        bool, typer.Option("--records", help="Compare what the records say, in any order, container and spelling.")
    ] = False,
    quiet: options.QuietOption = False,
) -> None:
    """Tell whether this is exactly what was judged GO: nothing is scanned, digests are compared.

    Exit codes: 0 valid; 1 refused; 2 something named does not exist; 3 it could not be checked.
    """
    from finetooth import passporting
    from finetooth.cli.screen import tell
    from finetooth.formats.verified import verified

    found = passporting.verify(passport, data, model=model, base=base, policy=policy, key=key, records=records)
    if not quiet:
        tell(verified(found))
    raise typer.Exit(found.exit_code)
