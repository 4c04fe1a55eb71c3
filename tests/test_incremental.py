"""What was scanned once is not scanned again, and gives the same."""

import json
from pathlib import Path

import pytest

from fakes import PatternDetector
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.shard import Plan
from finetooth.shardstore import ShardStore
from finetooth.sources import splitting
from finetooth.sources.datasetfile import DatasetFile, LocalPlace
from finetooth.sources.resolve import resolve

KEY = FingerprintKey(b"k" * 32)


class CountingDetector(PatternDetector):
    """Counts the texts that it looks at."""

    looked_at = 0

    def detect(self, texts, keys=None):
        self.looked_at += len(texts)
        return super().detect(texts, keys)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(splitting, "SIZE", 500)


@pytest.fixture
def again(tmp_path):
    """Return what scans with a fresh detector, and gives the evidence and how many texts it looked at."""

    def call(*paths, told="", **more):
        detector = CountingDetector()
        store = ShardStore(tmp_path / "store", KEY.mac, "v1", **more)
        plan = Plan(detectors=(detector,), detect=Detect(), key=KEY)
        return scan(resolve(list(map(str, paths))), plan, store=store, told=lambda _: told), detector.looked_at

    return call


def written(path, *texts):
    path.write_text("".join(text if text.startswith("{bad") else json.dumps({"text": text}) + "\n" for text in texts))
    return path


def numbered(count):
    return [f"record {n} of ACC-{n}12345" for n in range(count)]


def test_unchanged_data_is_looked_at_once(tmp_path, again):
    path = written(tmp_path / "train.jsonl", *numbered(100), "{bad line\n")
    first, looked_at = again(path)
    assert looked_at > 100
    assert again(path) == (first, 0)


def test_without_resume_all_of_it_is_looked_at_again(tmp_path, again):
    path = written(tmp_path / "train.jsonl", *numbered(100))
    first, looked_at = again(path)
    assert again(path, resume=False) == (first, looked_at)


def test_of_a_file_that_grew_the_end_alone_is_looked_at(tmp_path, again):
    path = written(tmp_path / "train.jsonl", *numbered(100))
    _, looked_at = again(path)
    evidence, more = again(written(path, *numbered(101)))
    assert 0 < more < looked_at / 4
    assert evidence.coverage.records == 101


def test_lines_that_moved_are_told_where_they_are_now(tmp_path, again, monkeypatch):
    first = "x" * 480  # a shard of its own, so that the others stay as they were
    path = written(tmp_path / "train.jsonl", first, *numbered(100))
    again(path)
    path.write_bytes(b"\n" + path.read_bytes()[:-1].replace(b"x" * 480, b"x" * 479) + b"\n")
    evidence, looked_at = again(path)
    assert looked_at < 50
    place = evidence.findings[0].locations[0]
    line = path.read_text().splitlines()[place.line - 1]
    assert json.loads(line)["text"][place.start : place.end].startswith("ACC-")


def test_the_same_lines_in_another_file_are_known(tmp_path, again):
    one = written(tmp_path / "one.jsonl", *numbered(100))
    again(one)
    two = written(tmp_path / "two.jsonl", *numbered(100))
    evidence, looked_at = again(one, two)
    assert looked_at < 10  # the two paths
    assert evidence.findings[0].records == 2


def test_another_reading_is_another_scan(tmp_path, again):
    path = written(tmp_path / "train.jsonl", *numbered(100))
    _, looked_at = again(path)
    assert again(path, told="openai-chat")[1] >= looked_at - 1


def test_what_could_not_be_finished_is_tried_again(tmp_path, again):
    path = written(tmp_path / "train.jsonl", "poison", *numbered(100))
    first, looked_at = again(path)
    assert first.coverage.records_unread == 1
    second, more = again(path)
    assert second == first
    assert 0 < more < looked_at


class ChangedMeanwhile(LocalPlace):
    """A file that is not the same when it is opened for the fourth time."""

    opened = 0

    def open(self):
        self.opened += 1
        if self.opened == 4:
            with Path(self._path).open("r+b") as file:
                file.write(b'{"TEXT')
        return super().open()


def test_a_file_that_changed_while_it_was_scanned_is_unread_and_nothing_of_it_is_kept(tmp_path):
    path = written(tmp_path / "train.jsonl", *numbered(5))
    source = DatasetFile(str(path), ChangedMeanwhile(str(path)))
    store = ShardStore(tmp_path / "store", KEY.mac, "v1")
    plan = Plan(detectors=(PatternDetector(),), detect=Detect(), key=KEY)
    evidence = scan([source], plan, store=store)
    [told] = evidence.coverage.unread
    assert "changed while it was read" in told.reason
    assert evidence.inputs[0].sha256 is None
    assert len(list((tmp_path / "store").glob("??/*"))) == 1  # the masked path


def test_how_a_file_is_read_is_asked_once_for_all_its_shards(tmp_path):
    path = written(tmp_path / "train.jsonl", *numbered(100))
    asked = []
    store = ShardStore(tmp_path / "store", KEY.mac, "v1")
    plan = Plan(detectors=(PatternDetector(),), detect=Detect(), key=KEY)
    scan(resolve([str(path)]), plan, store=store, told=lambda path: asked.append(path) or "")
    assert asked == [str(path)]
