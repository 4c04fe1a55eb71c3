"""A worker process: ``python -P -m finetooth.engines.worker``. It scans what it is told to, and nothing else starts it.

Jobs come through standard input and results go out through standard output, which libraries are kept away from. When
standard input ends, the owner is gone, and so is the worker.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import threading
from typing import BinaryIO

from finetooth.engines.frames import Frames, Kind, frame
from finetooth.engines.program import alone
from finetooth.errors import FinetoothError
from finetooth.shard import Plan, Stretch
from finetooth.shardjob import Job

_PIECE = 1 << 16


def main() -> None:
    """Work until standard input ends."""
    orders, out = alone()
    inbox: queue.SimpleQueue[tuple[Kind, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(orders, inbox), daemon=True).start()

    def say(kind: Kind, payload: bytes = b"") -> None:
        out.write(frame(kind, payload))
        out.flush()

    def watch(at: Stretch | None) -> None:
        say(Kind.AT, json.dumps(at and (at.first, at.last, at.characters)).encode())

    _, pickled = inbox.get()
    try:
        plan: Plan = pickle.loads(pickled)()  # noqa: S301 - from the process that started this one, through its own pipe
    except FinetoothError as error:
        say(Kind.REFUSED, json.dumps([type(error).__name__, str(error)]).encode())
        return
    say(Kind.READY)
    while True:
        _, pickled = inbox.get()
        job: Job = pickle.loads(pickled)  # noqa: S301 - as above
        try:
            done = job.run(plan, watch)
        except Exception as error:  # noqa: BLE001 - its message may quote the data; its type does not
            say(Kind.FAILED, type(error).__name__.encode())
            return
        say(Kind.DONE, done)


def _receive(orders: BinaryIO, inbox: queue.SimpleQueue[tuple[Kind, bytes]]) -> None:
    frames = Frames()
    while piece := orders.read(_PIECE):
        for each in frames.feed(piece):
            inbox.put(each)
    os._exit(0)  # in the middle of a job, too: nobody waits for it any more


if __name__ == "__main__":
    main()
