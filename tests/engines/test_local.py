"""Worker processes: the same evidence, whatever becomes of them."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fakes import DeadlyPlan, MakeMortalPlan, RefusedPlan
from finetooth.engines import local
from finetooth.engines.inline import InlineEngine
from finetooth.engines.local import LocalEngine
from finetooth.errors import IncompleteError, PolicyError
from finetooth.redaction import FingerprintKey
from finetooth.scanner import Run, scan
from finetooth.shardstore import ShardStore
from finetooth.sources import splitting
from finetooth.sources.resolve import resolve
from finetooth.sources.rows import from_memory

KEY = FingerprintKey(b"k" * 32)
PLAN = MakeMortalPlan(KEY)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(splitting, "SIZE", 1500)


@pytest.fixture
def data(tmp_path):
    """Return what writes a file of many shards, with some texts among its records."""

    def write(*texts, records=400):
        lines = [json.dumps({"text": f"record {n} of ACC-{n % 7}12345"}) for n in range(records)]
        for place, text in enumerate(texts, 1):
            lines.insert(place * records // (len(texts) + 1), json.dumps({"text": text}))
        lines.insert(3, "")
        lines.insert(min(200, len(lines)), "{broken")
        path = tmp_path / "train.jsonl"
        path.write_text("\n".join(lines), "utf-8")
        return resolve([str(path)])

    return write


def scanned(sources, engine=None, make=PLAN, **more):
    return scan(sources, make, engine=engine or LocalEngine(2), **more)


def test_nothing_to_do_starts_nothing():
    assert list(LocalEngine(2).run(iter(()), DeadlyPlan(), lambda _: None)) == []


@pytest.mark.parametrize("engine", [LocalEngine(1), LocalEngine(3)])
def test_any_number_of_workers_gives_what_one_process_gives(data, engine):
    sources = data()
    expected = scanned(sources, InlineEngine())
    assert scanned(sources, engine) == expected
    assert len(splitting.split(sources[0])) > 5
    assert [place.line for finding in expected.findings for place in finding.locations if place.record == 399] == [401]
    assert [(unread.line, unread.record) for unread in expected.coverage.unread] == [(201, 199)]


def test_a_worker_that_is_killed_costs_nothing(data, tmp_path):
    sources = data("killed once")
    marks = tmp_path / "marks"
    marks.mkdir()
    found = scanned(sources, make=MakeMortalPlan(KEY, marks))
    assert found == scanned(sources, InlineEngine(), make=MakeMortalPlan(KEY, marks))
    assert found.coverage.records_unread == 1


def blamed(evidence):
    """Return the records that are unread because of what happened to a worker."""
    return [each for each in evidence.coverage.unread if "worker" in each.reason]


def test_a_record_that_kills_every_worker_is_unread_and_no_other(data):
    found = scanned(data("before segfault after"))
    [poison] = blamed(found)
    assert poison.record == 201
    assert poison.reason == "scanning it has stopped the worker twice; look at this record, mend it or leave it out"
    assert found.totals.occurrences == found.coverage.records == 400


def test_a_detector_that_raises_is_no_clean_text(data):
    found = scanned(data("memory gone"))
    assert [each.record for each in blamed(found)] == [201]


def test_a_record_that_takes_for_ever_is_stopped(data, monkeypatch):
    monkeypatch.setattr(local, "SCANNING_SECONDS", 0.3)
    found = scanned(data("wait forever"))
    assert [each.record for each in blamed(found)] == [201]


def test_a_shard_of_two_poisons_is_unread_and_named(data):
    found = scanned(data("segfault", "segfault", records=20))
    lost = blamed(found)
    assert [each.line for each in lost] == [1, 2, 3, *range(5, 25)]
    assert "killed by Segmentation fault" in lost[0].reason
    assert found.findings == ()


def test_a_plan_that_makes_no_sense_is_said_as_it_is(data):
    with pytest.raises(PolicyError, match="the model xx is not installed"):
        scanned(data(), make=RefusedPlan())


def test_workers_that_die_before_they_work_end_the_run(data):
    with pytest.raises(IncompleteError, match=r"no worker process can start here \(ended with 7\)"):
        scanned(data(), make=DeadlyPlan())


def test_rows_in_memory_are_scanned_here():
    found = scanned(from_memory([{"text": "ACC-123456"}]))
    assert found.totals.occurrences == 1


def test_workers_are_gone_when_the_work_is_broken_off(data):
    jobs = LocalEngine(2).run(_jobs(data("wait forever", "wait forever")), MakeMortalPlan(KEY), lambda _: None)
    next(jobs)
    before = _children()
    assert before
    jobs.close()
    assert not _children()


def _jobs(sources):
    return Run(sources, None, str).jobs()


def _children():
    return Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()


PROGRAM = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored, and that is inherited
sys.path[:0] = {path!r}
from fakes import MakeMortalPlan
from finetooth.engines.local import LocalEngine
from finetooth.redaction import FingerprintKey
from finetooth.scanner import Run, scan
from finetooth.shardstore import ShardStore
from finetooth.sources import splitting
from finetooth.sources.resolve import resolve
splitting.SIZE = 1500
key = FingerprintKey(b"k" * 32)
scan(resolve([{data!r}]), MakeMortalPlan(key), engine=LocalEngine(2), store=ShardStore(Path({store!r}), key.mac, "v1"))
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_goes_on_where_it_was(data, tmp_path, ending):
    sources = data("wait forever")
    store = tmp_path / "store"
    program = PROGRAM.format(path=sys.path, data=sources[0].path, store=str(store))
    run = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while len(list(store.glob("??/*"))) < 5:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        workers = [int(pid) for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()]
    finally:
        run.send_signal(ending)
        run.wait()
    kept = len(list(store.glob("??/*")))
    assert {oct(path.stat().st_mode & 0o777) for path in store.glob("??/*")} == {"0o600"}
    assert _gone(workers)
    Path(sources[0].path).write_text(Path(sources[0].path).read_text().replace("wait forever", "wait no more"))
    done = ShardStore(store, KEY.mac, "v1")
    assert scanned(sources, store=done) == scanned(sources, InlineEngine())
    assert len(list(store.glob("??/*"))) > kept


def _gone(workers):
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
