"""How much is found, and how much of what is found is right; finetooth against the engines that users have today.

    python benchmarks/accuracy.py                                    everything
    python benchmarks/accuracy.py --sets pii/wikigold,secrets        some sets, or groups of them
    python benchmarks/accuracy.py --engines finetooth,presidio       some engines
    python benchmarks/accuracy.py --engines finetooth --errors       what finetooth misses and gets wrong, by concept

The labelled sets are taken from the folder `FINETOOTH_DATA`. How spans are matched stands in `scoring.py`, what labels
mean in `labels.py`, how each engine is run in `engines.py`, and what was measured in docs/accuracy.md. No found value
is printed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

import labelled
from engines import DEFAULT, ENGINES, Engine, run
from labels import concept
from scoring import Outcome, figures, match, scored

REGIONS = {"pii/pl_pii_bench": ("PL",)}
"""What a user would ask for; the United States, as the shipped policies do, where nothing is said."""

RECOGNIZERS = "pii/presidio_recognizer_cases"


def main() -> None:
    """Print what the arguments ask for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sets", help="names or groups with commas between: pii/wikigold,secrets")
    arguments.add_argument("--engines", default=",".join(DEFAULT), help=f"some of: {', '.join(ENGINES)}")
    arguments.add_argument("--errors", action="store_true", help="what finetooth misses and gets wrong")
    chosen = arguments.parse_args()
    unknown = set(chosen.engines.split(",")) - set(ENGINES)
    if unknown:
        arguments.error(f"no such engine: {', '.join(sorted(unknown))} (there are {', '.join(ENGINES)})")
    engines = [ENGINES[name] for name in chosen.engines.split(",")]
    if not labelled.folder().is_dir():
        print(f"SKIPPED: no labelled sets in {labelled.folder()}; name their folder in FINETOOTH_DATA", file=sys.stderr)
        sys.exit(2)
    known = [name for group in ("pii", "secrets", "instruct") for name in labelled.names(group)]
    wanted = chosen.sets.split(",") if chosen.sets else known
    if strange := [name for name in wanted if not any(each == name or each.startswith(f"{name}/") for each in known)]:
        arguments.error(f"no such set: {', '.join(strange)} (there are {', '.join(known)})")
    names = [name for name in known if any(name == each or name.startswith(f"{each}/") for each in wanted)]
    _spans([name for name in names if name.startswith("pii/") and name != RECOGNIZERS], engines, errors=chosen.errors)


def _spans(names: Sequence[str], engines: Sequence[Engine], *, errors: bool) -> None:
    engines = [engine for engine in engines if "pii" in engine.finds]
    if not names or not engines:
        return
    print("Labelled spans: precision, recall and F2, each with its 95 % interval")
    for name in names:
        rows = labelled.spans(name)
        concepts = {span.concept for row in rows for span in row.gold}
        print(f"\n{name}: {len(rows)} texts, {sum(len(row.gold) for row in rows)} spans")
        print(f"  {'':16}{'typed':66}type-agnostic")
        print("  " + f"{'':16}" + 2 * "".join(f"{heading:22}" for heading in ("precision", "recall", "F2")))
        told: list[tuple[str, list[Outcome]]] = []
        for engine in engines:
            found = run(engine, [row.text for row in rows], REGIONS.get(name, ("US",)))
            cells = []
            for typed in (True, False):
                outcomes = [
                    match(row.gold, spans, scored(concepts), typed=typed)
                    for row, spans in zip(rows, found, strict=True)
                ]
                cells += figures([outcome.counts for outcome in outcomes], [row.cluster for row in rows])
                if typed and engine.worker is None:
                    told.append((engine.name, outcomes))
            print(f"  {engine.name:16}" + "".join(f"{cell!s:22}" for cell in cells), flush=True)
        if errors:
            for engine_name, outcomes in told:
                _errors(engine_name, [row.gold for row in rows], outcomes)


def _errors(engine: str, gold: Sequence[Sequence[labelled.Gold]], outcomes: Sequence[Outcome]) -> None:
    labels = Counter(span.concept for spans in gold for span in spans)
    missed = Counter(span.concept for outcome in outcomes for span in outcome.missed)
    wrong = Counter(
        (concept(found.entity_type), found.entity_type, found.rule) for outcome in outcomes for found in outcome.wrong
    )
    print(f"\n  {engine}, typed errors: concept, gold spans, missed; then false positives by entity type and rule")
    for label in sorted({*labels, *(each for each, _, _ in wrong)}):
        print(f"    {label:18}{labels[label]:6} gold {missed[label]:6} missed")
        for (_, entity_type, rule), count in wrong.most_common():
            if concept(entity_type) == label:
                print(f"    {'':18}{count:6} wrong  {entity_type}  {rule}")


if __name__ == "__main__":
    main()
