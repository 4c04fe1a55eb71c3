"""A result survives the way to disk and back."""

from dataclasses import replace

from fakes import PatternDetector
from finetooth.evidence import Unread
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.shard import Plan, scan_shard
from finetooth.shardcode import decode, encode, lasts
from finetooth.shardresult import Extent, ShardResult
from finetooth.sources.rows import from_memory

ROWS = [
    {"text": "ACC-123456 and ACC-123456", "more": {"ACC-777777": '{"email": "ACC-123456"}'}},
    {"messages": [{"role": "user", "content": "ACC\u200b-222222"}, {"role": "assistant", "content": "poison"}]},
]


def result():
    [source] = from_memory(ROWS)
    return scan_shard(source, Plan((PatternDetector(),), Detect(), FingerprintKey(b"k" * 32)))


def test_nothing_is_nothing():
    assert decode(encode(ShardResult())) == ShardResult()


def test_a_result_is_the_same_again():
    before = result()
    assert len(before.sightings) == 5
    assert before.unread
    assert decode(encode(before)) == before
    assert encode(decode(encode(before))) == encode(before)


def test_places_are_counted_on_from_what_stands_before():
    before = replace(result(), unread=(Unread(path="!member", line=3, record=None, reason="bad"),))
    after = decode(encode(before), "all.tar", Extent(records=10, lines=20))
    assert [each.location.record for each in after.sightings] == [r.location.record + 10 for r in before.sightings]
    assert {each.location.path for each in after.sightings} == {"all.tar"}
    assert after.unread == (Unread(path="all.tar!member", line=23, record=None, reason="bad"),)


def test_whether_it_lasts_is_told_at_a_glance():
    assert lasts(encode(ShardResult()))
    assert not lasts(encode(replace(result(), lasting=False)))
