"""``finetooth waivers``: accept findings, by name, for a reason and for a time, and go over what was accepted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from finetooth.cli import options

if TYPE_CHECKING:
    from finetooth.waiving import Checked

app = typer.Typer(help="Accept findings, and go over what was accepted.", no_args_is_help=True)

_ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="DIR", help="What -o of a run named, to hold the waivers against.")
]


@app.command("add")
def add(
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="The finding's, as findings.jsonl has it, or its beginning.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is acceptable, in a line.")],
    owner: Annotated[str, typer.Option("--owner", metavar="WHO", help="Who answers for it.")],
    expires: Annotated[str, typer.Option("--expires", metavar="DATE", help="The last day that it counts: 2027-02-01.")],
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="What -o of the run named; the latest by default.")
    ] = None,
    waivers: options.WaiversOption = None,
    policy: options.PolicyOption = None,
    renew: Annotated[bool, typer.Option("--renew", help="Take the place of the finding's waiver.")] = False,
) -> None:
    """Accept a finding of a report: it no longer counts until the waiver expires, and is shown as waived."""
    from finetooth import waiverfile, waiving
    from finetooth.cli.screen import tell
    from finetooth.errors import UsageError
    from finetooth.printable import printable

    try:
        last = waiverfile.day(expires)
    except ValueError as error:
        raise UsageError(f"--expires {expires}: {error}") from None
    done = waiving.add(
        fingerprint,
        reason=reason,
        owner=owner,
        expires=last,
        report=report,
        file=waivers,
        policy=policy,
        renew=renew,
    )
    what = f"{done.finding.entity_type} {done.finding.preview} is waived by {done.waiver.owner} until {last}"
    tell(f"{printable(f'{done.file}: {what}')}\n")


@app.command("list")
def list_waivers(waivers: options.WaiversOption = None) -> None:
    """List what was accepted, by whom, why and until when."""
    from finetooth import waiving
    from finetooth.cli.screen import tell
    from finetooth.formats import accepted

    checked = waiving.check(None, waivers)
    tell(accepted.lines(checked.waivers, checked.today) or _about(checked, "no waivers"))


@app.command("check")
def check(
    report: _ReportOption = None, waivers: options.WaiversOption = None, policy: options.PolicyOption = None
) -> None:
    """Check that every waiver counts: not expired, allowed by the policy and, with --report, for a finding there.

    Ends with 1 where one does not.
    """
    from finetooth import waiving
    from finetooth.cli.screen import tell
    from finetooth.formats import accepted

    checked = waiving.check(report, waivers, policy)
    void = [each for each in checked.waivers if each.status != "honoured"]
    tell(accepted.lines(void, checked.today))
    tell(_about(checked, accepted.summary(checked.waivers) or "no waivers"))
    raise typer.Exit(1 if void else 0)


@app.command("prune")
def prune(report: _ReportOption = None, waivers: options.WaiversOption = None) -> None:
    """Take out the waivers that have expired and, with --report, those that have no finding there; say which."""
    from finetooth import waiving
    from finetooth.cli.screen import tell
    from finetooth.counting import counted
    from finetooth.formats import accepted
    from finetooth.printable import printable

    checked, removed = waiving.prune(report, waivers)
    gone = {each.waiver.fingerprint: each.comments for each in removed}
    for each in checked.waivers:
        if each.fingerprint in gone:
            tell(accepted.lines([each], checked.today))
            tell("".join(f"    {printable(comment)}\n" for comment in gone[each.fingerprint]))
    tell(_about(checked, f"{counted(len(removed), 'waiver')} taken out"))


def _about(checked: Checked, what: str) -> str:
    from finetooth.printable import printable

    return printable(f"{checked.file}: {what}") + "\n"
