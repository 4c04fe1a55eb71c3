"""What is kept of a scan: found again, by nobody else, and never what was not put there."""

import os
import time

import pytest

from finetooth.redaction import FingerprintKey
from finetooth.shardstore import KEEP_DAYS, ShardStore

KEY = FingerprintKey(b"k" * 32)


def store(folder, identity="v1", key=KEY, **more):
    return ShardStore(folder / "shards", key.mac, identity, **more)


def test_nothing_is_made_before_something_is_kept(tmp_path):
    assert not store(tmp_path).holds(store(tmp_path).name("a"))
    assert not list(tmp_path.iterdir())


def test_what_was_put_is_found_by_the_next(tmp_path):
    first = store(tmp_path)
    name = first.name("scan", "abc")
    assert first.put(name, b"result")
    assert store(tmp_path).holds(name)
    assert store(tmp_path).get(name) == b"result"


@pytest.mark.parametrize("other", [{"identity": "v2"}, {"key": FingerprintKey(b"j" * 32)}])
def test_another_policy_code_or_key_finds_nothing(tmp_path, other):
    first = store(tmp_path)
    first.put(first.name("scan", "abc"), b"result")
    second = store(tmp_path, **other)
    assert not second.holds(second.name("scan", "abc"))


def test_a_name_tells_nothing_without_the_key(tmp_path):
    names = {store(tmp_path, key=FingerprintKey(bytes([n]) * 32)).name("scan", "abc") for n in range(5)}
    assert len(names) == 5


def test_the_folder_and_its_files_are_for_their_owner_alone(tmp_path):
    kept = store(tmp_path)
    kept.put(kept.name("a"), b"result")
    places = [tmp_path / "shards", *(tmp_path / "shards").rglob("*")]
    assert {oct(place.stat().st_mode & 0o777) for place in places} == {"0o700", "0o600"}
    assert (tmp_path / "shards" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"x" + b[1:], lambda b: b + b"x", lambda _: b""])
def test_what_was_tampered_with_is_not_there(tmp_path, damage):
    kept = store(tmp_path)
    name = kept.name("a")
    kept.put(name, b"result")
    [file] = (tmp_path / "shards").glob("??/*")
    file.write_bytes(damage(file.read_bytes()))
    assert not kept.holds(name)


def test_an_entry_is_not_another_ones(tmp_path):
    kept = store(tmp_path)
    dirty, clean = kept.name("dirty"), kept.name("clean")
    kept.put(dirty, b"findings")
    kept.put(clean, b"nothing")
    files = {file.name: file for file in (tmp_path / "shards").glob("??/*")}
    files[dirty].write_bytes(files[clean].read_bytes())
    assert not kept.holds(dirty)


def test_without_resume_only_what_this_run_did_is_used(tmp_path):
    earlier = store(tmp_path)
    name = earlier.name("a")
    earlier.put(name, b"old")
    fresh = store(tmp_path, resume=False)
    assert not fresh.holds(name)
    fresh.put(name, b"new")
    assert fresh.holds(name)
    assert fresh.get(name) == b"new"


def test_a_disk_that_takes_nothing_is_told_and_no_error(tmp_path):
    (tmp_path / "shards").write_text("in the way")
    kept = store(tmp_path)
    assert not kept.put(kept.name("a"), b"result")


def test_what_nobody_asked_for_is_forgotten(tmp_path):
    kept = store(tmp_path)
    old, used = kept.name("old"), kept.name("used")
    for name in (old, used):
        kept.put(name, b"result")
    long_ago = time.time() - (KEEP_DAYS + 1) * 86_400
    for file in (tmp_path / "shards").glob("??/*"):
        os.utime(file, (long_ago, long_ago))
    kept.get(used)
    kept.forget_old()
    assert (kept.holds(old), kept.holds(used)) == (False, True)


def test_all_entries_are_looked_at_once_a_day(tmp_path):
    kept = store(tmp_path)
    names = [kept.name(word) for word in ("first", "second")]
    long_ago = time.time() - (KEEP_DAYS + 1) * 86_400
    for name in names:
        kept.put(name, b"result")
        os.utime(tmp_path / "shards" / name[:2] / name, (long_ago, long_ago))
        kept.forget_old()
    assert [(tmp_path / "shards" / name[:2] / name).exists() for name in names] == [False, True]
    os.utime(tmp_path / "shards" / ".swept", (long_ago, long_ago))
    kept.forget_old()
    assert not kept.holds(names[1])
