"""``report.md``: a pull-request comment. Verdict first, and never longer than GitHub takes.

What comes from the data stands in code spans, and all else is escaped, so that it formats nothing, links nowhere, and
calls nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from finetooth.counting import counted
from finetooth.evidence import ProbeEvidence, ScanEvidence
from finetooth.formats import leaks, picture
from finetooth.formats.advice import next_steps
from finetooth.formats.findingrows import riskiest
from finetooth.formats.format import Format
from finetooth.measurement import METRICS, POPULATIONS
from finetooth.printable import clipped
from finetooth.report import Report
from finetooth.verdict import Status, Verdict

LIMIT: Final = 65_536
"""Characters that a comment on GitHub may have."""
MARKER: Final = "<!-- finetooth -->"
"""The first line, by which a job finds its earlier comment and replaces it."""
_LISTED: Final = 20
_LONGEST: Final = 160
_PROSE: Final = 600
_SIGNS: dict[str, str] = {"GO": "✅", "NO-GO": "⛔", "INCOMPLETE": "⚠️"}
_MARKS: dict[Status, str] = {"FAIL": "❌ fail", "UNPROVEN": "❔ unproven", "WAIVED": "🟣 waived", "PASS": "✅ pass"}
_ORDER: tuple[Status, ...] = ("FAIL", "UNPROVEN", "WAIVED", "PASS")
_QUESTIONS = {"train": "may this data be trained on?", "release": "may this model leave?"}
_CUT: Final = "\n\n**This comment was cut off here: GitHub takes no more. The whole is in `report.json`.**\n"


def render(report: Report) -> str:
    """Return the comment."""
    text = "\n".join(_lines(report)) + "\n"
    if len(text) > LIMIT:  # every part has an end, so this is for what nobody foresaw
        text = text[: LIMIT - len(_CUT)].rpartition("\n")[0] + _CUT
    return text


def code(text: str) -> str:
    """Return text as a code span, in which nothing is markup.

    >>> code("a*b*"), code("`x`")
    ('`a*b*`', '`` `x` ``')
    """
    shown = clipped(text, _LONGEST).replace("\\|", "\\│")  # a table takes the backslash for its own
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown or ' '}{pad}{fence}"


def prose(text: str) -> str:
    r"""Return text that says what it says and formats, links and calls nothing.

    >>> prose("*now* @team")
    '\\*now\\* @<!-- -->team'
    """
    shown = re.sub(r"([\\`*_{}\[\]#!~<>$&^]|^[-+=]|(?<=^\d)[.)])", r"\\\1", clipped(text, _PROSE))
    shown = re.sub(r"(@|\\[#!~$&]|%)(?=\w)", r"\1<!-- -->", shown)  # mentions and references
    return re.sub(r"(?i)(?<=www)(?=\.)|(?<=:)(?=//)|(?<=\bgh)(?=-\d)", "<!-- -->", shown)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a table; a head that ends with a colon is right-aligned."""
    named = list(heads)
    yield ""
    yield f"| {' | '.join(head.rstrip(':') for head in named)} |"
    yield f"|{'|'.join('--:' if head.endswith(':') else '---' for head in named)}|"
    for row in rows:
        cells = " | ".join(cell.replace("|", r"\|") for cell in row)
        yield f"| {cells} |"
    yield ""


def _lines(report: Report) -> Iterator[str]:
    verdict = report.verdict
    yield MARKER
    yield f"## {_SIGNS[verdict.decision]} finetooth: {verdict.decision}"
    yield ""
    yield (
        f"**{verdict.stage.capitalize()} gate: {_QUESTIONS[verdict.stage]}** "
        f"Policy {code(report.policy.name)} {code(report.policy.sha256[:12])}"
    )
    rulings = sorted(verdict.rulings, key=lambda ruling: _ORDER.index(ruling.status))
    yield from table(
        ("", "requirement", "why"), ((_MARKS[r.status], code(r.requirement), prose(r.reason)) for r in rulings[:50])
    )
    yield from _more(len(rulings) - 50, "requirement", "report.json")
    yield "**What to do next**"
    yield ""
    yield from (f"- {prose(step)}" for step in next_steps(report))
    yield from _waivers(verdict)
    if report.probe:
        yield from _leaked(report.probe, verdict.waived)
    if report.scan:
        yield from _scanned(report.scan, verdict)
    yield ""
    yield f"<sub>finetooth {code(report.tool.version)} · values are masked · key {code(report.key_id)}</sub>"


def _waivers(verdict: Verdict) -> Iterator[str]:
    idle = [waiver for waiver in verdict.waivers if waiver.status != "honoured"]
    if idle:
        yield ""
        yield f"> [!WARNING]\n> {counted(len(idle), 'waiver')} that {'does' if len(idle) == 1 else 'do'} not count."
    if verdict.waivers:
        honoured = [waiver for waiver in verdict.waivers if waiver.status == "honoured"]
        yield from table(
            ("waiver", "finding", "owner", "until", "reason"),
            (
                (
                    "🟣 waived" if w.status == "honoured" else f"❌ {w.status}",
                    f"{code(w.entity_type)} {code(w.preview or w.fingerprint[:12])}",
                    code(w.owner),
                    str(w.expires),
                    prose(f"{w.reason}{f' ({w.why})' if w.why else ''}"),
                )
                for w in (*idle, *honoured)[:_LISTED]
            ),
        )
        yield from _more(len(verdict.waivers) - _LISTED, "waiver", "report.json")


def _leaked(probe: ProbeEvidence, waived: Collection[str]) -> Iterator[str]:
    yield ""
    yield "### What the model gave away"
    yield ""
    against = f"against {code(probe.reference.name)}" if probe.reference else "without a reference model"
    yield f"{code(probe.target.name)}, {against}"
    worst = leaks.worst_first(probe.extracted)
    if worst:
        yield from table(
            ("value", "what", "severity", "records:", "chance:", "attack"),
            (
                (
                    code(e.preview),
                    code(e.entity_type),
                    f"waived, {prose(e.severity)}" if e.fingerprint in waived else prose(e.severity),
                    f"{e.records:,}",
                    f"{100 * e.probability:.3g} %",
                    code(e.attack),
                )
                for e in worst[:_LISTED]
            ),
        )
        yield from _more(len(worst) - _LISTED, "leak", "report.json")
    yield ""
    blamed, said = leaks.overall(probe.measurements)
    for m in blamed[:_LISTED]:
        over, what = POPULATIONS[m.population], METRICS.get(m.metric, m.metric)
        told = f", {m.undecided:,} undecided" if m.undecided else ""
        yield f"- {code(m.attack)}: {m.count:,} of {m.n:,} {over} {prose(what)} ({m.low:.2%} to {m.high:.2%}{told})"
    yield from _more(len(said) + len(blamed[_LISTED:]), "rate", "report.json")
    limited = [run for run in probe.attacks if run.power]
    yield from (f"- ⚠️ {code(run.name)}: {prose(run.power)}" for run in limited[:_LISTED])
    yield from _more(len(limited) - _LISTED, "attack with such a limit", "report.json", "attacks with such a limit")
    if probe.regurgitated:
        yield f"- {counted(len(probe.regurgitated), 'training record')} repeated word for word"
    yield (
        f"- {probe.coverage.targets:,} targets, {probe.coverage.trials:,} trials, "
        f"**{probe.coverage.failed:,} failed**, **{probe.coverage.targets_skipped:,} not tried**"
    )


def _scanned(scan: ScanEvidence, verdict: Verdict) -> Iterator[str]:
    coverage = scan.coverage
    yield ""
    yield "### What the data holds"
    yield ""
    yield (
        f"{counted(scan.totals.findings, 'finding')} in {counted(coverage.records, 'record')}; "
        f"**{coverage.records_unread:,} not read**"
    )
    if coverage.unread:
        yield ""
        yield from (
            f"- ⚠️ {code(each.path)}{prose(str(each).removeprefix(each.path))}" for each in coverage.unread[:_LISTED]
        )
        yield from _more(len(coverage.unread) - _LISTED, "thing not read", "report.json", "things not read")
    entities = picture.by_entity(scan)
    if not entities:
        return
    yield from table(
        ("entity type", "severity", "findings:", "of them block:", "records:"),
        (
            (code(row.name), row.severity, f"{row.findings:,}", f"{row.block:,}", f"{row.records:,}")
            for row in entities[:_LISTED]
        ),
    )
    yield from _more(len(entities) - _LISTED, "entity type", "report.json")
    yield "<details><summary>Riskiest findings</summary>"
    yield from table(
        ("value", "what", "tier", "records:", "first seen"),
        (
            (
                code(finding.preview),
                code(finding.entity_type),
                "waived" if finding.fingerprint in verdict.waived else finding.tier,
                f"{finding.records:,}",
                code(str(finding.locations[0])),
            )
            for finding in riskiest(scan.findings, _LISTED)
        ),
    )
    yield from _more(len(scan.findings) - _LISTED, "finding", "findings.jsonl")
    yield "</details>"


def _more(count: int, noun: str, file: str, nouns: str = "") -> Iterator[str]:
    """Say how many were left out, if any."""
    if count > 0:
        told = f"{count:,} more {nouns}" if nouns and count > 1 else counted(count, f"more {noun}")
        yield ""
        yield f"**and {told}, in `{file}`**"
        yield ""


FORMAT = Format(name="markdown", file="report.md", render=render)
