"""What the hook costs on a commit that adds 200 chat records to a file of 50,000 lines.

    python benchmarks/hook.py [--runs N] [--peer] [RECORDS.jsonl]

CPU seconds, user and system, of the whole command and all that it starts: the median, after one run that fills the
caches of rules and of the file system, and writes Python's bytecode, as an installation has it. ``fresh`` scans the
change, ``again`` is the same commit tried once more. The repository is made in a temporary folder; the records that are
added are the first 200 of RECORDS.jsonl (the sample data by default, of which most hold planted findings). With
``--peer``, detect-secrets-hook runs once on the same commit; it reads the whole file, which takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

from engines import ENGINES, _python

_HERE = Path(__file__).resolve().parent
SAMPLE = _HERE.parent / "sample_data" / "support_chat.jsonl"
LINES, ADDED = 50_000, 200
NAME = "train.jsonl"
WITHOUT_NER = "without-ner.yaml"


def main() -> int:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = _repository(folder, chosen.records)
        print(f"{LINES:,} lines, {size / 1e6:.0f} MB, {ADDED} added")
        measured = {
            f"finetooth hook, {what}, {how}": _median(_hook(folder, policy, *options), chosen.runs)
            for what, policy in (("standard", "standard"), ("ner: null", WITHOUT_NER), ("secrets", "secrets-only"))
            for how, options in (("fresh", ("--no-resume",)), ("again", ()))
        }
        measured["git diff --cached"] = _median(lambda: _cpu(["git", "diff", "--cached"], folder, {0}), chosen.runs)
        if chosen.peer:
            tool = Path(_python(ENGINES["detect-secrets"])).with_name("detect-secrets-hook")
            measured["detect-secrets-hook"] = _cpu([str(tool), NAME], folder, {0, 1})
        base = measured["finetooth hook, standard, fresh"]
        for what, seconds in measured.items():
            print(f"  {what:<36} {seconds:8.2f} CPU s   {seconds / base:7.2f} x", flush=True)
    return 0


def _repository(folder: Path, records: Path) -> int:
    """Make it, with the change staged, and return the size of the file."""
    with records.open(encoding="utf-8") as file:
        added = list(islice((line for line in file if line.strip()), ADDED))
    chance = random.Random(1)
    texts = [json.loads(line) for line in added]
    words = " ".join(added).replace('"', " ").split()
    with (folder / NAME).open("w", encoding="utf-8") as file:
        for number, value in enumerate(islice(cycle(texts), LINES)):
            # No line is like another, as in real data, and each is a little longer than its model.
            file.write(json.dumps({"id": number, "note": " ".join(chance.choices(words, k=30)), "was": value}) + "\n")
    policy = (_HERE.parent / "policies" / "standard.yaml").read_text(encoding="utf-8")
    found = [line for line in policy.splitlines() if line.lstrip().startswith("ner:")]
    (folder / WITHOUT_NER).write_text(policy.replace(found[0], "  ner: null"), encoding="utf-8")
    for command in ("init -q .", "config user.email a@example.com", "config user.name A", f"add {NAME}"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    subprocess.run(["git", "commit", "-qm", "first"], cwd=folder, check=True)
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.writelines(added)
    subprocess.run(["git", "add", NAME], cwd=folder, check=True)
    return (folder / NAME).stat().st_size


def _hook(folder: Path, policy: str, *options: str) -> Callable[[], float]:
    command = [sys.executable, "-m", "finetooth.cli.main", "hook", NAME, "--policy", policy, *options]
    return lambda: _cpu(command, folder, {0, 1})


def _median(run: Callable[[], float], runs: int) -> float:
    run()
    return statistics.median(run() for _ in range(runs))


def _cpu(command: Sequence[str], folder: Path, codes: set[int]) -> float:
    """Return the CPU seconds of a command and of all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    left_out = ("GIT_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in codes:
        raise SystemExit(f"{Path(command[0]).name}: ended with {done.returncode}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
