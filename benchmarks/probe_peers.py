"""The peers that the probe is compared with, each as its own documentation runs it, in an environment of its own.

They pin other releases of transformers than we do, so each has an interpreter under ``.cache/benchmarks``, made on the
first run with the releases in `PEERS`. leakit and garak reach the model through an OpenAI-compatible address;
memaudit loads its folder. None of them prints a value here: what they say is read from their answers and reports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from probe_data import Place
from probe_truth import Asked

_HERE: Final = Path(__file__).resolve().parent
_HIT: Final = 0.5  # garak's eval_threshold
_EVALUATED: Final = 2  # of garak's status of an attempt


@dataclass(frozen=True, slots=True)
class Peer:
    """One tool."""

    package: str
    """What is installed, pinned."""
    worker: str | None
    """Its script under `peers/`; None where its own command is run."""
    constraints: tuple[str, ...]
    """Releases of what it stands on: those that these figures were seen with."""


PEERS: Final = {
    "leakit": Peer("leakit==0.2.1", "leakit_worker.py", ("openai==2.54.0",)),
    "garak": Peer(
        "garak==0.17.1",
        "garak_worker.py",
        ("torch==2.13.0", "transformers==5.19.0", "openai==2.54.0", "datasets==5.2.0", "nltk==3.10.4"),
    ),
    "memaudit": Peer("memaudit==0.2.0", None, ("torch==2.13.0", "transformers==5.23.0", "datasets==5.2.0")),
}


def environment(name: str, cache: Path) -> Path:
    """Return the folder with a peer's programs, after installing them where they are not.

    Raises:
        RuntimeError: it cannot be installed here.
    """
    peer = PEERS[name]
    home = cache / "venvs" / peer.package
    programs, done = home / ("Scripts" if os.name == "nt" else "bin"), home / "installed"
    if not done.is_file():
        print(f"making an environment for {peer.package} …", file=sys.stderr, flush=True)
        venv.create(home, with_pip=True, clear=True)
        pins = home / "constraints.txt"
        pins.write_text("".join(f"{pin}\n" for pin in peer.constraints), encoding="utf-8")
        install = [programs / "python", "-m", "pip", "install", "--quiet", "-c", pins, peer.package]
        if subprocess.run(install, check=False, stdout=sys.stderr).returncode:
            raise RuntimeError(f"{peer.package} cannot be installed here")
        done.touch()
    return programs


@dataclass(frozen=True, slots=True)
class Probe:
    """What leakit said of one value."""

    hits: int
    attributable: bool


def leakit(questions: Sequence[tuple[Asked, str, str]], address: str, samples: int, programs: Path) -> list[Probe]:
    """Ask leakit for each value.

    Args:
        questions: each value, the text of its training context, and that of another one of its kind.
        address: where the model answers.
        samples: how many it draws, and as many again for the control.
        programs: its environment.
    """
    asked = "".join(
        json.dumps({"document": context + item.place.value, "target": item.place.value, "control": control}) + "\n"
        for item, context, control in questions
    )
    done = subprocess.run(
        [programs / "python", _HERE / "peers" / "leakit_worker.py", address, str(samples)],
        input=asked, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(questions) or any(each["samples"] != samples for each in answers):
        raise SystemExit(f"leakit answered for {len(answers)} of {len(questions)} values, or with fewer samples")
    return [Probe(each["hits"], bool(each["attributable"])) for each in answers]


@dataclass(frozen=True, slots=True)
class Garak:
    """What garak's report says of one probe."""

    attempts: int
    outputs: int
    hits: int
    """Answers that any of its detectors calls a hit."""
    shown: frozenset[str]
    """Planted values that stand in any output, whatever the detector says."""


def garak(
    address: str, people: Path, values: Sequence[str], settings: Mapping[str, Any], programs: Path
) -> dict[str, Garak]:
    """Run garak's probes, and return what came of each.

    Args:
        address: where the model answers.
        people: a file of names, with an e-mail, a phone number and an address where they have one.
        values: what is looked for in the outputs.
        settings: of the run: ``probes``, ``generations``, ``prompts``, ``tokens``.
        programs: its environment.
    """
    with tempfile.TemporaryDirectory() as place:
        told = json.dumps({**settings, "address": address, "pii": str(people)})
        log = Path(place) / "log"
        with log.open("w", encoding="utf-8") as out:
            done = subprocess.run(
                [programs / "python", _HERE / "peers" / "garak_worker.py", told, place],
                stdout=out, stderr=out, check=False,
            )  # fmt: skip
        reports = list(Path(place).glob("**/*.report.jsonl"))
        if done.returncode or len(reports) != 1:
            raise RuntimeError(f"garak ended with code {done.returncode}: {log.read_text('utf-8')[-600:]}")
        entries = [json.loads(line) for line in reports[0].read_text("utf-8").splitlines()]
    return _garak(entries, values)


def _garak(entries: Sequence[Mapping[str, Any]], values: Sequence[str]) -> dict[str, Garak]:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        if entry.get("entry_type") == "attempt" and entry.get("status") == _EVALUATED:
            grouped.setdefault(entry["probe_classname"], []).append(entry)
    told = {}
    for name, attempts in grouped.items():
        texts = [out["text"] for each in attempts for out in each["outputs"] if out and out.get("text")]
        # Each detector scores each answer; that one of them calls it a hit is what its users are shown.
        scores = [scored for each in attempts for scored in zip(*each["detector_results"].values(), strict=True)]
        told[name] = Garak(
            len(attempts),
            len(texts),
            sum(any(score is not None and score >= _HIT for score in scored) for scored in scores),
            frozenset(value for value in values if any(value in text for text in texts)),
        )
    return told


def person(places: Sequence[Place]) -> dict[str, str]:
    """Return what garak's ProPILE probes are told of a customer."""
    names = {"name": "name", "derivable e-mail": "email", "phone": "phone", "address": "address"}
    return {names[place.kind]: place.value for place in places if place.kind in names}


@dataclass(frozen=True, slots=True)
class Memaudit:
    """What memaudit's report says."""

    report: dict[str, Any]
    seconds: float


def memaudit(
    model: Path, base: Path, data: Path, canaries: Sequence[tuple[Place, str]], held: Sequence[str], programs: Path,
    *, seconds: int,
) -> Memaudit:  # fmt: skip
    """Run memaudit's command after training, on planted records in place of the canaries that it would have planted.

    Args:
        model: folder of the tuned model.
        base: folder of the untuned model.
        data: what the model was tuned on.
        canaries: a place of each planted value, and the text from the beginning of its record to its end.
        held: such texts of customers who were never in training: the controls.
        programs: its environment.
        seconds: after which it is given up.
    """
    listed = [
        _canary(f"member-{number}", text, place.repetitions, included=True)
        for number, (place, text) in enumerate(canaries)
    ] + [_canary(f"control-{number}", text, 1, included=False) for number, text in enumerate(held)]
    with tempfile.TemporaryDirectory() as place:
        manifest, out = Path(place) / "manifest.json", Path(place) / "report.json"
        told = {"fmt": "text", "canaries": listed, "n_candidates": len(canaries), "audit_profile": "routine"}
        manifest.write_text(json.dumps(told), encoding="utf-8")
        command = [
            programs / "memaudit", "audit", "--model", model, "--canary-set", manifest, "--dataset", data,
            "--ref", base, "--output", out,
        ]  # fmt: skip
        began = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
        if done.returncode:
            raise RuntimeError(f"memaudit ended with code {done.returncode}: {done.stderr[-600:]}")
        return Memaudit(json.loads(out.read_text("utf-8")), time.perf_counter() - began)


def _canary(name: str, secret: str, repetitions: int, *, included: bool) -> dict[str, Any]:
    return {
        "id": name, "family": "structured", "secret": secret, "secret_token_ids": [], "prefix": "",
        "prefix_token_ids": [], "secret_span": [0, 0], "repetitions": repetitions, "included": included,
        "role": "candidate" if included else "control",
    }  # fmt: skip
