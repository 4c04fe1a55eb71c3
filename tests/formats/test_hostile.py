"""What a dataset, a model, a policy or a waiver says of itself comes out inert in every format."""

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from reports import REPORTS, report
from schemas import junit_errors, sarif_errors

from evidences import evidence, extracted, finding, location, measured, probed, scanned, sighting
from finetooth.difference import difference
from finetooth.evidence import AttackRun, Regurgitation, Unread
from finetooth.finding import gather
from finetooth.formats import html
from finetooth.formats.differences import RENDERERS
from finetooth.formats.registry import FORMATS
from finetooth.verdict import WaiverRuling

HOSTILE = {
    "script": "</script><script>alert(1)</script>",
    "attribute": "\" onmouseover=alert(1) x=' onload=alert(1) y=`",
    "image": "<img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "comment": "--><svg/onload=alert(1)><!-- ]]> <![CDATA[",
    "terminal": "\x1b[2J\x1b]8;;http://evil.example\x07click\x9b31m",
    "formula": "=cmd|' /C calc'!A0",
    "turned": "\u202egpj.exe\u2066\u200f\u2028\u2029",
    "rich": "[red]bold[/red][link=http://evil.example]x[/link]",
    "markdown": "![x](http://evil.example/x.png) [y](javascript:alert(1)) @octocat #1 `a` | b \\| c\n# head\n---",
    "long": "A" * 1_000_000,
    "null": "a\x00b",
}


def hostile_report(bad):
    """Return a report in which everything that a stranger can name is named ``bad``."""
    place = location(path=bad, pointer=f"/{bad}")
    [found] = gather([replace(sighting(entity="API_KEY", place=place), preview=bad, rules=(bad,))], 10)
    found = replace(found, entity_type=bad, fingerprint=bad)
    other = finding("EMAIL_ADDRESS", "b" * 32)
    leak = replace(extracted(found), attack=bad, attacks={bad: 0.9, "targeted": 0.1}, subject=bad)
    unread = Unread(path=bad, line=3, record=2, reason=bad)
    probe = replace(
        probed(leak, measurements=[measured(), replace(measured(), by="entity_type", group=bad, attack=bad)], failed=1),
        attacks=(AttackRun(name=bad, method="sampling", trials=1, failed=1, tried=1, attributable=1, power=bad),),
        regurgitated=(
            Regurgitation(attack=bad, path=bad, record=0, line=1, tokens=50, answers=1, reference_answers=None),
        ),
    )
    probe = replace(
        probe,
        target=replace(probe.target, name=bad, kind=bad, digest=bad, version=bad),
        reference=replace(probe.target, name=bad),
        coverage=replace(probe.coverage, failures=(bad,)),
    )
    scan = scanned(found, other, unread=[unread], allowed={bad: 3})
    scan = replace(
        scan,
        inputs=tuple(replace(each, path=bad, format=bad) for each in scan.inputs),
        detectors=tuple(replace(each, name=bad, version=bad) for each in scan.detectors),
    )
    made = report(evidence(scan, probe), "release")
    waivers = tuple(
        WaiverRuling(
            fingerprint=each.fingerprint,
            entity_type=bad,
            reason=bad,
            owner=bad,
            expires=date(2027, 1, 1),
            status=status,
            preview=bad,
            why=bad,
        )
        for each, status in ((other, "honoured"), (found, "expired"))
    )
    rulings = tuple(replace(ruling, requirement=bad, reason=bad) for ruling in made.verdict.rulings)
    return replace(
        made,
        key_id=bad,
        tool=replace(made.tool, version=bad),
        verdict=replace(made.verdict, rulings=rulings, waivers=waivers, waivers_as_of=date(2027, 1, 2)),
        policy=replace(made.policy, name=bad, sha256=bad),
    )


@pytest.fixture(params=HOSTILE, scope="module")
def made(request):
    return hostile_report(HOSTILE[request.param])


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_but_print_and_line_breaks(made, name):
    assert {c for c in FORMATS[name].render(made) if not (c.isprintable() or c == "\n")} == set()


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"json"}))
def test_half_a_character_is_shown_as_none(name):
    assert FORMATS[name].render(hostile_report("a\ud800b")).encode()


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"json"}))
def test_a_megabyte_of_name_fills_nothing(name):
    assert len(FORMATS[name].render(hostile_report(HOSTILE["long"]))) < 150_000


class _Elements(HTMLParser):
    """What a page is made of, and what its texts say."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.texts.append(data)


def elements(page):
    parser = _Elements()
    parser.feed(page)
    parser.close()
    return parser


def test_the_page_has_the_elements_of_any_page(made):
    known = {tag for each in REPORTS.values() for tag in elements(html.render(each)).tags}
    page = elements(html.render(made))
    assert set(page.tags) - known == set()
    assert page.tags.count("script") == 2
    assert page.tags.count("style") == 1


def test_no_attribute_acts_or_leads_away(made):
    for _, name, value in elements(html.render(made)).attributes:
        assert not name.startswith("on")
        assert name not in {"style", "src", "srcdoc", "action", "formaction"}
        if name == "href":
            assert value.startswith(("#", "data:image/svg+xml,"))


def test_the_page_shows_it_as_text():
    page = elements(html.render(hostile_report(HOSTILE["script"])))
    assert any(HOSTILE["script"] in text for text in page.texts)


def test_the_table_of_the_page_is_json_that_nothing_leaves(made):
    page = html.render(made)
    [table] = re.findall(r'<script type="application/json" id="table">(.*?)</script>', page, re.DOTALL)
    assert not set(table) & set("<>&")
    assert len(json.loads(table)["rows"]) == 2


def test_markdown_formats_nothing_and_leads_nowhere(made):
    known = {token.type for token in tokens(FORMATS["markdown"].render(REPORTS["attacked"]))} | {"text", "escape"}
    told = tokens(FORMATS["markdown"].render(made))
    assert {token.type for token in told} - known <= {"blockquote_open", "blockquote_close", "softbreak"}
    for token in told:
        if token.type in {"html_inline", "html_block"}:
            assert re.fullmatch(r"(\s*(<!--[^>]*-->|</?(details|summary|sub)>|[^<>]*))*", token.content)


def test_markdown_calls_nobody(made):
    for token in tokens(FORMATS["markdown"].render(made)):
        if token.type == "text":
            assert not re.search(r"[@#](?=\w)", token.content.replace("#x27", ""))


def test_markdown_keeps_its_tables_in_shape(made):
    blocks = re.findall(r"(?:^\|.*\n)+", FORMATS["markdown"].render(made), re.MULTILINE)
    assert len(blocks) == 5
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}) == 1


def tokens(text):
    parser = MarkdownIt("commonmark", {"linkify": False}).enable("table").enable("strikethrough")
    return [each for token in parser.parse(text) for each in (token, *(token.children or ()))]


def test_junit_is_valid_and_holds_it_as_text(made):
    text = FORMATS["junit"].render(made)
    assert junit_errors(text) == []
    assert {each.tag for each in ElementTree.fromstring(text).iter()} <= {
        *("testsuites", "testsuite", "testcase", "failure", "error", "skipped")
    }


def test_sarif_is_valid_and_links_nowhere(made):
    log = json.loads(FORMATS["sarif"].render(made))
    assert sarif_errors(log) == []
    for result in log["runs"][0]["results"]:
        assert "](" not in result["message"]["text"]
        for place in result["locations"]:
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9_.~%/:-]+", uri)
            assert not uri.startswith(("javascript:", "data:"))


def test_gitlab_names_every_finding_once(made):
    issues = json.loads(FORMATS["gitlab"].render(made))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 3


@pytest.mark.parametrize("name", RENDERERS)
def test_a_difference_is_inert_too(made, name):
    calm = replace(REPORTS["attacked"], key_id=made.key_id)
    for before, after in ((calm, made), (made, calm)):
        text = RENDERERS[name](difference(before, after))
        assert {c for c in text if not (c.isprintable() or c == "\n")} == set()
        assert len(text) < 70_000 or name == "json"
