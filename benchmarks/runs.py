"""How whole runs of ``finetooth scan`` behave: two workers to one, again, after a kill, and how much memory they take.

    python benchmarks/runs.py [--records N] [--only workers,again,resume,memory]

The data are the instruction records of FINETOOTH_DATA, told over and over with a number of their own, so that no two
records are the same. Times are of the wall clock, of the whole command; memory is what all of its processes have
resident together, at its highest, seen twenty times a second. Runs that are compared are made in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

SETS = ("instruct/alpaca_5k.jsonl", "instruct/gpteacher_roleplay_3k.jsonl")
PAGE = os.sysconf("SC_PAGE_SIZE")
SECTIONS = ("workers", "again", "resume", "memory")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    seconds: float
    """By the wall clock."""
    megabytes: float
    """Resident at the most, in all processes together."""
    code: int
    """Its exit code; negative where it was killed."""


def main() -> int:
    """Print what was measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--records", type=int, default=1_000_000, help="for the section memory")
    arguments.add_argument("--only", default=",".join(SECTIONS), help="sections, with commas between them")
    chosen = arguments.parse_args()
    shared = Path(os.environ.get("FINETOOTH_DATA", "../shared/data"))
    files = [shared / name for name in SETS]
    if not all(file.is_file() for file in files):
        print(f"SKIPPED: no data in {shared}; set FINETOOTH_DATA", file=sys.stderr)
        return 2
    for section in chosen.only.split(","):
        measure(section, files, chosen.records)
    return 0


def measure(section: str, files: Sequence[Path], number: int) -> None:
    """Print one section, in a folder of its own; ``number`` of records are for the section memory."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if section == "memory":
            memory(files, place, number)
        else:
            {"workers": workers, "again": again, "resume": resume}[section](files, place)


def workers(files: Sequence[Path], folder: Path) -> None:
    """Print how much faster two workers are than one."""
    data = written(files, folder, 16_000)
    times: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for number, measured in times.items():
            measured.append(scan(data, "--no-resume", "--engine", "local", "--workers", number).seconds)
    one, two = (statistics.median(measured) for measured in times.values())
    print(f"workers: {size(data)}; 1 worker {one:.1f} s, 2 workers {two:.1f} s: {one / two:.2f} x", flush=True)


def again(files: Sequence[Path], folder: Path) -> None:
    """Print how long a second run over unchanged data takes, and one over data that grew."""
    data = written(files, folder, 100_000)
    first = scan(data).seconds
    second = statistics.median(scan(data).seconds for _ in range(3))
    with data.open("a", encoding="utf-8") as file:
        file.writelines(islice(records(files), 100))
    grown = scan(data).seconds
    print(
        f"again: {size(data)}; first {first:.1f} s, unchanged {second:.2f} s, 100 records added {grown:.2f} s",
        flush=True,
    )


def resume(files: Sequence[Path], folder: Path) -> None:
    """Print what a run that is killed in the middle costs."""
    data = written(files, folder, 16_000)
    whole = scan(data, "--no-resume").seconds
    clear(folder)
    killed = scan(data, kill_after=whole / 2)
    rest = scan(data)
    print(
        f"resume: {size(data)}; uninterrupted {whole:.1f} s, killed after {killed.seconds:.1f} s ({killed.code}), "
        f"the rest {rest.seconds:.1f} s: {(killed.seconds + rest.seconds) / whole:.2f} x together",
        flush=True,
    )


def memory(files: Sequence[Path], folder: Path, number: int) -> None:
    """Print the memory that all processes take together."""
    data = written(files, folder, number, longest=150)
    run = scan(data, "--engine", "local", "--workers", 2)
    print(f"memory: {size(data)}; 2 workers, {run.megabytes:.0f} MB in all, {run.seconds:.0f} s", flush=True)


def scan(data: Path, *options: object, kill_after: float | None = None) -> Run:
    """Run the command in the data's folder, with a key of its own."""
    command = [sys.executable, "-m", "finetooth.cli.main", "scan", data.name, "-q", *map(str, options)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=data.parent)
    highest = 0.0
    while process.poll() is None:
        highest = max(highest, resident(process.pid))
        if kill_after is not None and time.perf_counter() - start > kill_after:
            process.send_signal(signal.SIGKILL)
            process.wait()
        time.sleep(0.05)
    if process.returncode not in (0, 1) and kill_after is None:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(time.perf_counter() - start, highest, process.returncode)


def resident(process: int) -> float:
    """Return the megabytes that a process and all below it have resident."""
    try:
        own = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE / 1e6
        below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (OSError, IndexError):
        return 0.0
    return own + sum(resident(int(child)) for child in below)


def clear(folder: Path) -> None:
    """Forget what was scanned."""
    for path in folder.glob(".finetooth/shards/??/*"):
        path.unlink()


def written(files: Sequence[Path], folder: Path, number: int, longest: int | None = None) -> Path:
    """Write so many records, and return the file."""
    path = folder / "train.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(islice(records(files, longest), number))
    return path


def records(files: Sequence[Path], longest: int | None = None) -> Iterator[str]:
    """Yield the records of all files without end, each with the number of its copy.

    Args:
        files: where they come from.
        longest: how much of each is kept, in code points of its values together; all by default.
    """
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    if longest is not None:
        lines = [{"text": " ".join(map(str, line.values()))[:longest]} for line in lines]
    for copy in count():
        for line in lines:
            yield json.dumps({**line, "copy": f"copy number {copy} of this record"}) + "\n"


def size(path: Path) -> str:
    """Return how large a file is, as people say it."""
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    return f"{lines:,} records, {path.stat().st_size / 1e6:.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
