"""How fast, and in how much memory, JSON lines are read and walked; against `json.loads` and `datasets`.

    python benchmarks/reading.py                    MB/s of one core, and ratios, on generated chats
    python benchmarks/reading.py FILE.jsonl...      the same on these files
    python benchmarks/reading.py --memory           peak memory of reading and walking 2 GB, in a child process

Nothing is detected here: what is measured is what stands between the disk and the detectors. Every contender reads
the same bytes in the same run, in CPU seconds of this process; the best of three passes counts.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from finetooth.record import Record
from finetooth.shapes.walker import passages
from finetooth.sources.datasetfile import DatasetFile

GOAL_TIMES_JSON = 3.0
"""How many times the cost of `json.loads` alone reading and walking may take."""

GOAL_MEMORY = 400
"""How many MiB reading and walking may occupy at its peak."""

_TEXT = """model answer question please write small house river number train garden report would could because before
after never always some data table paper light über naïve garçon"""
_WORDS = _TEXT.split()
_ROLES = ("user", "assistant")


def main() -> None:
    """Print what the arguments ask for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*", help="JSON lines to read instead of generated chats")
    arguments.add_argument("--memory", action="store_true", help="measure peak memory instead of speed")
    arguments.add_argument("--megabytes", type=int, help="how much to generate: 30 by default, 2000 for --memory")
    arguments.add_argument("--child", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        _child(chosen.child)
    elif chosen.memory:
        _memory(chosen.megabytes or 2000)
    else:
        _speed(chosen.files, chosen.megabytes or 30)


def _speed(files: list[str], megabytes: int) -> None:
    shared = Path(os.environ.get("FINETOOTH_DATA", "nowhere"))
    named = {Path(file).name: Path(file) for file in files or sorted(shared.glob("instruct/*.jsonl"))}
    with tempfile.TemporaryDirectory() as folder:
        if not files:
            generated = Path(folder) / "generated chats"
            _generate(generated, megabytes << 20)
            named = {generated.name: generated, **named}
        for name, path in named.items():
            _compare(name, path)


def _compare(name: str, path: Path) -> None:
    size = path.stat().st_size
    contenders = {"json.loads": _loads, "read": _read, "read + walk": _walk, "datasets, streaming": _datasets}
    seconds = {contender: _best(run, path) for contender, run in contenders.items()}
    print(f"{name}: {size / 1e6:.1f} MB")
    for contender, taken in seconds.items():
        if taken is None:
            print(f"  {contender:20} failed")
        else:
            times = taken / (seconds["json.loads"] or taken)
            print(f"  {contender:20} {size / 1e6 / taken:7.1f} MB/s   {times:5.2f} × json.loads")
    walk, loads, rival = seconds["read + walk"], seconds["json.loads"], seconds["datasets, streaming"]
    if walk and loads:
        print(f"  at most {GOAL_TIMES_JSON} × json.loads: {'met' if walk <= GOAL_TIMES_JSON * loads else 'MISSED'}")
    if walk and rival:
        print(f"  faster than datasets: {'met' if walk < rival else 'MISSED'} ({rival / walk:.2f} × as fast)")


def _best(run: Callable[[Path], int], path: Path, passes: int = 3) -> float | None:
    best: float | None = None
    for _ in range(passes):
        started = time.process_time()
        try:
            run(path)
        except Exception as error:  # noqa: BLE001 - a rival that fails on a file is a result too
            print(f"  ({run.__name__}: {type(error).__name__})")
            return None
        taken = time.process_time() - started
        best = taken if best is None else min(best, taken)
    return best


def _loads(path: Path) -> int:
    count = 0
    with path.open("rb") as file:
        for line in file:
            json.loads(line)
            count += 1
    return count


def _read(path: Path) -> int:
    return sum(isinstance(item, Record) for item in DatasetFile(str(path)))


def _walk(path: Path) -> int:
    return sum(len(passages(item.value)[1]) for item in DatasetFile(str(path)) if isinstance(item, Record))


def _datasets(path: Path) -> int:
    import datasets  # noqa: PLC0415 - heavy

    rows = datasets.load_dataset("json", data_files=str(path), split="train", streaming=True)
    return sum(1 for _ in rows)


def _memory(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chats.jsonl"
        _generate(path, megabytes << 20)
        print(f"reading and walking {path.stat().st_size / 1e6:.0f} MB of generated chats, without detectors …")
        told = subprocess.run(
            [sys.executable, __file__, "--child", str(path)], check=True, capture_output=True, text=True
        ).stdout
    peak, records, seconds = json.loads(told)
    goal = "met" if peak < GOAL_MEMORY else "MISSED"
    print(f"  {records} records in {seconds:.0f} s; peak {peak:.0f} MiB (goal: below {GOAL_MEMORY}, {goal})")


def _child(path: str) -> None:
    started = time.perf_counter()
    records = 0
    for item in DatasetFile(path):
        if isinstance(item, Record):
            records += 1
            passages(item.value)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([peak, records, time.perf_counter() - started]))


def _generate(path: Path, size: int) -> None:
    """Write chats of 2 to 10 messages, about 1.3 KB each, until the file has the size."""
    chance = random.Random(7)
    block = b"".join(json.dumps(chat, ensure_ascii=False).encode() + b"\n" for chat in _chats(chance, 4000))
    with path.open("wb") as sink:
        while sink.tell() < size:
            sink.write(block)


def _chats(chance: random.Random, count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        turns = chance.randint(1, 5) * 2
        yield {
            "messages": [
                {"role": _ROLES[turn % 2], "content": " ".join(chance.choices(_WORDS, k=chance.randint(5, 60)))}
                for turn in range(turns)
            ],
            "source": "generated",
            "id": number,
        }


if __name__ == "__main__":
    main()
