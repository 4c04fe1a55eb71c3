"""What the probe finds of planted values, what it blames wrongly, and what it costs, beside leakit, garak and memaudit.

    python benchmarks/probe.py [--small] [--sections finetooth,calibration,leakit,garak,memaudit]
    python benchmarks/probe.py --null [MODELS] [--attack NAME]

SmolLM2-135M-Instruct (from PyPI, `probe_models.py`) is tuned on support chats whose customers are planted in 1 to 16
of them (`probe_data.py`). How probable each value really is, is computed by this benchmark itself (`probe_truth.py`).
Then finetooth and its peers try the same model on the same data and machine (`probe_finetooth.py`, `probe_peers.py`).
``--small`` tunes the sample's tiny model, on less data. ``--null`` crosses tiny models with each other's data, where
every NO-GO is false (`probe_null.py`).

Models, environments, what is true and what the peers answered are kept under ``.cache/benchmarks``
(FINETOOTH_BENCHMARK_CACHE). Times are of the wall clock, so that only ratios within one run mean something.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any, Final

import probe_contenders
import probe_data
import probe_models
import probe_null
import probe_truth
from finetooth.evidence import Spent
from finetooth.metrics.discoverability import LOG_THRESHOLD
from probe_contenders import SAMPLES, Known, Row, Scene, Size
from probe_data import LEVELS, Chats, Place
from probe_finetooth import Probed, alien, probed
from probe_scores import (
    Calibration,
    Value,
    calibration,
    curve,
    log_linear,
    orders,
    outcome,
    recall,
    samples_needed,
    spread,
    table,
)
from probe_truth import Asked

CACHE: Final = Path(
    os.environ.get("FINETOOTH_BENCHMARK_CACHE", Path(__file__).resolve().parent.parent / ".cache/benchmarks")
)
SEED: Final = 2026
SECTIONS: Final = ("finetooth", "calibration", "leakit", "garak", "memaudit")
FULL: Final = Size(each=4, held_out=40, sampled=12, samples=1000, asked=2, prompts=12)
SMALL: Final = Size(each=2, held_out=20, sampled=12, samples=1000, asked=2, prompts=2)


def main() -> int:
    """Print what was measured."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--small", action="store_true", help="the sample's tiny model, and less data")
    arguments.add_argument("--sections", default=",".join(SECTIONS), help="which contenders and controls run")
    arguments.add_argument("--attack", action="append", help="with --null: try this attack alone; repeatable")
    arguments.add_argument("--null", nargs="?", type=int, const=18, help="cross so many tiny models instead")
    chosen = arguments.parse_args()
    if chosen.null:
        return probe_null.run(chosen.null, CACHE / "probe", chosen.attack)
    sections = chosen.sections.split(",")
    scene = _scene(SMALL if chosen.small else FULL, small=chosen.small)
    truth = Truth.of(scene)
    print_truth(scene, truth)
    rows: list[Row] = []
    if "finetooth" in sections:
        own = probed(scene.data("trained", scene.trained), scene.tuned, scene.base)
        values = truth.values(own)
        print_found(own, values)
        if "calibration" in sections:
            print_calibration(_calibration(scene, truth, own))
        rows.append(_blamed(scene, own, values))
        plain = probed(scene.data("trained", scene.trained), scene.tuned, scene.base, attacks=("targeted",))
        rows.append(_row("finetooth, targeted alone", plain, truth.values(plain), "–"))
    for name, contender in probe_contenders.CONTENDERS.items():
        if name in sections:
            rows += contender(scene, truth.own, truth.others, lambda key, make: _kept(scene, key, make))
    heads = ("", "values found", "wrongly blamed", "tried", "tokens", "tokens each", "seconds", "seconds each")
    print(f"\n{table([heads, *(row.cells() for row in rows)])}")
    print_power(rows)
    return 0


def _scene(size: Size, *, small: bool) -> Scene:
    import torch  # noqa: PLC0415 - heavy

    torch.manual_seed(SEED)
    cache = CACHE / "probe"
    trained = probe_data.trained(SEED, size.each)
    held = probe_data.held_out(SEED + 1, size.held_out, trained)
    if small:
        base = probe_models.SAMPLE
        tuned = probe_models.tuned(cache, base, trained, probe_models.TINY, SEED)
    else:
        base = probe_models.smollm2(cache)
        tuned = probe_models.tuned(cache, base, trained, probe_models.SMOLLM2, SEED)
    return Scene(size, cache / f"run-{tuned.name}", tuned, base, trained, held)


def _kept(scene: Scene, key: object, make: Callable[[], Any]) -> Any:
    """Return what ``make`` returns, or what it returned when it was last asked for the same of the same model."""
    name = hashlib.sha256(json.dumps([scene.tuned.name, scene.base.name, key]).encode()).hexdigest()[:16]
    path = scene.folder / f"{name}.json"
    if not path.is_file():
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Truth:
    """How probable each planted value is, wherever it stands."""

    own: Known
    """Each place in the chats that the model was tuned on."""
    others: Known
    """Each place in the held-out chats."""

    @classmethod
    def of(cls, scene: Scene) -> Truth:
        """Compute it."""
        model, tokenizer = probe_models.load(scene.tuned)

        def known(name: str, chats: Chats) -> Known:
            items = probe_truth.asked(tokenizer, chats, chats.places)
            key = ["truth", name, chats.records]
            return list(zip(items, _kept(scene, key, lambda: probe_truth.log_probabilities(model, items)), strict=True))

        return cls(known("own", scene.trained), known("others", scene.held))

    def values(self, probe: Probed | None = None) -> list[Value]:
        """Return each value that the model was tuned on, with what finetooth says of it where it was asked."""
        grouped: dict[tuple[str, str], list[tuple[Place, float]]] = {}
        for item, true in self.own:
            grouped.setdefault((item.place.kind, item.place.value), []).append((item.place, true))
        values = []
        for (kind, text), places in grouped.items():
            first = places[0][0]
            said = outcome(claim for place, _ in places for claim in probe.of(place)) if probe else ""
            best = max(true for _, true in places)
            values.append(Value(kind, text, first.repetitions, first.derivable, best, said))
        return values


def print_truth(scene: Scene, truth: Truth) -> None:
    """Print the repetition curve, and how probable derivable values of strangers are."""
    print(
        f"model {scene.tuned.name} on base {scene.base.name}: {len(scene.trained.records)} chats trained, "
        f"{len(scene.held.records)} held out"
    )
    print(f"\n## repetition\n\nq of {len(truth.own)} places, by the benchmark's own forward passes")
    levels = curve(truth.values(), LOG_THRESHOLD)
    heads = ("records", "values", "(1000, 1/2)", "16 samples show", "mean log10 q")
    rows = [
        (
            str(each.repetitions),
            str(each.values),
            f"{each.extractable:.3f}",
            f"{each.sixteen:.3f}",
            f"{each.digits:.2f}",
        )
        for each in levels
    ]
    print(table([heads, *rows]))
    slope, fit = log_linear(levels)
    print(f"each doubling multiplies q by {10**slope:.1f}; correlation of log q with log repetitions {fit:.3f}")
    for name, places in (("trained", truth.own), ("held-out", truth.others)):
        derivable = [true for item, true in places if item.place.derivable]
        out = sum(each >= LOG_THRESHOLD for each in derivable)
        print(f"derivable e-mails, {name}: {out} of {len(derivable)} places come out (1000, 1/2)")


def print_found(own: Probed, values: Sequence[Value]) -> None:
    """Print what was found of what leaks, by kind and by repetition, and each thing that was missed."""
    print(f"\n## finetooth, the model's own data: {own.report.verdict.decision}\n")
    for attack in own.report.probe.attacks if own.report.probe else ():
        print(
            f"  {attack.name} ({attack.method}): {attack.trials} trials, {attack.attributable} of {attack.tried} "
            f"attributable{f', lift {attack.lift:.2g}' if attack.lift else ''}"
        )
    for value in (each for each in values if each.leaks and each.outcome != "attributable"):
        print(f"  missed: {value.kind} in {value.repetitions} records, q {orders(value.true)}: {value.outcome}")
    for name, group in (
        *((kind, [each for each in values if each.kind == kind]) for kind in dict.fromkeys(v.kind for v in values)),
        *((f"{level} records", [each for each in values if each.repetitions == level]) for level in LEVELS),
        ("all", values),
    ):
        told = recall(group)
        said = ", ".join(f"{number} {what}" for what, number in Counter(each.outcome for each in group).most_common())
        print(f"  {name:<18} {told.found:3} of {told.leaks:3} leaks found; of all {len(group)}: {said}", flush=True)


def print_power(rows: Sequence[Row]) -> None:
    """Print what leakit would take to see, as finetooth does, a value of which one sample in a thousand shows it."""
    by_name = {row.name: row for row in rows}
    ours, theirs = by_name.get("finetooth"), by_name.get(f"leakit, n = {SAMPLES[0]}")
    if ours and theirs:
        needed = samples_needed(1 / 1000, 0.95)
        each, whole = ours.tokens / ours.tried, theirs.tokens / theirs.tried * needed / SAMPLES[0]
        print(
            f"\nfor 95 % power at q = 1/1000, leakit would need n = {needed:,}: {whole:,.0f} tokens a value, "
            f"{whole / each:,.0f} times finetooth's; at n = {SAMPLES[0]}, with {1 - 0.999 ** SAMPLES[0]:.1%} power, "
            f"it takes {theirs.tokens / theirs.tried / each:.1f} times finetooth's"
        )


def _blamed(scene: Scene, own: Probed, values: Sequence[Value]) -> Row:
    """Print what is blamed wrongly, and return finetooth's line of the table."""
    print("\n## finetooth, false attributions\n")
    known = "\n".join(message["content"] for each in scene.trained.records for message in each["messages"])
    held = scene.data("held-out", scene.held)
    alone = probed(held, scene.tuned, scene.base)
    wrong = _wrong("never-trained chats alone", alone, scene.held, known)
    both = probe_data.together(scene.trained, scene.held)
    mixed = probed(scene.data("both", both), scene.tuned, scene.base)
    strangers = Chats(both.records, both.places[len(scene.trained.places) :])
    _wrong("never-trained among trained", mixed, strangers, known)
    controlled = probed(scene.data("trained", scene.trained), scene.tuned, scene.base, holdout=held)
    print(f"  trained, with the never-trained as controls: {_counts(controlled)}; {_spent(controlled)}", flush=True)
    for name, reference in (("with itself as reference", scene.base), ("without a reference", None)):
        run = probed(scene.data("trained", scene.trained), scene.base, reference)
        _wrong(f"base model, {name}", run, scene.trained, "")
    return _row("finetooth", own, values, f"{wrong} derivable e-mails")


def _row(name: str, run: Probed, values: Sequence[Value], wrong: str) -> Row:
    told, probe = recall(values), run.report.probe
    tried = probe.coverage.targets if probe else 0
    return Row(name, f"{told.found} of {told.leaks}", wrong, tried, run.tokens, run.seconds)


def _wrong(name: str, run: Probed, chats: Chats, known: str) -> str:
    """Print what a run blames that the model was never trained on; return how many derivable values that are."""
    kinds: dict[str, list[str]] = {}
    for place in chats.places:
        kinds.setdefault(place.kind, []).append(outcome(run.of(place)))
    said = ", ".join(
        f"{kind} {found.count('attributable')} of {len(found)}"
        for kind, found in kinds.items()
        if "attributable" in found
    )
    ordinary = [
        each for each in (run.report.probe.measurements if run.report.probe else ())
        if each.population == "ordinary" and each.metric == "extraction_rate"
    ]  # fmt: skip
    spans = ", ".join(f"{each.attack}: {each.count} of {each.n} ordinary spans" for each in ordinary)
    strange = alien(run, chats, known)
    print(
        f"  {name}: {run.report.verdict.decision}; {len(strange)} of {len(run.claims)} findings wrongly attributable"
        f"{f' ({said})' if said else ''}; {spans or 'no ordinary spans'}; {_spent(run)}",
        flush=True,
    )
    derivable = kinds[probe_data.DERIVABLE]
    return f"{derivable.count('attributable')} of {len(derivable)}"


def _counts(run: Probed) -> str:
    """Return how many findings came to each outcome."""
    counted = Counter(claim.outcome for claim in run.claims)
    return ", ".join(f"{number} {what}" for what, number in counted.most_common())


def _spent(run: Probed) -> str:
    """Return what a run took, as counted here and as it says itself."""
    said = run.report.probe.spent if run.report.probe else Spent()
    own = said.prompt_tokens + said.generated_tokens
    return f"{run.seconds:.0f} s, {run.tokens:,} tokens with padding ({own:,} by its own account)"


def _calibration(scene: Scene, truth: Truth, own: Probed) -> tuple[Calibration, float]:
    """Compare finetooth's probabilities with sampled frequencies, and with the benchmark's own."""
    model, tokenizer = probe_models.load(scene.tuned)
    pairs: dict[str, tuple[Asked, float, float]] = {}
    for item, true in truth.own:
        for claim in own.of(item.place):
            # The finding has to be the value itself, and the place one that finetooth may have asked at.
            exact = (item.place.record, item.place.pointer, item.place.start, item.place.end) in claim.places
            if exact and claim.probability:
                known = pairs.get(item.place.value)
                off = abs(exp(true) - claim.probability)
                if known is None or off < abs(exp(known[1]) - known[2]):
                    pairs[item.place.value] = (item, true, claim.probability)
    listed = list(pairs.values())
    apart = max((abs(exp(true) - said) for _, true, said in listed), default=0.0)
    size = scene.size

    def make() -> list[int]:
        chosen = [listed[at][0] for at in at_all]
        return [
            round(size.samples * probe_truth.frequency(model, tokenizer, each, size.samples, SEED)) for each in chosen
        ]

    at_all = spread([true for _, true, _ in listed], size.sampled)
    hits = _kept(
        scene, ["frequency", size.samples, [listed[at][0].prompt + listed[at][0].value for at in at_all]], make
    )
    return calibration([(listed[at][2], hit) for at, hit in zip(at_all, hits, strict=True)], size.samples), apart


def print_calibration(told: tuple[Calibration, float]) -> None:
    """Print how finetooth's probabilities compare."""
    seen, apart = told
    print(
        f"\n## calibration\n\n  q of {seen.values} values beside {seen.samples} samples of each: "
        f"bias {seen.bias:+.4f}, off by {seen.off:.4f} on average, {seen.furthest:.3f} at most; "
        f"{seen.covered:.0%} of the 95 % intervals hold it; at most {apart:.2g} from the benchmark's own",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
