import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from reports import REPORTS, report

from evidences import bad_line, evidence, finding, location, measured, scanned, sighting
from finetooth.finding import gather
from finetooth.formats import findingrows, html

VOID = {"meta", "link", "br", "input"}


def page(name):
    return html.render(REPORTS[name])


def text(markup):
    """Return what a person reads without JavaScript, spaces made one."""
    markup = markup.partition("<main>")[2]
    markup = re.sub(r"<(script|style|template)\b.*?</\1>", " ", markup, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def rows_of(markup):
    [table] = re.findall(r'<script type="application/json" id="table">(.*?)</script>', markup, re.DOTALL)
    return json.loads(table)["rows"]


@pytest.mark.parametrize("name", REPORTS)
def test_every_element_is_closed_where_it_was_opened(name):
    class Nesting(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag not in VOID:
                self.open.append(tag)

        def handle_startendtag(self, tag, attrs):
            pass

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Nesting()
    parser.feed(page(name))
    assert parser.open == []


def test_its_policy_allows_its_own_script_and_style_and_nothing_else():
    markup = page("attacked")
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', markup)
    directives = {name: words for name, *words in (each.split() for each in policy.split(";"))}
    [style] = re.findall(r"<style>(.*?)</style>", markup, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", markup, re.DOTALL)
    assert directives["default-src"] == ["'none'"]
    for name, inline in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert directives[name] == [f"'sha256-{digest}'"]
    assert directives["img-src"] == ["data:"]
    assert "unsafe" not in policy


def test_verdict_and_rulings_come_first():
    told = text(page("leaking"))
    places = [told.index(each) for each in ("NO-GO", "What to do next", "Rulings", "What the model gave away")]
    assert places == sorted(places)
    assert told.index("What the model gave away") < told.index("What the data holds") < told.index("Coverage")


def test_a_ruling_shows_what_was_observed_against_what_is_allowed_and_what_to_do():
    told = text(page("leaking"))
    assert "observed 71.4 % at most 1 %" in told
    assert "Do not release this model." in told


def test_what_was_not_read_is_said_at_the_top_and_listed():
    told = text(page("incomplete"))
    assert "not read 2" in told
    assert "train.jsonl:7 not valid JSON" in told
    assert "2 things could not be read" in told


def test_what_was_not_read_and_not_listed_is_counted():
    told = text(html.render(report(evidence(scanned(unread=[bad_line(n) for n in range(1, 601)])))))
    assert "and 100 more, in report.json" in told


def test_a_waived_finding_is_shown_with_its_owner():
    told = text(page("waived"))
    assert "privacy@acme.example" in told
    assert "Waived by privacy@acme.example, until 2027-02-01: public support mailbox" in told


def test_waivers_that_do_not_count_are_loud():
    told = text(page("waivers"))
    assert "3 waivers do not count" in told
    assert "its last day was 2027-01-14" in told


def test_what_the_model_gave_away_is_told_by_attack_person_and_repetition():
    told = text(page("attacked"))
    assert "targeted+roleplay" in told
    assert "the endpoint gives no probabilities" in told
    assert "By person" in told
    assert "16–31" in told
    assert "5 of 7" in told
    assert "Training records, word for word" in told
    assert "chance of at most 3 %" in told


def test_a_rate_is_called_what_it_counts_and_says_leaked_only_of_leaks():
    made = REPORTS["leaking"]
    rates = (measured(count=5, n=7), measured("ordinary", count=9, n=300, metric="discoverable_rate_n16"))
    told = text(html.render(replace(made, probe=replace(made.probe, measurements=rates))))
    assert "extracted targeted findings 5 of 7" in told
    assert "emitted within 16 samples targeted sentences of ordinary text 9 of 300" in told


def test_of_the_attacks_that_say_a_value_the_worst_come_first_and_none_is_left_out():
    made = REPORTS["leaking"]
    chances = {"targeted": 0.9, "elicitation": 1e-7, "a": 0.1, "b": 0.3, "c": 0.2}
    leak = replace(made.probe.extracted[0], attacks=chances)
    told = text(html.render(replace(made, probe=replace(made.probe, extracted=(leak,)))))
    assert "targeted b 30 % c 20 % a 10 % 1 more elicitation 1e-07" in told


def test_files_of_one_name_are_told_apart():
    files = [location(path=f"{folder}/train.jsonl") for folder in ("old", "new")]
    made = [sighting(fingerprint=f"{n:032x}", place=place) for n, place in enumerate(files)]
    told = text(html.render(report(evidence(scanned(*gather(made, 10))))))
    assert "old/train.jsonl 1 place in" in told
    assert "new/train.jsonl 1 place in" in told


def test_where_there_is_no_data_the_remedy_is_to_give_some():
    assert "Mend what could not be read" not in text(page("empty"))


def test_what_ran_can_be_repeated():
    told = text(page("attacked"))
    command = "finetooth audit train.jsonl --model out/tuned --base out/base --holdout held_out.jsonl --policy standard"
    assert command in told
    assert "0123456789abcdef" * 4 in told
    assert "held_out.jsonl held out" in told
    made = REPORTS["attacked"]
    target = replace(made.probe.target, version="transformers 5.23.0, torch 2.13.0, bfloat16")
    told = text(html.render(replace(made, probe=replace(made.probe, target=target))))
    assert "out/tuned transformers 5.23.0, torch 2.13.0, bfloat16 no digest" in told


def test_without_javascript_the_riskiest_are_there_and_what_is_left_out_is_said():
    many = [finding("EMAIL_ADDRESS", f"{n:032x}", records=1 + n % 5) for n in range(450)]
    markup = html.render(report(evidence(scanned(*many))))
    told = text(markup)
    assert "200 riskiest of 450 findings, because JavaScript is off" in told
    assert markup.count('<code class="fingerprint">') == 200 + 1  # and the template's
    assert len(rows_of(markup)) == 450


def test_a_page_holds_so_many_findings_at_most_and_says_so(monkeypatch):
    monkeypatch.setattr(findingrows, "ROWS", 30)
    monkeypatch.setattr(findingrows.table, "__defaults__", (30,))
    many = [finding("EMAIL_ADDRESS", f"{n:032x}", records=1 + n // 20) for n in range(50)]
    markup = html.render(report(evidence(scanned(*many))))
    assert "20 findings of lesser risk are not on this page" in text(markup)
    assert {row[5] for row in rows_of(markup)} >= {2, 3}


def test_a_finding_of_many_places_lists_the_first_and_counts_the_others():
    [many] = gather((sighting(place=location(n)) for n in range(40)), 1000)
    assert "and 32 more places, in findings.jsonl" in text(html.render(report(evidence(scanned(many)))))


def test_the_same_report_gives_the_same_page():
    assert page("leaking") == page("leaking")


@pytest.mark.parametrize("name", REPORTS)
def test_charts_say_what_they_show_to_whoever_does_not_see_them(name):
    labels = re.findall(r'<svg[^>]*role="img" aria-label="([^"]*)"', page(name))
    assert labels
    assert all(labels)
    assert not any("pale" in label for label in labels)


def test_charts_stand_in_the_page_itself():
    markup = page("attacked")
    assert markup.count("<svg") > 20
    assert "http://" not in markup.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in markup


def test_a_report_of_an_earlier_version_has_no_intervals_and_still_renders():
    made = REPORTS["leaking"]
    older = tuple(replace(ruling, low=None, high=None) for ruling in made.verdict.rulings)
    assert "observed 71.4 %" in text(html.render(replace(made, verdict=replace(made.verdict, rulings=older))))


def test_a_probe_alone_is_a_page_too_and_says_what_is_missing():
    told = text(html.render(replace(REPORTS["leaking"], scan=None)))
    assert "What the model gave away" in told
    assert "No data was scanned: what it holds is unknown." in told


def test_a_waived_leak_says_by_whom():
    made = REPORTS["leaking"]
    leak = made.probe.extracted[0]
    waiver = replace(REPORTS["waived"].verdict.waivers[0], fingerprint=leak.fingerprint)
    told = text(
        html.render(replace(made, verdict=replace(made.verdict, waivers=(waiver,), waivers_as_of=waiver.expires)))
    )
    assert f"waived by {waiver.owner}" in told
