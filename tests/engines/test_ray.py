"""Ray: the same evidence from a cluster, whatever dies there; and nothing of the data where Ray writes or shows."""

import base64
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

import fakes
from fakes import DeadlyPlan, MakeMortalPlan, RefusedPlan
from finetooth.engines.inline import InlineEngine
from finetooth.engines.ray import RayEngine
from finetooth.engines.resolve import resolve as engine_named
from finetooth.errors import IncompleteError, PolicyError, UsageError
from finetooth.redaction import FingerprintKey
from finetooth.scanner import scan
from finetooth.sources import splitting
from finetooth.sources.resolve import resolve
from finetooth.sources.rows import from_memory

SECRET = b"thirty-two-bytes-of-a-secret-key"
KEY = FingerprintKey(SECRET)
MORTAL = MakeMortalPlan(KEY)
NAME = "kim.planted@example.com.jsonl"

slow = pytest.mark.slow


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(splitting, "SIZE", 1500)


@pytest.fixture
def data(tmp_path):
    """Return what writes a file of many shards, with some texts among its records."""

    def write(*texts, records=200):
        lines = [json.dumps({"text": f"planted {n} of ACC-{n % 7}12345"}) for n in range(records)]
        for place, text in enumerate(texts, 1):
            lines.insert(place * records // (len(texts) + 1), json.dumps({"text": text}))
        lines.insert(100, "{planted and broken")
        path = tmp_path / NAME
        path.write_text("\n".join(lines), "utf-8")
        return resolve([str(path)])

    return write


@pytest.fixture
def marks(tmp_path):
    """Return a folder for what happens once."""
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


class Nodes:
    """Two nodes of a cluster, which are processes here, and all that Ray writes."""

    def __init__(self):
        from ray.cluster_utils import Cluster

        self.folder = Path(tempfile.mkdtemp(prefix="ft"))
        self._environment = pytest.MonkeyPatch()
        self._environment.setenv("RAY_TMPDIR", str(self.folder))
        self._environment.setenv("RAY_USAGE_STATS_ENABLED", "0")
        self._environment.setenv("PYTHONPATH", str(Path(fakes.__file__).parent))  # a cluster's own; it has no others
        (self.folder / "ray").mkdir()
        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        self.second = self.cluster.add_node(num_cpus=1)

    def lose_second(self):
        self.cluster.remove_node(self.second, allow_graceful=False)

    def shown(self):
        """Return what the cluster tells of jobs, actors, processes and tasks to whoever asks, such as a dashboard."""
        state = self.cluster.global_state
        tables = json.dumps([state.job_table(), state.actor_table(None), state.workers()], default=str)
        return tables.encode() + repr(state._get_all_task_events()).encode()

    def written(self):
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def end(self):
        self.cluster.shutdown()
        self._environment.undo()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def nodes():
    """Return a cluster that all tests share, so that what they leave in its logs is looked at last."""
    started = Nodes()
    yield started
    started.end()


@pytest.fixture
def scanned(nodes):
    """Return what scans on the cluster."""

    def scanned(sources, make=MORTAL, engine=None, **more):
        return scan(sources, make, engine=engine or RayEngine(address=nodes.cluster.address), **more)

    return scanned


def here(sources, make=MORTAL):
    return scan(sources, make, engine=InlineEngine())


def blamed(evidence):
    """Return the records that are unread because of what happened to a worker."""
    return [each for each in evidence.coverage.unread if "worker" in each.reason]


def test_without_ray_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr("finetooth.engines.ray.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'finetooth\[ray\]'"):
        engine_named("ray", 2)


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is an extra")
def test_nothing_to_do_starts_nothing():
    assert list(RayEngine(2).run(iter(()), DeadlyPlan(), lambda _: None)) == []


@slow
def test_two_nodes_give_what_one_process_gives(scanned, data):
    sources = [*data(), *from_memory([{"text": "ACC-123456"}])]  # what is in memory stays here
    seen = {"ray": [], "inline": []}
    found = scanned(sources, progress=lambda *told: seen["ray"].append(told))
    assert found == scan(sources, MORTAL, lambda *told: seen["inline"].append(told))
    assert found.totals.occurrences == 201
    assert seen["ray"][-1] == seen["inline"][-1]
    assert len(splitting.split(sources[0])) > 5


@slow
def test_an_actor_that_is_killed_costs_nothing(scanned, data, marks):
    sources = data("orphan once")
    make = MakeMortalPlan(KEY, marks)
    found = scanned(sources, make)
    assert len(list(marks.iterdir())) == 1
    assert found == here(sources, make)
    assert not blamed(found)


@slow
def test_what_kills_a_worker_is_unread_and_ray_never_hears_of_it(scanned, data):
    found = scanned(data("planted segfault", "planted memory gone"))
    assert [(each.record, each.reason[:12]) for each in blamed(found)] == [(66, "scanning it "), (134, "scanning it ")]
    assert found.totals.occurrences == 200


@slow
def test_a_shard_that_every_actor_dies_of_is_unread_and_no_other(scanned, data):
    found = scanned(data("orphan always"))
    lost = blamed(found)
    assert "the worker that scanned it was lost 4 times (Ray: ActorDiedError)" in lost[0].reason
    assert 101 in [each.record for each in lost]
    assert found.coverage.records + len(lost) == 202  # one of them could not be read before either
    assert found.coverage.records > 100


@slow
def test_a_plan_that_makes_no_sense_is_said_as_it_is(scanned, data):
    with pytest.raises(PolicyError, match="the model xx is not installed"):
        scanned(data(), RefusedPlan())


@slow
def test_workers_that_cannot_start_end_the_run(scanned, data):
    with pytest.raises(IncompleteError, match=r"no worker process can start here \(ended with 7\)"):
        scanned(data(), DeadlyPlan())


@slow
def test_another_installation_on_a_node_is_refused(scanned, data, monkeypatch):
    monkeypatch.setattr("finetooth.engines.ray.installation", lambda make: "another")
    with pytest.raises(IncompleteError, match="a node of the Ray cluster has other code"):
        scanned(data())


@slow
def test_files_of_another_file_system_are_read_on_the_nodes(scanned, data):
    remote = resolve([f"local://{data()[0].path}"])
    assert remote[0].path.startswith("local://") or remote[0].path.startswith("file://")
    assert scanned(remote) == here(remote)


@slow
def test_paths_count_from_where_the_owner_is(scanned, data, monkeypatch):
    monkeypatch.chdir(Path(data()[0].path).parent)
    found = scanned(resolve([NAME]))
    assert found.coverage.records == 200


@slow
def test_actors_are_gone_when_the_work_is_broken_off(nodes, scanned, data):
    class Stop(Exception):  # noqa: N818 - no error
        pass

    def stop(*_):
        raise Stop

    with pytest.raises(Stop):
        scanned(data("wait forever"), progress=stop)
    deadline = time.monotonic() + 30
    while "ALIVE" in json.dumps(nodes.cluster.global_state.actor_table(None), default=str):
        assert time.monotonic() < deadline
        time.sleep(0.2)


@slow
def test_a_driver_that_is_killed_is_said(scanned, data):
    def kill(*_):
        for child in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split():
            if b"finetooth.engines.raydriver" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with pytest.raises(IncompleteError, match=r"the connection to Ray was lost \(killed by Killed\)"):
        scanned(data("wait forever"), progress=kill)


@slow
def test_a_node_that_is_lost_costs_nothing(nodes, scanned, data):
    sources = data(records=400)
    lost = []

    def lose(*_):
        if not lost:
            lost.append(nodes.lose_second())

    assert scanned(sources, progress=lose) == here(sources)
    assert lost == [None]


@slow
def test_nothing_of_the_data_or_the_key_is_in_what_ray_wrote_or_shows(nodes):
    written = nodes.written()
    logs = [path for path in written if "logs" in path.parts]
    everything = b"\n".join([*written.values(), nodes.shown()])
    # It is really there: workers were started, and were found dead.
    assert len(logs) > 10
    assert b"Actor.prepare" in nodes.shown()
    assert b"finetooth.engines.raydriver" in everything
    secrets = (b"planted", b"ACC-", b"orphan", b"segfault", b"memory gone", SECRET)
    for secret in (*secrets, base64.b64encode(SECRET), SECRET.hex().encode()):
        assert secret not in everything, secret


@slow
@pytest.mark.parametrize("listening", [False, True])
def test_a_cluster_that_is_not_there_is_said(data, monkeypatch, listening):
    monkeypatch.setattr("finetooth.engines.ray.CONNECTING_SECONDS", 5.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if listening:
            taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match=f"RAY_ADDRESS: no Ray cluster can be used at {address}"):
            scan(data(), MORTAL, engine=RayEngine(address=address))


@slow
def test_a_laptop_needs_no_cluster(data, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("FINETOOTH_KEY", KEY.to_base64())
    sources = data("planted segfault", "planted memory gone")
    temporary = Path(tempfile.gettempdir())
    before, modes, strangers, written = set(temporary.glob("ft*")), set(), [], []

    def look(*_):
        [folder] = set(temporary.glob("ft*")) - before
        if not modes:
            strangers.append(intruder(address_of(folder)))
        modes.add(folder.stat().st_mode & 0o777)
        written.extend(path.read_bytes() for path in folder.rglob("*.*") if path.is_file())

    found = scan(sources, MORTAL, look, engine=RayEngine(2))
    assert found.totals.occurrences == 200
    assert modes == {0o700}
    assert ["InvalidAuthToken" in said for said in strangers] == [True]
    everything = b"\n".join(written)
    assert b"raylet" in everything
    assert b"planted" not in everything
    assert KEY.to_base64().encode() not in everything
    assert set(temporary.glob("ft*")) == before


def address_of(folder):
    """Return where the Ray that writes into a folder listens, as its processes are told."""
    commands = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return re.search(rf"(?m)^.*{folder}.*--gcs-address=([\d.:]+)", commands)[1]


def intruder(address):
    """Return what Ray says to whoever comes without its token."""
    program = f"import ray; ray.init({address!r}, logging_level='ERROR')"
    came = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert came.returncode
    return came.stdout + came.stderr
