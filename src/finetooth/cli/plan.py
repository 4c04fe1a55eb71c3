"""The screen of ``finetooth probe --plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finetooth.counting import counted
from finetooth.formats.text import without_colour

if TYPE_CHECKING:
    from finetooth.planning import Bill, Need, Plan


def planned(plan: Plan) -> str:
    """Return what a probe would take and what it could prove, as plain text."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("attack")
    columns = {
        "trials": [step.trials for step in plan.steps],
        "requests": [step.requests for step in plan.steps],
        "tokens read": [step.read for step in plan.steps],
        "tokens generated": [step.generated for step in plan.steps],
    }
    if not any(columns["requests"]):
        del columns["requests"]  # of endpoints alone
    for name in columns:
        table.add_column(name, justify="right")
    for row, step in enumerate(plan.steps):
        table.add_row(step.attack, *(f"{counts[row]:,}" for counts in columns.values()))
    table.add_row("all", *(f"{sum(counts):,}" for counts in columns.values()))
    skipped = f"; {counted(plan.skipped, 'finding')} beyond the budget would stay unproven" if plan.skipped else ""
    parts: list[RenderableType] = [
        Text(f"{counted(plan.findings, 'finding')} would be tried{skipped}."),
        Text(""),
        table,
        Text(""),
        Text(f"at most, if nothing can be ruled out: {_bill(plan.most)}"),
        Text(f"at least, if nothing comes out: {_bill(plan.least)}"),
        *(Text(_need(need)) for need in plan.needs),
    ]
    return without_colour(Group(*parts))


def _bill(bill: Bill) -> str:
    return f"{bill.trials:,} trials, {bill.tokens:,} tokens, time {_time(bill.seconds)}, money {_money(bill.cost)}"


def _need(need: Need) -> str:
    bound = f"{need.requirement}: at most {100 * need.at_most:g}%"
    have = ", ".join(f"{count:,} {_POPULATIONS.get(name, name)}" for name, count in need.available.items()) or "nothing"
    if need.untried:
        beyond = f"{counted(need.untried, 'finding')} would not be tried"
        return f"{bound} will stay unproven: {beyond}, which is more than it allows; raise --budget"
    if not need.available:
        return f"{bound} will stay unproven: none of these attacks tries anything that it speaks of"
    if need.census:
        return f"{bound} can be proven: all that the data has would be tried ({have}), so nothing is left to chance"
    how = f"needs {need.needed:,} targets without a leak" + (
        f" at {need.confidence:.0%} confidence" if need.confidence else ""
    )
    return f"{bound} {how}; there are {have}: {'enough' if need.reachable else 'TOO FEW, it will stay unproven'}"


_POPULATIONS = {"ordinary": "sentences of ordinary text"}


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "unknown (the model was not timed)"
    minutes = seconds / 60
    return f"about {minutes:.0f} min" if minutes >= 1 else f"about {seconds:.0f} s"


def _money(cost: float | None) -> str:
    return "none, or no prices are configured" if cost is None else f"about {cost:,.2f}"
