"""A scan that several machines share gives what one machine gives, or says what is missing."""

import json

import pytest

from fakes import MakeMortalPlan
from finetooth import partfile
from finetooth.engines.inline import InlineEngine
from finetooth.errors import IncompleteError, InputError, UsageError
from finetooth.partfile import Share
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shardstore import ShardStore
from finetooth.shares import merged, scan_share
from finetooth.sources import splitting
from finetooth.sources.resolve import resolve
from finetooth.sources.rows import from_memory

KEY = FingerprintKey(b"k" * 32)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(splitting, "SIZE", 700)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, count in (("a.jsonl", 90), ("b.jsonl", 1), ("c.jsonl", 40)):
        lines = [json.dumps({"text": f"record {n} of ACC-{n % 7}12345"}) for n in range(count)]
        (folder / name).write_text("\n".join([*lines, "{broken"]))
    (folder / "d.csv").write_text("name\nACC-712345\n")
    (folder / "e.bin").write_bytes(b"\0" * 10)
    return folder


def share(data, tmp_path, text, key=KEY, identity="v1", sources=None):
    return scan_share(
        sources or resolve([str(data)]),
        MakeMortalPlan(key),
        Share.parse(text),
        key_id=key.id,
        identity=identity,
        mac=key.mac,
        engine=InlineEngine(),
        store=ShardStore(tmp_path / f"store-{text.replace('/', '-')}", key.mac, identity),
        told=lambda _: "",
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
def test_any_number_of_machines_gives_what_one_gives(data, tmp_path, count):
    out = tmp_path / "parts"
    for place in range(count, 0, -1):
        partfile.save(share(data, tmp_path, f"{place}/{count}"), out, KEY.mac)
    assert merged(partfile.load([out], KEY.mac, KEY.id), KEY.mac) == scan(resolve([str(data)]), MakeMortalPlan(KEY))


def test_a_part_holds_no_value_and_is_for_its_owner_alone(data, tmp_path):
    path = partfile.save(share(data, tmp_path, "1/1"), tmp_path / "parts", KEY.mac)
    assert "12345" not in path.read_text()
    assert (oct(path.stat().st_mode & 0o777), oct(path.parent.stat().st_mode & 0o777)) == ("0o600", "0o700")


def test_a_missing_part_is_named(data, tmp_path):
    parts = [share(data, tmp_path, f"{place}/4") for place in (1, 4)]
    with pytest.raises(IncompleteError, match="part 2, 3 of 4 is missing; nothing was judged"):
        merged(parts, KEY.mac)


def test_a_part_that_stands_twice_is_refused(data, tmp_path):
    one, two = (share(data, tmp_path, f"{place}/2") for place in (1, 2))
    with pytest.raises(IncompleteError, match="a part stands twice"):
        merged([one, one, two], KEY.mac)


@pytest.mark.parametrize("other", [{"identity": "v2"}, {"key": FingerprintKey(b"j" * 32)}])
def test_parts_of_another_policy_or_key_are_refused(data, tmp_path, other):
    with pytest.raises(IncompleteError, match="another key, policy or version"):
        merged([share(data, tmp_path, "1/2"), share(data, tmp_path, "2/2", **other)], KEY.mac)


def test_data_that_grew_between_two_machines_is_told(data, tmp_path):
    one = share(data, tmp_path, "1/2")
    with (data / "a.jsonl").open("a") as file:
        file.write("\n" + json.dumps({"text": "x" * 2000}))
    with pytest.raises(IncompleteError, match="saw other data"):
        merged([one, share(data, tmp_path, "2/2")], KEY.mac)


def test_data_that_changed_between_two_machines_is_unread(data, tmp_path):
    one = share(data, tmp_path, "1/2")
    file = data / "a.jsonl"
    file.write_text(file.read_text().replace("record 2", "rEcord 2"))
    evidence = merged([one, share(data, tmp_path, "2/2")], KEY.mac)
    [told] = [each for each in evidence.coverage.unread if "changed" in each.reason]
    assert told.path == str(file)
    assert evidence.inputs[0].sha256 is None


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b.replace(b'"place":1', b'"place":2'), lambda _: b""])
def test_a_part_that_was_tampered_with_is_refused(data, tmp_path, damage):
    path = partfile.save(share(data, tmp_path, "1/2"), tmp_path / "parts", KEY.mac)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UsageError, match="was cut short or changed"):
        partfile.load([path.parent], KEY.mac, KEY.id)


def test_rows_in_memory_cannot_be_shared(data, tmp_path):
    with pytest.raises(InputError, match="is here alone"):
        share(data, tmp_path, "1/2", sources=from_memory([{"text": "hello"}]))


@pytest.mark.parametrize("text", ["", "3", "0/2", "3/2", "a/b", "1/0", "-1/2"])
def test_a_share_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="--shard"):
        Share.parse(text)


def test_a_folder_without_parts_is_refused(tmp_path):
    with pytest.raises(InputError, match="no part here"):
        partfile.load([tmp_path], KEY.mac, KEY.id)
