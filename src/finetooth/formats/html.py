"""``report.html``: for people. One file that asks for nothing from outside, and that can be read without JavaScript.

Nothing of the data can act in it. Jinja escapes whatever it prints, charts are built as trees, the findings are JSON
that no ``</script>`` can leave, and the page's policy runs the one script and the one style that it was made with.
"""

from __future__ import annotations

import json
import shlex
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from finetooth.counting import counted
from finetooth.formats import advice, charts, findingrows, leaks, picture
from finetooth.formats.format import Format
from finetooth.measurement import METRICS, POPULATIONS
from finetooth.printable import clipped
from finetooth.report import Report
from finetooth.verdict import Ruling, Status

if TYPE_CHECKING:
    from jinja2 import Environment

_PAGE: Final = Path(__file__).with_name("page")
_STATIC_ROWS: Final = 200
_LEAKS_LISTED: Final = 100
_UNREAD_LISTED: Final = 500
_FILES_LISTED: Final = 200
_LONGEST: Final = 600
_STRIPS: Final = 8
_ORDER: tuple[Status, ...] = ("FAIL", "UNPROVEN", "WAIVED", "PASS")
_QUESTIONS = {"train": "May this data be trained on?", "release": "May this model leave?"}


def render(report: Report) -> str:
    """Return the page."""
    style, script = (_PAGE / "style.css").read_text("utf-8"), (_PAGE / "script.js").read_text("utf-8")
    return _environment().get_template("report.html").render(
        report=report,
        verdict=report.verdict,
        scan=report.scan,
        probe=report.probe,
        style=_trusted(style),
        script=_trusted(script),
        csp=_trusted(_csp(style, script)),
        question=_QUESTIONS[report.verdict.stage],
        rulings=sorted(report.verdict.rulings, key=lambda ruling: _ORDER.index(ruling.status)),
        steps=advice.next_steps(report),
        remedy=lambda ruling: advice.remedy(ruling, report),
        **_data(report),
        **_leaks(report),
        **_findings(report),
        command=_command(report),
        unread_listed=_UNREAD_LISTED,
        files_listed=_FILES_LISTED,
    )  # fmt: skip


def _data(report: Report) -> dict[str, Any]:
    scan = report.scan
    if scan is None:
        return {"entities": [], "severities": [], "roles": [], "strips": [], "repeats": []}
    return {
        "entities": picture.by_entity(scan),
        "severities": picture.by_severity(scan.findings),
        "roles": picture.by_role(scan.findings),
        "strips": picture.strips(scan, _STRIPS),
        "repeats": picture.repeats(scan.findings),
    }


def _leaks(report: Report) -> dict[str, Any]:
    extracted = report.probe.extracted if report.probe else ()
    worst = leaks.worst_first(extracted)
    blamed, said = leaks.overall(report.probe.measurements if report.probe else ())
    return {
        "rates": blamed,
        "rates_said": said,
        "ways": leaks.ways,
        "leaks": worst[:_LEAKS_LISTED],
        "leaks_left_out": max(0, len(worst) - _LEAKS_LISTED),
        "leaked": len(worst),
        "repetition": leaks.by_repetition(extracted),
        "leaks_by_entity": leaks.by_entity(extracted),
        "subjects": leaks.by_subject(extracted),
        "undecided": sum(each.outcome == "undecided" for each in extracted),
        "common": sum(each.outcome == "common" for each in extracted),
    }


def _findings(report: Report) -> dict[str, Any]:
    found = report.scan.findings if report.scan else ()
    probed = {each.fingerprint: each for each in report.probe.extracted} if report.probe else {}
    return {
        "table": _script_json(findingrows.table(report)),
        "static_rows": findingrows.riskiest(found, _STATIC_ROWS),
        "where": findingrows.where,
        "places_listed": findingrows.PLACES,
        "rows_left_out": max(0, len(found) - findingrows.ROWS),
        "probed": probed,
        "waived": report.verdict.waived,
    }


def _script_json(value: Any) -> Any:
    """Return JSON that can stand in a script element: nothing in it can end the element or open another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return _trusted(text)


def _csp(*inline: str) -> str:
    """Return the page's policy: its own style and script by their digests, and nothing else from anywhere."""
    style, script = (f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in inline)
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _command(report: Report) -> str:
    """Return the command that repeats the run, as far as the report knows it."""
    words = ["finetooth", "scan" if report.verdict.stage == "train" else "audit"]
    words += [each.path for each in report.scan.inputs[:_STRIPS]] if report.scan else ["DATA"]
    if report.scan and len(report.scan.inputs) > _STRIPS:
        words.append("…")
    if report.probe:
        words += ["--model", report.probe.target.name]
        words += ["--base", report.probe.reference.name] if report.probe.reference else []
        words += [word for each in report.probe.holdout[:_STRIPS] for word in ("--holdout", each.path)]
        words += ["…"] if len(report.probe.holdout) > _STRIPS else []
    words += ["--policy", report.policy.name]
    return " ".join(shlex.quote(clipped(word, findingrows.LONGEST)) for word in words)


def _number(ruling: Ruling, value: float | None) -> str:
    """Return a number in the unit of a ruling's metric."""
    if value is None:
        return "no limit"
    return f"{100 * value:.3g} %" if ruling.metric.endswith("_rate") else f"{value:,g}"


def _chance(probability: float | None) -> str:
    if probability is None:
        return "–"
    return f"{100 * probability:.3g} %" if probability >= 1e-4 else f"{probability:.0e}"  # noqa: PLR2004 - 0.01 %


def _size(count: float) -> str:
    """Return a size as people read it: three digits and an SI unit."""
    for unit in ("bytes", "KB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":  # noqa: PLR2004 - SI units
            return f"{count:,.3g} {unit}"
        count /= 1000
    raise AssertionError("the last unit takes all")


def _trusted(markup: str) -> Any:
    """Mark text of our own as markup."""
    from markupsafe import Markup  # noqa: PLC0415 - only where a page is made

    return Markup(markup)  # noqa: S704 - our own files, charts that escape, and JSON without angle brackets


def _inert(value: object) -> object:
    """Make whatever the page prints printable and short; Jinja escapes it after that."""
    return clipped(value, _LONGEST) if type(value) is str else value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only where a page is made

    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_PAGE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )
    environment.filters |= {
        "counted": counted,
        "count": lambda value: f"{value:,}",
        "chance": _chance,
        "share": lambda value: f"{100 * value:.3g} %",
        "size": _size,
        "name": lambda path: path.rstrip("/").rsplit("/", 1)[-1],
    }
    environment.globals |= {"number": _number, "populations": POPULATIONS, "metrics": METRICS} | {
        name: _drawn(draw)
        for name, draw in {
            "draw_ruling": charts.ruling,
            "draw_rate": charts.rate,
            "draw_odds": charts.odds,
            "draw_bar": charts.bar,
            "draw_strip": charts.strip,
            "draw_repetition": charts.repetition,
            "draw_scatter": charts.scatter,
        }.items()
    }
    return environment


def _drawn(draw: Any) -> Any:
    return lambda *arguments: _trusted(draw(*arguments))


FORMAT = Format(name="html", file="report.html", render=render)
