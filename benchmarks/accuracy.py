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
import importlib.util
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

import labelled
from engines import DEFAULT, ENGINES, Engine, run
from labels import concept
from scoring import Figure, Outcome, figures, match, rate, scored
from spans import Found, Gold

REGIONS = {"pii/pl_pii_bench": ("PL",)}
"""What a user would ask for; elsewhere each engine looks for what it does out of the box."""

LISTED = 30
"""How many rules of a source are listed where more are missed."""

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
    pii = [engine for engine in engines if "pii" in engine.finds]
    secrets = [engine for engine in engines if "secrets" in engine.finds]
    for name in names:
        if name.startswith("pii/") and name != RECOGNIZERS:
            _spans(name, pii, errors=chosen.errors)
    if RECOGNIZERS in names:
        _recognizers(pii)
    _secrets([name for name in names if name.startswith("secrets/")], secrets, errors=chosen.errors)
    _instructions([name for name in names if name.startswith("instruct/")], secrets)


def _spans(name: str, engines: Sequence[Engine], *, errors: bool) -> None:
    if not engines:
        return
    rows = labelled.span_texts(name)
    concepts = scored({span.concept for row in rows for span in row.gold})
    print(f"\n{name}: {len(rows)} texts, {sum(len(row.gold) for row in rows)} spans")
    print(f"  {'':16}{'typed':66}type-agnostic")
    print("  " + f"{'':16}" + 2 * "".join(f"{heading:22}" for heading in ("precision", "recall", "F2")))
    told: list[tuple[str, list[Outcome]]] = []
    for engine in engines:
        found = run(engine, [row.text for row in rows], REGIONS.get(name, ()))
        cells: list[Figure] = []
        for typed in (True, False):
            outcomes = [match(row.gold, spans, concepts, typed=typed) for row, spans in zip(rows, found, strict=True)]
            cells += figures([outcome.counts for outcome in outcomes], [row.cluster for row in rows])
            if typed and engine.worker is None:
                told.append((engine.name, outcomes))
        _row(engine.name, cells)
    if errors:
        for engine_name, outcomes in told:
            _errors(engine_name, [row.gold for row in rows], outcomes)


def _errors(engine: str, gold: Sequence[Sequence[Gold]], outcomes: Sequence[Outcome]) -> None:
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


def _recognizers(engines: Sequence[Engine]) -> None:
    cases = labelled.recognizer_cases(RECOGNIZERS)
    print(f"\n{RECOGNIZERS}: {len(cases)} cases; right is the exact spans of the type, and nothing else of it")
    regions = [case.regions or _country(case.recognizer) for case in cases]
    nothing: frozenset[str] = frozenset()
    ways = [(engine, by_name) for engine in engines for by_name in (False, True) if not by_name or not engine.worker]
    for engine, by_name in ways:
        passed: list[bool] = [False] * len(cases)
        asked = [(region, case.entities if by_name else nothing) for region, case in zip(regions, cases, strict=True)]
        for region, named in dict.fromkeys(asked):
            chosen = [index for index, each in enumerate(asked) if each == (region, named)]
            answers = run(engine, [cases[index].text for index in chosen], region, named)
            for index, found in zip(chosen, answers, strict=True):
                passed[index] = cases[index].passes(found)
        told = [(case, right) for case, right in zip(cases, passed, strict=True)]
        holding = [right for case, right in told if case.count]
        empty = [right for case, right in told if not case.count]
        failing = Counter(case.recognizer for case, right in told if not right)
        total = Counter(case.recognizer for case in cases)
        parts = f"{sum(holding)}/{len(holding)} with something to find, {sum(empty)}/{len(empty)} with nothing"
        name = f"{engine.name}, asked by name" if by_name else engine.name
        print(f"  {name}: {sum(passed)}/{len(passed)} right ({parts})", flush=True)
        wrong = ", ".join(f"{name} {count}/{total[name]}" for name, count in failing.most_common())
        _list(f"wrong: {wrong or 'none'}")


def _country(recognizer: str) -> tuple[str, ...]:
    """Return the region that a policy names to turn a recognizer of Presidio on."""
    [home] = importlib.util.find_spec("presidio_analyzer").submodule_search_locations  # type: ignore[union-attr,misc]
    entries = yaml.safe_load((Path(home) / "conf" / "default_recognizers.yaml").read_text(encoding="utf-8"))
    countries = {entry["name"]: entry.get("country_code") for entry in entries["recognizers"]}
    country = (countries.get(recognizer) or "us").upper()
    return ({"UK": "GB"}.get(country, country),)


def _secrets(names: Sequence[str], engines: Sequence[Engine], *, errors: bool) -> None:
    if not names or not engines:
        return
    print("\nSecrets: texts with a secret in which anything is found; labelled values that a finding overlaps; texts")
    print("without one in which anything is found")
    sets = {name: labelled.secret_cases(name) for name in names}
    if len(names) > 1:
        sets[f"all {len(names)}"] = [case for cases in sets.values() for case in cases]
    answers = {
        engine.name: {name: run(engine, [case.text for case in sets[name]]) for name in names} for engine in engines
    }
    for name, cases in sets.items():
        secret = sum(case.secret for case in cases)
        valued = sum(len(case.places) for case in cases)
        print(f"\n{name}: {secret} texts with a secret ({valued} labelled values), {len(cases) - secret} without")
        print("  " + f"{'':24}" + "".join(f"{heading:22}" for heading in ("recall", "of values", "false positives")))
        for engine in engines:
            per_set = answers[engine.name]
            found = per_set[name] if name in per_set else [spans for each in per_set.values() for spans in each]
            for label, kept in _tiers(engine, found):
                _row(label, _secret_figures(cases, kept), 24)
                if errors and label == "finetooth" and name in per_set:
                    _secret_errors(cases, kept)


def _secret_errors(cases: Sequence[labelled.SecretCase], found: Sequence[Sequence[Found]]) -> None:
    told = list(zip(cases, found, strict=True))
    total = Counter(case.cluster for case in cases if case.secret)
    missed = Counter(case.cluster for case, spans in told if case.secret and not spans)
    wrong = Counter((each.rule, each.tier) for case, spans in told if not case.secret for each in spans)
    rules = ", ".join(f"{rule} {count}/{total[rule]}" for rule, count in missed.most_common(LISTED))
    rest = f" and {len(missed) - LISTED} other rules" if len(missed) > LISTED else ""
    alarms = ", ".join(f"{rule} ({tier}) {count}" for (rule, tier), count in wrong.most_common())
    _list(f"missed by the source's rule: {rules or 'none'}{rest}")
    _list(f"false positives by finetooth's: {alarms or 'none'}")


def _list(text: str) -> None:
    print(textwrap.fill(text, 120, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False))


def _tiers(engine: Engine, found: Sequence[Sequence[Found]]) -> Iterator[tuple[str, list[list[Found]]]]:
    """Yield what an engine says of secrets, and for finetooth also what it says of them in each tier."""
    secrets = [[each for each in spans if concept(each.entity_type) == "SECRET"] for spans in found]
    yield engine.name, secrets
    if engine.worker is None:
        for tier in ("block", "review"):
            yield f"{engine.name}, {tier} only", [[each for each in spans if each.tier == tier] for spans in secrets]


def _secret_figures(cases: Sequence[labelled.SecretCase], found: Sequence[Sequence[Found]]) -> list[Figure]:
    recalled, overlapped, alarmed = [], [], []
    for case, spans in zip(cases, found, strict=True):
        met = sum(any(_overlap(span, place) for span in spans for place in places) for places in case.places)
        recalled.append((int(case.secret and bool(spans)), int(case.secret)))
        overlapped.append((met, len(case.places)))
        alarmed.append((int(not case.secret and bool(spans)), int(not case.secret)))
    clusters = [case.cluster for case in cases]
    return [figures(counts, clusters, (rate,))[0] for counts in (recalled, overlapped, alarmed)]


def _overlap(span: Found, place: tuple[int, int]) -> bool:
    return span.start < place[1] and place[0] < span.end


def _instructions(names: Sequence[str], engines: Sequence[Engine]) -> None:
    if not names or not engines:
        return
    texts = [text for name in names for text in labelled.instructions(name)]
    print(
        f"\nFindings of secrets in {len(texts)} records of instruction data ({', '.join(names)}), where hardly any is"
    )
    print(f"  {'':24}{'findings':>10}{'records':>10}")
    for engine in engines:
        for label, found in _tiers(engine, run(engine, texts)):
            print(f"  {label:24}{sum(map(len, found)):10}{sum(map(bool, found)):10}", flush=True)


def _row(name: str, cells: Sequence[Figure], width: int = 16) -> None:
    print(f"  {name:{width}}" + "".join(f"{cell!s:22}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
