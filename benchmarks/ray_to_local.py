"""What the engine ray costs beside the engine local, on one machine, on the same data, in one run.

    python benchmarks/ray_to_local.py [--megabytes N] [--workers N] [--passes N] [FILE.jsonl...]

Each engine scans the same shards with the default detectors, and keeps nothing. They are a quarter of the usual size,
so that what each costs shows. `start` is the wall of a run over ten records (Ray is started, detectors are loaded),
`work` what a run over all of them takes beyond that; CPU is that of all processes together, above that of the short
run. Contenders take turns. `ray data` is what the engine might have been built on (docs/decisions/0005): the same
actors, driven by Ray Data's `map_batches` over the same jobs.
"""

from __future__ import annotations

import argparse
import logging
import os
import pickle
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from finetooth.engines.local import LocalEngine
from finetooth.engines.ray import RayEngine
from finetooth.engines.rayactor import Actor
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.shard import unwatched
from finetooth.shardjob import Recipe, ScanJob
from finetooth.sources import splitting
from finetooth.sources.resolve import resolve
from finetooth.sources.splitting import split

SETS = ("instruct/alpaca_5k.jsonl", "instruct/gpteacher_roleplay_3k.jsonl")
Jobs = list[tuple[int, ScanJob]]
Results = Iterator[tuple[int, bytes]]


class Taken(NamedTuple):
    """How long a contender took, in seconds."""

    wall: float
    cpu: float


def main() -> int:
    """Print what was measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--megabytes", type=float, default=4)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--passes", type=int, default=2)
    chosen = arguments.parse_args()
    shared = Path(os.environ.get("FINETOOTH_DATA", "../shared/data"))
    files = chosen.files or [shared / name for name in SETS]
    if not all(file.is_file() for file in files):
        print(f"SKIPPED: no data in {shared}; set FINETOOTH_DATA, or name files", file=sys.stderr)
        return 2
    compare(files, chosen.megabytes, chosen.workers, chosen.passes)
    return 0


def compare(files: list[Path], megabytes: float, workers: int, passes: int) -> None:
    """Print what each engine took for so much of the files."""
    splitting.SIZE //= 4
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as data:
        size = _fill(data, files, int(megabytes * 1e6))
        print(f"{size / 1e6:.1f} MB, {len(_jobs(data.name))} shards, {workers} workers")
        measure(data.name, size, workers, passes)
    splitting.SIZE *= 4


def measure(path: str, size: int, workers: int, passes: int) -> None:
    """Print what each engine took for a file."""
    contenders: dict[str, Callable[[Jobs, Recipe], Results]] = {
        "local": lambda jobs, recipe: LocalEngine(workers).run(jobs, recipe, unwatched),
        "ray": lambda jobs, recipe: RayEngine(workers).run(jobs, recipe, unwatched),
        "ray data": lambda jobs, recipe: _ray_data(jobs, recipe, workers),
    }
    recipe = Recipe(Detect(), FingerprintKey.generate())
    taken: dict[str, list[tuple[Taken, Taken]]] = {name: [] for name in contenders}
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as few:
        with Path(path).open("rb") as data:
            few.writelines(islice(data, 10))
        few.flush()
        for _ in range(passes):
            given = []
            for name, run in contenders.items():
                short, _ = _timed(run, _jobs(few.name), recipe)
                full, results = _timed(run, _jobs(path), recipe)
                taken[name].append((short, full))
                given.append(results)
            if not given[0] == given[1] == given[2]:
                raise SystemExit("the engines gave different results")
    work: dict[str, float] = {}
    cpu: dict[str, float] = {}
    for name, each in taken.items():
        start = statistics.median(short.wall for short, _ in each)
        work[name] = statistics.median(full.wall - short.wall for short, full in each)
        cpu[name] = statistics.median(full.cpu - short.cpu for short, full in each)
        print(
            f"  {name:<9} start {start:5.1f} s   work {work[name]:6.1f} s ({work['local'] / work[name]:4.2f} x)   "
            f"CPU {cpu[name]:6.1f} s   {size / 1e3 / cpu[name]:5.0f} KB/CPU-s ({cpu['local'] / cpu[name]:4.2f} x)"
        )


def _timed(run: Callable[[Jobs, Recipe], Results], jobs: Jobs, recipe: Recipe) -> tuple[Taken, list[tuple[int, bytes]]]:
    with _Meter() as meter:
        start = time.perf_counter()
        results = sorted(run(jobs, recipe))
        wall = time.perf_counter() - start
    return Taken(wall, meter.seconds), results


class _Meter:
    """Adds up the CPU seconds of all processes that this one starts, also of those that it never sees end."""

    def __init__(self) -> None:
        self._known: dict[int, float] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Meter:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    @property
    def seconds(self) -> float:
        return sum(self._known.values())

    def _look(self) -> None:
        me = psutil.Process()
        while not self._over.wait(0.25):
            for process in me.children(recursive=True):
                with suppress(psutil.Error):
                    self._known[process.pid] = sum(process.cpu_times()[:2])


def _ray_data(jobs: Jobs, recipe: Recipe, workers: int) -> Results:
    import ray  # noqa: PLC0415 - heavy
    import ray.data  # noqa: PLC0415

    logging.getLogger("ray.data").setLevel("ERROR")
    warnings.simplefilter("ignore")

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    plan = pickle.dumps(recipe)

    class Scanner:
        def __init__(self) -> None:
            self._actor = Actor()
            self._actor.prepare(plan, os.getcwd())  # noqa: PTH109

        def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
            return {"number": batch["number"], "done": [self._actor.run(job)[1] for job in batch["job"]]}

    ray.init("local", num_cpus=workers + 1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        rows = [{"number": number, "job": pickle.dumps(job)} for number, job in jobs]
        pool = ray.data.ActorPoolStrategy(size=workers)
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(Scanner, batch_size=1, compute=pool)
        for row in done.iter_rows():
            yield row["number"], row["done"]
    finally:
        ray.shutdown()


def _jobs(path: str) -> Jobs:
    return list(enumerate(ScanJob(shard) for source in resolve([path]) for shard in split(source)))


def _fill(data: Any, files: list[Path], size: int) -> int:
    """Write the files' lines over and over, so many bytes of them."""
    while True:
        for file in files:
            for line in file.read_bytes().splitlines(keepends=True):
                data.write(line)
                if data.tell() >= size:
                    data.flush()
                    return int(data.tell())


if __name__ == "__main__":
    sys.exit(main())
