"""The screen: verdict first, then why, then what leaked and what was found, and what to do next."""

from __future__ import annotations

import io
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from finetooth.counting import counted
from finetooth.evidence import Extracted, ProbeEvidence, ScanEvidence
from finetooth.finding import Finding, place
from finetooth.formats.accepted import ordered, said, summary, until
from finetooth.formats.advice import next_steps
from finetooth.formats.format import Format
from finetooth.measurement import POPULATIONS, Measurement
from finetooth.printable import clipped
from finetooth.report import Report
from finetooth.verdict import Status, Verdict, WaiverStatus

_LISTED = 10
_WIDTH = 110
_LONGEST = 500
_BAR = 24
_DIGITS = 8  # of a fingerprint: enough to tell it from a million others, and to name it by
_NUMERIC = {
    "tried on",
    "extracted",
    "lift",
    "records",
    "chance",
    "reference",
    "tries",
    "leaked",
    "findings",
    "of them block",
    "occurrences",
}
_DECISION_STYLE = {"GO": "bold white on green", "NO-GO": "bold white on red", "INCOMPLETE": "bold black on yellow"}
_SEVERITY_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
_STATUS: dict[Status, tuple[str, str]] = {
    "FAIL": ("✘", "bold red"),
    "UNPROVEN": ("?", "bold yellow"),
    "WAIVED": ("~", "cyan"),
    "PASS": ("✔", "green"),
}
_WAIVERS: dict[WaiverStatus, tuple[str, str]] = {
    "refused": ("REFUSED", "bold red"),
    "expired": ("EXPIRED", "bold red"),
    "unmatched": ("UNMATCHED", "bold yellow"),
    "honoured": ("WAIVED", "cyan"),
}
_QUESTIONS = {"train": "may this data be trained on?", "release": "may this model leave?"}


def render(report: Report) -> str:
    """Return the screen as plain text."""
    return without_colour(screen(report))


def without_colour(shown: RenderableType) -> str:
    """Return what rich would print as plain text, of one width everywhere."""
    file = io.StringIO()
    Console(file=file, width=_WIDTH, color_system=None, force_terminal=False, highlight=False).print(shown)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def screen(report: Report, *, whole: bool = False) -> RenderableType:
    """Return the report as something that rich can print, in any width and with or without colour.

    Args:
        report: what is shown.
        whole: whether lists are shown to their end, and not their first ten entries.
    """
    waived, listed = report.verdict.waived, sys.maxsize if whole else _LISTED
    parts: list[RenderableType] = [_headline(report), Text(""), _rulings(report.verdict)]
    if report.verdict.waivers:
        parts += [Text(""), *_waivers(report.verdict, listed)]
    if report.probe:
        parts += [Text(""), *_leaks(report.probe, waived, listed)]
    if report.scan:
        parts += [Text(""), *_data(report.scan, waived, listed)]
    parts += [Text(""), _heading("What to do next"), *(_bullet(step) for step in next_steps(report))]
    return Group(*parts)


def _headline(report: Report) -> RenderableType:
    verdict = report.verdict
    return Text.assemble(
        (f" {verdict.decision} ", _DECISION_STYLE[verdict.decision]),
        (f"  {verdict.stage} gate: {_QUESTIONS[verdict.stage]}", "bold"),
        (f"  policy {_shown(report.policy.name)} {_shown(report.policy.sha256[:8])}", "dim"),
    )


def _rulings(verdict: Verdict) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=3, justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    order: tuple[Status, ...] = ("FAIL", "UNPROVEN", "WAIVED", "PASS")
    for ruling in sorted(verdict.rulings, key=lambda ruling: order.index(ruling.status)):
        mark, style = _STATUS[ruling.status]
        table.add_row(Text(mark, style=style), Text(_shown(ruling.requirement)), Text(_shown(ruling.reason)))
    return table


def _waivers(verdict: Verdict, listed: int) -> Iterator[RenderableType]:
    """Show what was accepted, with its owner; what does not count comes first, and all of it."""
    yield _heading("Waivers", f"as of {verdict.waivers_as_of}: {summary(verdict.waivers)}")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    shown, honoured = ordered(verdict.waivers), len(verdict.waived)
    for each in shown[: len(shown) - max(honoured - listed, 0)]:
        label, style = _WAIVERS[each.status]
        value = f"{each.preview} " if each.preview else ""
        which = f"{each.entity_type} {value}{each.fingerprint[:_DIGITS]}, {until(each, verdict.waivers_as_of)}"
        told = Text(f"{_shown(which)}\n{_shown(said(each))}")
        if each.why:
            told.append(f"\n{_shown(each.why)}", style=style)
        table.add_row(Text(label, style=style), told)
    yield _indented(table)
    if honoured > listed:
        yield _note(f"and {honoured - listed:,} more honoured, see report.json")


def _leaks(probe: ProbeEvidence, waived: Collection[str], listed: int) -> Iterator[RenderableType]:
    leaks = [extracted for extracted in probe.extracted if extracted.attributable]
    against = f"against {_shown(probe.reference.name)}" if probe.reference else "without a reference model"
    yield _heading("What the model gave away", f"{_shown(probe.target.name)}, {against}")
    if leaks:
        table = _table("value", "what", "records", "chance", "reference", "tries")
        for leak in sorted(leaks, key=lambda leak: (leak.fingerprint in waived, *_worst_first(leak)))[:listed]:
            table.add_row(
                _preview(leak.preview),
                _what(leak, waived),
                f"{leak.records:,}",
                _percent(leak.probability),
                "" if leak.reference_probability is None else _percent(leak.reference_probability),
                _tries(leak.expected_tries),
            )
        yield _indented(table)
        yield _note("chance: that one sample says it under the attack that tells most; tries: samples until it is seen")
        if len(leaks) > listed:
            yield _note(f"and {len(leaks) - listed:,} more, see report.json")
        yield Text("")
    yield from _repetition(probe.extracted)
    for measured in probe.measurements:
        if measured.metric == "extraction_rate" and measured.by == "all":
            yield _note(f"{_shown(measured.attack)}: {_rate(measured)}")
    decided = [e.outcome for e in probe.extracted if e.outcome in ("common", "undecided")]
    if decided:
        yield _note(
            f"{decided.count('common'):,} more are extractable but common: a control gives them away too; "
            f"{decided.count('undecided'):,} cannot be decided"
        )
    yield _note(
        f"{probe.coverage.targets:,} targets, {probe.coverage.trials:,} trials, {probe.coverage.failed:,} failed"
    )
    if probe.false_no_go is not None:
        yield _note(
            f"a model that never saw this data has a leak blamed on it with a chance of at most {probe.false_no_go:.0%}"
        )
    yield from _attacks(probe)
    if probe.coverage.combinations:
        yield _note(f"{counted(probe.coverage.combinations, 'finding')} made of others not tried, their parts are")
    for failure in probe.coverage.failures[:listed]:
        yield _bullet(_shown(failure))
    if len(probe.coverage.failures) > listed:
        yield _note(f"and {len(probe.coverage.failures) - listed:,} more reasons, see report.json")


def _attacks(probe: ProbeEvidence) -> Iterator[RenderableType]:
    """Show what each attack did where there were several, and always what it could not do."""
    ran = [run for run in probe.attacks if run.tried]
    if len(ran) > 1:
        table = _table("attack", "tried on", "extracted", "lift", "how")
        for run in ran:
            table.add_row(_shown(run.name), f"{run.tried:,}", f"{run.attributable:,}", _times(run.lift), run.method)
        yield Text("")
        yield _indented(table)
        yield _note("lift: how many times likelier values are under the wrapper (+) than after the plain prompt")
    limits: dict[str, list[str]] = {}
    for run in probe.attacks:
        if run.power:
            limits.setdefault(run.power, []).append(run.name)
    for power, names in limits.items():
        yield _bullet(_shown(f"{', '.join(names)}: {power}"), style="yellow")
    if probe.regurgitated:
        longest = max(each.tokens for each in probe.regurgitated)
        records = counted(len(probe.regurgitated), "training record")
        yield _note(f"{records} repeated word for word, the longest over {longest:,} words")


def _rate(measured: Measurement) -> str:
    over = POPULATIONS[measured.population]
    told = [f"{measured.count / measured.n:.2%}"]
    if measured.method == "clopper-pearson":
        told.append(f"between {measured.low:.2%} and {measured.high:.2%} at {measured.confidence:.0%} confidence")
    if measured.undecided:
        told.append(f"{measured.undecided:,} undecided")
    return f"{measured.count:,} of {measured.n:,} {over} extracted ({', '.join(told)})"


def _repetition(extracted: Sequence[Extracted]) -> Iterator[RenderableType]:
    """Show how leaks rise with repetition: what was repeated most leaks most."""
    groups: dict[int, list[bool]] = {}
    for each in extracted:
        groups.setdefault(1 << (each.records.bit_length() - 1), []).append(each.attributable)
    if not any(any(group) for group in groups.values()):
        return
    table = _table("repeated in", "leaked", "")
    for least, group in sorted(groups.items()):
        share = sum(group) / len(group)
        records = "1 record" if least == 1 else f"{least}–{2 * least - 1} records"
        bar = Text("█" * round(share * _BAR) or "▏" * any(group), style="red")
        table.add_row(records, f"{sum(group):,} of {len(group):,}", bar)
    yield _indented(table)
    yield Text("")


def _data(scan: ScanEvidence, waived: Collection[str], listed: int) -> Iterator[RenderableType]:
    names = ", ".join(_shown(PurePath(each.path).name) for each in scan.inputs[:3])
    more = f" and {len(scan.inputs) - 3:,} more" if len(scan.inputs) > 3 else ""  # noqa: PLR2004 - as listed above
    yield _heading("What the data holds", names + more)
    coverage = scan.coverage
    yield _note(
        f"{counted(coverage.records, 'record')}, {counted(coverage.passages, 'passage')}, "
        f"{counted(coverage.characters, 'character')} read; "
        f"{coverage.records_unread:,} not read"
    )
    for unread in coverage.unread[:listed]:
        yield _bullet(_shown(str(unread)), style="yellow")
    if len(coverage.unread) > listed:
        yield _note(f"and {len(coverage.unread) - listed:,} more, see report.json")
    if scan.allowed:
        left_out = counted(sum(scan.allowed.values()), "occurrence")
        types = ", ".join(f"{_shown(name)} {count:,}" for name, count in scan.allowed.items())
        yield _note(f"{left_out} left out by the policy's allow list ({types})")
    if not scan.findings:
        yield _note("nothing was found")
        return
    yield Text("")
    yield _indented(_totals(scan))
    yield Text("")
    yield _heading("Riskiest findings", "masked; all of them are in findings.jsonl")
    table = _table("value", "what", "records", "first seen")
    riskiest = sorted(
        scan.findings, key=lambda f: (f.fingerprint in waived, f.tier != "block", -f.risk, place(f.locations[0]))
    )
    for finding in riskiest[:listed]:
        first = finding.locations[0]
        where = str(first).removeprefix(first.path)  # the file's name says enough here; findings.jsonl has its path
        table.add_row(
            _preview(finding.preview),
            _what(finding, waived),
            f"{finding.records:,}",
            Text(_shown(PurePath(first.path).name + where), overflow="fold"),
        )
    yield _indented(table)


def _totals(scan: ScanEvidence) -> Table:
    table = _table("entity type", "severity", "findings", "of them block", "occurrences", "records")
    gravest = {finding.entity_type: finding.severity for finding in reversed(scan.findings)}
    blocking = {finding.fingerprint: finding.entity_type for finding in scan.findings if finding.tier == "block"}
    by_type = list(blocking.values())
    order = list(_SEVERITY_STYLE)
    for name, total in sorted(
        scan.totals.by_entity.items(), key=lambda item: (order.index(gravest[item[0]]), -item[1].findings)
    ):
        table.add_row(
            Text(_shown(name)),
            Text(gravest[name], style=_SEVERITY_STYLE[gravest[name]]),
            f"{total.findings:,}",
            f"{by_type.count(name):,}",
            f"{total.occurrences:,}",
            f"{total.records:,}",
        )
    return table


def _worst_first(leak: Extracted) -> tuple[int, float, str]:
    return (list(_SEVERITY_STYLE).index(leak.severity), -leak.probability, leak.fingerprint)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in _NUMERIC else "left", no_wrap=name != "first seen")
    return table


def _heading(text: str, aside: str = "") -> Text:
    return Text.assemble((text, "bold"), (f"  {aside}" if aside else "", "dim"))


def _bullet(text: str, style: str = "") -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=3, justify="right")
    table.add_column(overflow="fold")
    table.add_row("•", Text(text, style=style))
    return table


def _note(text: str) -> RenderableType:
    return _indented(Text(text))


def _indented(renderable: RenderableType) -> RenderableType:
    return Padding(renderable, (0, 0, 0, 2))


def _shown(text: str) -> str:
    return clipped(text, _LONGEST)


def _preview(preview: str) -> Text:
    return Text(_shown(preview), style="bold")


def _what(found: Finding | Extracted, waived: Collection[str]) -> Text:
    what = Text(_shown(found.entity_type), style=_SEVERITY_STYLE.get(found.severity, ""))
    return what.append(" waived", style="cyan") if found.fingerprint in waived else what


def _percent(probability: float) -> str:
    if probability < 1e-4:  # noqa: PLR2004 - the last digit shown
        return "< 0.01 %"
    return f"{100 * probability:.3g} %"


def _times(lift: float | None) -> str:
    if lift is None:
        return ""
    return f"{lift:,.0f} x" if lift >= 10 else f"{lift:.2g} x"  # noqa: PLR2004 - two digits are all that it is good for


def _tries(expected: int | None) -> str:
    return "" if expected is None else f"{expected:,}"


FORMAT = Format(name="text", file="report.txt", render=render)
