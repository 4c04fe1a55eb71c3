"""Every output format against a file that a person has read. Written anew with: FINETOOTH_GOLDEN=write make test"""

import json
import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from reports import REPORTS, TODAY, report, waived

from evidences import evidence, finding, location, scanned
from finetooth.formats import html
from finetooth.formats.json import load, schema
from finetooth.formats.registry import FORMATS

PAGE = Path(html.__file__).with_name("page")
GOLDEN = Path(__file__).parents[1] / "golden"


def without_style_and_script(rendered):
    """Leave out what is the same in every page and has files of its own."""
    for name in ("style.css", "script.js"):
        rendered = rendered.replace((PAGE / name).read_text("utf-8"), f"({name})")
    return re.sub(r"'sha256-[^']+'", "'sha256-…'", rendered)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda format_: format_.name)
def test_golden(name, format_):
    path = GOLDEN / name / format_.file
    rendered = without_style_and_script(format_.render(REPORTS[name]))
    if os.environ.get("FINETOOTH_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered, "utf-8")
    assert rendered == path.read_text("utf-8")


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_survives_its_json(name):
    assert load(FORMATS["json"].render(REPORTS[name]).encode(), "report.json") == REPORTS[name]


def test_the_schema_describes_every_key_of_the_contract():
    told = json.loads(schema())
    assert set(told["required"]) >= {"tool", "verdict", "policy", "scan", "probe", "timing"}
    assert "description" in told["$defs"]["Finding"]["properties"]["fingerprint"]
    assert "in" in told["$defs"]["Location"]["properties"]


def test_report_json_lists_the_riskiest_and_says_where_it_stops():
    many = [finding("EMAIL_ADDRESS", f"{n:032x}", records=1 + n % 7) for n in range(1500)]
    told = json.loads(FORMATS["json"].render(report(evidence(scanned(*many, records=9)))))
    assert len(told["scan"]["findings"]) == told["scan"]["findings_limit"] == 1000
    assert told["scan"]["totals"]["findings"] == 1500
    assert min(f["records"] for f in told["scan"]["findings"]) >= 3


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\u202etxt.exe", "[red]bold[/red]", "\x07", "a\nb"])
def test_what_a_dataset_says_of_itself_is_inert_on_screen(hostile):
    place = location(pointer=f"/{hostile}", path=f"{hostile}.jsonl")
    made = replace(finding(), locations=(place,))
    shown = FORMATS["text"].render(report(evidence(scanned(made))))
    assert all(c.isprintable() or c == "\n" for c in shown)
    if "[" in hostile and "\x1b" not in hostile:
        assert "[red]" in shown


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\u202etxt.exe", "[red]bold[/red]", "\x07", "a\nb", "x" * 500])
@pytest.mark.parametrize("expires", [TODAY, date(2020, 1, 1)])
def test_what_a_waiver_says_for_itself_is_inert_on_screen(hostile, expires):
    waiver = waived(finding(), expires, owner=f"o{hostile}", reason=f"r{hostile}")
    shown = FORMATS["text"].render(report(evidence(scanned(finding())), waivers=[waiver]))
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert max(map(len, shown.splitlines())) <= 110
    if "[red]" in hostile:
        assert "r[red]bold[/red]" in shown


def test_the_schema_describes_waivers():
    told = json.loads(schema())
    ruling = told["$defs"]["WaiverRuling"]["properties"]
    assert (ruling["expires"]["type"], ruling["expires"]["format"]) == ("string", "date")
    assert ruling["status"]["enum"] == ["honoured", "expired", "refused", "unmatched"]


def test_a_report_from_before_there_were_waivers_is_read():
    told = json.loads(FORMATS["json"].render(REPORTS["go"]))
    del told["verdict"]["waivers"], told["verdict"]["waivers_as_of"]
    assert load(json.dumps(told).encode(), "report.json") == REPORTS["go"]
