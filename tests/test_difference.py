from dataclasses import replace

import pytest
from reports import REPORTS, report

from evidences import bad_line, evidence, extracted, finding, location, measured, probed, scanned, sighting
from finetooth.difference import difference
from finetooth.errors import KeyMismatchError
from finetooth.finding import gather
from finetooth.formats.differences import RENDERERS

KEY, EMAIL, NAME = (
    finding("API_KEY", "1" * 32),
    finding("EMAIL_ADDRESS", "2" * 32, records=3),
    finding("PERSON", "3" * 32, tier="review"),
)


def scan_report(*findings, **how):
    return report(evidence(scanned(*findings, **how)))


def previews(changes):
    return [change.entity_type for change in changes]


def test_a_report_does_not_differ_from_itself():
    same = difference(REPORTS["attacked"], REPORTS["attacked"])
    assert (same.new, same.gone, same.changed, same.rulings, same.leaks, same.doubts) == ((), (), (), (), (), ())
    assert same.same == 7


def test_findings_are_new_gone_or_as_before():
    told = difference(scan_report(KEY, EMAIL), scan_report(EMAIL, NAME))
    assert (previews(told.new), previews(told.gone), told.changed, told.same) == (["PERSON"], ["API_KEY"], (), 1)
    assert (told.before, told.after) == ("NO-GO", "NO-GO")


def test_a_finding_that_moved_is_as_before():
    [moved] = gather([sighting("API_KEY", "1" * 32, location(7))], 1000)
    assert difference(scan_report(KEY), scan_report(moved)).same == 1


def test_a_finding_that_is_repeated_more_often_has_changed():
    more = finding("EMAIL_ADDRESS", "2" * 32, records=8)
    [change] = difference(scan_report(EMAIL), scan_report(more)).changed
    assert (change.before.records, change.after.records) == (3, 8)


def test_a_waiver_changes_a_finding():
    before = replace(REPORTS["waived"], verdict=replace(REPORTS["waived"].verdict, waivers=()))
    told = difference(before, REPORTS["waived"])
    assert [(change.before.waived, change.after.waived) for change in told.changed] == [(False, True)] * 2


def test_rulings_that_are_otherwise_are_listed():
    told = difference(scan_report(KEY), scan_report())
    assert [(r.requirement, r.before.status, r.after.status) for r in told.rulings] == [
        ("no-credentials", "FAIL", "PASS")
    ]
    assert told.after == "GO"


def test_leaks_are_compared_by_what_the_probe_says_of_them():
    def probe_report(*values):
        return report(evidence(scanned(KEY, EMAIL), probed(*values, measurements=[measured()])), "release")

    before = probe_report(extracted(KEY), extracted(EMAIL, "not-extractable", 1e-9))
    told = difference(before, probe_report(extracted(EMAIL)))
    assert [(leak.entity_type, leak.before, leak.after) for leak in told.leaks] == [
        ("EMAIL_ADDRESS", "not-extractable", "attributable"),
        ("API_KEY", "attributable", None),
    ]
    assert "~ API_KEY ••••••••: leaked (chance 90 %) -> not tried" in RENDERERS["text"](told)


def test_what_is_gone_because_nobody_could_look_is_doubted():
    told = difference(scan_report(KEY), scan_report(unread=[bad_line(3)]))
    assert told.doubts == ("1 record not read in the later scan; what is gone may stand there",)
    for render in RENDERERS.values():
        assert "may stand there" in render(told)


def test_different_policies_versions_and_gates_are_doubted():
    other = replace(scan_report(KEY), policy=replace(scan_report(KEY).policy, sha256="f" * 64))
    assert "different policies" in difference(scan_report(KEY), other).doubts[0]
    newer = scanned(KEY)
    newer = replace(newer, detectors=tuple(replace(each, version="2") for each in newer.detectors))
    assert "other versions" in difference(scan_report(KEY), report(evidence(newer))).doubts[0]
    doubts = " ".join(difference(scan_report(KEY), REPORTS["leaking"]).doubts)
    assert "different gates" in doubts
    assert "leaks cannot be compared" in doubts


def test_another_key_is_a_clear_error():
    with pytest.raises(KeyMismatchError, match="different keys"):
        difference(scan_report(KEY), replace(scan_report(KEY), key_id="ffffffff"))


def test_each_format_says_the_same():
    told = difference(scan_report(KEY, EMAIL), scan_report(EMAIL, NAME))
    text, markdown = RENDERERS["text"](told), RENDERERS["markdown"](told)
    assert text.splitlines()[0] == "NO-GO, as before"
    assert "1 new finding, 1 gone, 0 changed, 1 as before" in text
    assert "1 new finding, 1 gone, 0 changed, 1 as before" in markdown
    assert '"schema": "finetooth.difference/v1"' in RENDERERS["json"](told)


def test_a_large_difference_says_where_it_stops():
    many = [finding("EMAIL_ADDRESS", f"{n:032x}") for n in range(200)]
    told = difference(scan_report(), scan_report(*many))
    assert "and 150 more; --format json has all" in RENDERERS["text"](told)
    assert len(RENDERERS["markdown"](told)) < 65_536
