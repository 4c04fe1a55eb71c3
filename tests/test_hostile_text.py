"""Hostile text goes through the whole line as it is, and comes out inert."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reports import report

from evidences import evidence
from fakes import PatternDetector
from finetooth.decodings.folding import _INVISIBLE
from finetooth.formats.json import load
from finetooth.formats.registry import FORMATS
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shard import Plan
from finetooth.sources.resolve import resolve
from finetooth.sources.rows import from_memory

DATA = Path(os.environ.get("FINETOOTH_DATA", Path(__file__).parents[2] / "shared" / "data"))
EVERYTHING = Plan(
    detectors=(PatternDetector(r"(?s).+", "PERSON", "context"),), detect=Detect(), key=FingerprintKey(b"k" * 32)
)


def through(sources):
    """Scan with a detector that finds everything, and return the report from its own JSON and its screen."""
    made = report(evidence(scan(sources, EVERYTHING)))
    told = load(FORMATS["json"].render(made).encode(), "report.json")
    assert told == made
    shown = FORMATS["text"].render(told)
    assert all(c.isprintable() or c == "\n" for c in shown)
    return told.scan


# What shows nothing at the ends of a text, and a mark on no letter, is no part of what is found there.
_SHOWN = st.characters(exclude_categories=["Cf", "Mn", "Me"], exclude_characters=_INVISIBLE)


@given(st.lists(st.text(_SHOWN, min_size=1), min_size=1, max_size=5))
@example([".\u0300", "e\u0301", "\uff21\u0300"])
def test_any_text_is_found_whole_and_round_trips(texts):
    seen = through(from_memory([{"text": text} for text in texts]))
    spans = {(place.record, place.start, place.end) for f in seen.findings for place in f.locations}
    assert spans >= {(n, 0, len(text)) for n, text in enumerate(texts) if "poison" not in text}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data at {DATA}; set FINETOOTH_DATA")
def test_naughty_strings_survive_as_records():
    path = DATA / "hostile" / "blns" / "blns.json"
    strings = json.loads(path.read_text("utf-8"))
    seen = through(resolve([str(path)]))
    assert (seen.coverage.records, seen.coverage.records_unread) == (len(strings), 0)
    assert seen.totals.occurrences == sum(bool(string) for string in strings)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data at {DATA}; set FINETOOTH_DATA")
def test_the_utf8_torture_text_is_read_or_said_to_be_unread():
    seen = through(resolve([str(DATA / "hostile" / "utf8")]))
    assert seen.coverage.records + seen.coverage.records_unread > 0
    assert all(unread.reason for unread in seen.coverage.unread)
