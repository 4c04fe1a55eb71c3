"""The driver of Ray: ``python -P -m finetooth.engines.raydriver``. Only the engine ``ray`` starts it.

It is a process of its own because of what Ray does to a driver: it shows the command line to all who see the cluster
(and paths and addresses on it may be nobody's business), it ends the process with a code of its own choice where it
loses the cluster (and 1 would read as NO-GO), and it writes to standard output. The driver sees no data: jobs go
through it as they came, and masked results as they are.

Each slot is a thread with an actor that holds one job at a time. A slot whose actor died tells so, and gets itself
another one; whether the job is tried again, its owner decides.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from struct import Struct
from typing import Any, BinaryIO, Final, NoReturn

from finetooth.engines.frames import Frames, Kind, frame
from finetooth.engines.program import alone, cores

NUMBER: Final = Struct("!q")
"""How the number of a job is written in front of the job, or of what became of it."""

END_SECONDS: Final = 20.0
"""How long it may take to leave Ray in order."""

_PIECE: Final = 1 << 16
_STORE: Final = 200 << 20  # bytes that a local Ray may hold results in: they are read as they come
_STARTS: Final = 3
_PATIENCE: Final = 300.0  # seconds without any actor until a cluster counts as full or gone; it may have to grow
_LOOK: Final = 5.0

Inbox = queue.SimpleQueue[bytes]
"""What the owner sends: `Orders`, pickled, and then each job's number and the pickled job."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the driver has to know before any job."""

    address: str | None
    """Of a cluster; None where Ray is to be started here."""
    folder: str
    """Where a Ray that is started here writes; private."""
    workers: int | None
    """How many actors at most; one for each CPU of the cluster by default."""
    plan: bytes
    """The pickled maker of plans."""
    installation: str
    """What the owner's says of itself: on a node with another, other things would be found."""
    patience: float
    """Seconds for Ray to be started or reached."""


def main() -> None:
    """Work until standard input ends."""
    entrance, out = alone()
    inbox: Inbox = queue.SimpleQueue()
    connected, over = threading.Event(), threading.Event()
    threading.Thread(target=_receive, args=(entrance, inbox, connected, over), daemon=True).start()
    orders: Orders = pickle.loads(inbox.get())  # noqa: S301 - from the owner, through its own pipe
    owner = _Owner(out)
    ray = _connect(orders, owner)
    connected.set()
    slots = _Slots(ray, orders, inbox, owner)
    owner.tell(Kind.READY, NUMBER.pack(slots.start()))
    over.wait()
    with suppress(Exception):
        ray.shutdown()
    os._exit(0)  # the slots wait for what will never come


def _receive(entrance: BinaryIO, inbox: Inbox, connected: threading.Event, over: threading.Event) -> None:
    frames = Frames()
    while piece := entrance.read(_PIECE):
        for _, payload in frames.feed(piece):
            inbox.put(payload)
    over.set()
    if connected.is_set():
        time.sleep(END_SECONDS)
    os._exit(0)  # whatever it does: nobody waits for it any more


class _Owner:
    """Is told frames, by one thread after the other."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def tell(self, kind: Kind, payload: bytes = b"") -> None:
        with self._lock, suppress(BrokenPipeError):  # then it is gone, as standard input tells
            self._out.write(frame(kind, payload))
            self._out.flush()

    def refuse(self, name: str, message: str) -> NoReturn:
        """Say why nothing can be done, and end this thread; the owner ends the process."""
        self.tell(Kind.REFUSED, json.dumps([name, message]).encode())
        raise SystemExit


def _connect(orders: Orders, owner: _Owner) -> Any:
    """Return the module ``ray``, connected to a cluster."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # or a Ray that is started here reports home
    how: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if orders.address is None:
        # NOTE: Ray listens on every network, whatever address it is given, and runs what is sent to it. And it opens
        # the folder that it is given to everybody, so it gets one within a private one.
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
        how |= {"num_cpus": orders.workers or cores(), "num_gpus": 0}
        how |= {"_node_ip_address": "127.0.0.1", "include_dashboard": False}
        how |= {"_temp_dir": f"{orders.folder}/ray", "object_store_memory": _STORE}

    def unconnected(why: str) -> None:
        with suppress(SystemExit):
            if orders.address is None:
                owner.refuse("IncompleteError", f"Ray could not be started here ({why}); try --engine local")
            what = f"RAY_ADDRESS: no Ray cluster can be used at {orders.address} ({why})"
            owner.refuse("UsageError", f"{what}; is it running, with the same versions of Ray and Python?")
        os._exit(0)  # it may still be waiting for an answer

    limit = threading.Timer(orders.patience, unconnected, ("no answer",))
    limit.start()
    import ray  # noqa: PLC0415 - after what it reads from the environment

    try:
        ray.init(orders.address or "local", **how)
    except Exception as error:  # noqa: BLE001 - Ray raises errors of many kinds, which may quote what it was given
        unconnected(type(error).__name__)
    limit.cancel()
    return ray


class _Slots:
    """Threads with an actor each."""

    def __init__(self, ray: Any, orders: Orders, inbox: Inbox, owner: _Owner) -> None:
        from finetooth.engines.rayactor import Actor  # noqa: PLC0415 - while the owner waits for Ray anyway

        self._ray = ray
        # Ray itself tries nothing again: what died is told, and the owner counts.
        self._actor_class = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Actor)
        self._orders = orders
        self._inbox = inbox
        self._owner = owner
        self._lock = threading.Lock()
        self._failed_starts = 0
        self._alive = 0
        self._last_alive = time.monotonic()

    def start(self) -> int:
        """Start them, and return how many."""
        slots = self._orders.workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        for _ in range(slots):
            threading.Thread(target=self._serve, daemon=True).start()
        return slots

    def _serve(self) -> None:
        while True:
            actor = self._actor()
            with self._lock:
                self._failed_starts = 0
                self._alive += 1
            while self._does(actor, self._inbox.get()):
                pass
            with self._lock:
                self._alive -= 1
                self._last_alive = time.monotonic()

    def _does(self, actor: Any, numbered: bytes) -> bool:
        """Have a job done, and tell whether the actor is there for another."""
        number, job = numbered[: NUMBER.size], numbered[NUMBER.size :]
        try:
            kind, payload, looked_at = self._ray.get(actor.run.remote(job))
        except self._ray.exceptions.RayError as error:
            with suppress(Exception):
                self._ray.kill(actor)  # where it only could not be reached, it would hold its place for ever
            self._owner.tell(Kind.FAILED, number + f"Ray: {type(error).__name__}".encode())
            return False
        for stretch in looked_at:
            self._owner.tell(Kind.AT, json.dumps(stretch).encode())
        self._owner.tell(Kind[kind], number + payload if kind == Kind.DONE.name else payload)
        return True

    def _actor(self) -> Any:
        """Return an actor that has all that it needs, as soon as there is a place for one."""
        while True:
            actor = self._actor_class.remote()
            # NOTE: the plan holds the key. What an actor is made with, Ray keeps and may write down; what it is called
            # with goes from process to process.
            ready = actor.prepare.remote(self._orders.plan, os.getcwd())  # noqa: PTH109 - as it is spelt
            try:
                installation = self._waited_for(ready)
            except self._ray.exceptions.RayError as error:
                self._failed_starts += 1
                if self._failed_starts >= _STARTS:
                    what = f"no worker can start on the nodes of Ray ({type(error).__name__})"
                    self._owner.refuse("IncompleteError", f"{what}; install finetooth[ray] on each of them")
                continue
            if installation != self._orders.installation:
                what = "a node of the Ray cluster has other code, libraries, models or policy files than this machine"
                self._owner.refuse("IncompleteError", f"{what}; install the same on all")
            return actor

    def _waited_for(self, ready: Any) -> Any:
        while True:
            try:
                return self._ray.get(ready, timeout=_LOOK)
            except self._ray.exceptions.GetTimeoutError:
                if not self._alive and time.monotonic() - self._last_alive > _PATIENCE:
                    what = f"the Ray cluster has had no room for a worker in {_PATIENCE:.0f} s"
                    self._owner.refuse("IncompleteError", f"{what}; see `ray status`, or try --engine local")


if __name__ == "__main__":
    main()
