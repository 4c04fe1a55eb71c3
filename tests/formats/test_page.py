"""The page in a real browser: headless Chromium, without a network."""

import os
import shutil
from functools import cache
from time import perf_counter

import pytest
from playwright import sync_api
from playwright.sync_api import expect
from reports import REPORTS, report
from test_hostile import HOSTILE, hostile_report

from evidences import evidence, extracted, finding, location, probed, scanned, sighting
from finetooth.finding import gather
from finetooth.formats import html

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="NO BROWSER: the page was not tested; install chromium, or set CHROMIUM"
    ),
]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield made
        made.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens a report; the test fails where the page complains or asks for anything."""
    troubles, contexts = [], []

    def open_(made, **how):
        path = tmp_path / "report.html"
        path.write_text(made if isinstance(made, str) else html.render(made), "utf-8")
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
        page.on(
            "request", lambda request: request.url.startswith("data:") or troubles.append(f"request: {request.url}")
        )
        page.goto(path.as_uri())
        troubles.remove(f"request: {path.as_uri()}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@cache
def many():
    """Return a report over 50,000 findings."""
    listed = [
        finding(
            ("EMAIL_ADDRESS", "PHONE_NUMBER", "PERSON", "API_KEY")[n % 4],
            f"{n:032x}",
            records=1 + n % 3,
            tier="review" if n % 4 == 2 else "block",
        )
        for n in range(50_000)
    ]
    leaks = [extracted(each, "attributable" if n % 9 == 0 else "common") for n, each in enumerate(listed[:900])]
    return report(evidence(scanned(*listed, records=50_000), probed(*leaks)), "release")


def shown(page):
    return page.locator("#rows tbody tr")


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_opens_without_a_complaint_or_a_request(opened, name):
    page = opened(REPORTS[name])
    assert page.locator("h1").inner_text() == REPORTS[name].verdict.decision
    assert page.title() == f"{REPORTS[name].verdict.decision} · finetooth report"


@pytest.mark.parametrize("width", [360, 768, 1280, 1800])
def test_nothing_runs_out_of_the_window(opened, width):
    page = opened(REPORTS["attacked"])
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_findings_are_filtered(opened):
    page = opened(REPORTS["attacked"])
    assert shown(page).count() == 7
    page.select_option("#type", label="API_KEY (5)")
    expect(shown(page)).to_have_count(5)
    page.select_option("#leak", "attributable")
    page.wait_for_timeout(200)
    assert shown(page).count() == 5
    page.select_option("#severity", label="high (1)")
    expect(shown(page)).to_have_count(0)
    assert page.locator("#none").is_visible()
    page.get_by_role("button", name="Reset").click()
    expect(shown(page)).to_have_count(7)
    page.select_option("#tier", "0")
    expect(shown(page)).to_have_count(1)
    assert page.locator("#counted").inner_text() == "1 of 7"


def test_findings_are_searched(opened):
    page = opened(REPORTS["attacked"])
    page.fill("#search", "email train.jsonl")
    expect(shown(page)).to_have_count(1)
    assert "a•••@e•••.com" in shown(page).inner_text()


def test_findings_are_sorted(opened):
    page = opened(REPORTS["attacked"])
    page.get_by_role("button", name="Records").click()
    records = [int(text) for text in page.locator("#rows tbody td:nth-child(4)").all_inner_texts()]
    assert records == sorted(records, reverse=True)
    page.get_by_role("button", name="Records").press("Enter")
    assert page.locator("th[data-sort=records]").get_attribute("aria-sort") == "ascending"


def test_a_finding_opens_to_its_places_and_its_fingerprint(opened):
    page = opened(REPORTS["waived"])
    page.fill("#search", "e" * 32)
    expect(shown(page)).to_have_count(1)
    page.locator("#rows summary").click()
    told = shown(page).inner_text()
    assert "e" * 32 in told
    assert "train.jsonl:3" in told
    assert "Waived by privacy@acme.example, until 2027-02-01" in told


def test_an_entity_type_of_the_picture_leads_to_its_findings(opened):
    page = opened(REPORTS["attacked"])
    page.locator("a[data-type=API_KEY]").click()
    expect(shown(page)).to_have_count(5)


@pytest.mark.parametrize("javascript", [True, False])
def test_behind_a_key_from_right_to_left_a_span_reads_from_left_to_right(opened, javascript):
    [found] = gather([sighting(place=location(pointer="/مرحبا"))], 10)
    page = opened(report(evidence(scanned(found))), java_script_enabled=javascript)
    place = page.locator("#rows summary .place")
    assert place.inner_text() == "train.jsonl:1 مرحبا@14-33"
    whole, span = place.bounding_box(), place.locator("bdi").bounding_box()
    assert span["x"] + span["width"] == pytest.approx(whole["x"] + whole["width"], abs=1)


def test_what_scrolls_on_a_phone_is_reached_by_keyboard_and_what_does_not_is_no_stop(opened):
    page = opened(REPORTS["attacked"])
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("[tabindex]").count() == 0
    page.set_viewport_size({"width": 360, "height": 800})
    expect(page.locator(".scroll[tabindex='0'] .leaks").first).to_be_attached()
    page.locator("details.rest summary").first.click()
    expect(page.locator("details.rest .scroll").first).to_have_attribute("tabindex", "0")


@pytest.mark.parametrize("width", [390, 1280])
def test_what_charts_say_can_be_read(opened, width):
    page = opened(REPORTS["attacked"])
    page.set_viewport_size({"width": width, "height": 900})
    heights = page.evaluate(
        "[...document.querySelectorAll('.plot text')].map((each) => "
        "parseFloat(getComputedStyle(each).fontSize) * each.getScreenCTM().a)"
    )
    assert min(heights) > 10


def test_on_paper_no_table_runs_into_what_stands_beside_it(opened):
    page = opened(REPORTS["attacked"])
    page.set_viewport_size({"width": 700, "height": 990})  # A4 without its margins
    page.emulate_media(media="print")
    wide = "[...document.querySelectorAll('.pair > div')].filter((each) => each.scrollWidth > each.clientWidth + 1)"
    assert page.evaluate(f"{wide}.length") == 0


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_it_is_light_or_dark_as_the_system_is_and_as_the_reader_says(opened):
    light = background(opened(REPORTS["attacked"], color_scheme="light"))
    page = opened(REPORTS["attacked"], color_scheme="dark")
    dark = background(page)
    assert light != dark
    page.click("#theme")
    assert background(page) == light
    page.click("#theme")
    assert background(page) == dark


def test_it_prints_in_light_and_with_all_that_is_folded_away(opened):
    page = opened(REPORTS["attacked"], color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("#filters").is_visible()
    assert not page.locator(".bar").is_visible()
    assert page.locator("details.rest:not([open])").count() == 0
    assert background(page) == "rgb(255, 255, 255)"


def test_it_is_read_without_javascript(opened):
    page = opened(REPORTS["attacked"], java_script_enabled=False)
    assert page.locator("h1").inner_text() == "NO-GO"
    assert shown(page).count() == 7
    assert not page.locator("#filters").is_visible()
    assert not page.locator("#theme").is_visible()
    assert page.locator("svg.plot").count() == 2
    page.locator("#rows summary").first.click()
    assert page.locator("#rows .fingerprint").first.is_visible()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_do_nothing_but_stand_there(opened, name):
    page = opened(hostile_report(HOSTILE[name]))
    assert page.locator("img, iframe, object, embed").count() == 0
    assert page.locator("script").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.fill("#search", HOSTILE[name][:8].replace("\x1b", "").strip() or "x")
    page.wait_for_timeout(200)
    page.locator("#rows th").first.click()


def test_its_policy_keeps_out_what_is_put_into_it(browser, tmp_path):
    path = tmp_path / "report.html"
    evil = '<script>document.title = "owned"</script><img src="https://example.invalid/x" onerror="document.title=1">'
    path.write_text(html.render(REPORTS["attacked"]).replace("</main>", f"{evil}</main>"), "utf-8")
    page = browser.new_page()
    refused, asked = [], []
    page.on("console", lambda message: refused.append(message.text))
    page.on("response", lambda response: asked.append(response.url))
    page.goto(path.as_uri())
    assert page.title() == "NO-GO · finetooth report"
    assert sum("Content Security Policy" in text for text in refused) >= 3
    assert [url for url in asked if url.startswith("http")] == []
    page.close()


def test_fifty_thousand_findings_open_and_filter_without_freezing(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(html.render(many()), "utf-8")
    page = browser.new_page()
    started = perf_counter()
    page.goto(path.as_uri())
    page.locator("#filters").wait_for()
    opening = perf_counter() - started
    assert shown(page).count() == 50
    page.evaluate("""() => {
        window.longest = 0;
        new PerformanceObserver((seen) => {
          for (const each of seen.getEntries()) window.longest = Math.max(window.longest, each.duration);
        }).observe({ type: "longtask" });
    }""")
    page.select_option("#type", label="API_KEY (12,500)")
    expect(page.locator("#counted")).to_have_text("12,500 of 50,000")
    page.fill("#search", f"{49_999:032x}")
    expect(page.locator("#counted")).to_have_text("1 of 50,000")
    page.fill("#search", "")
    expect(page.locator("#counted")).to_have_text("12,500 of 50,000")
    page.get_by_role("button", name="Risk").click()
    page.wait_for_timeout(200)
    longest = page.evaluate("window.longest")
    print(f"opened in {opening:.2f} s; the longest task of filtering, searching and sorting took {longest:.0f} ms")  # noqa: T201
    page.close()
    assert opening < 10
    assert longest < 1000


def test_without_javascript_a_large_report_says_what_it_does_not_show(opened):
    page = opened(many(), java_script_enabled=False)
    assert shown(page).count() == 200
    assert "200 riskiest of 50,000 findings" in page.locator("#static-note").inner_text()
