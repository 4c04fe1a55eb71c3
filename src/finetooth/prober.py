"""The prober: what the scanner found becomes what the attacks try to pull out of the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from finetooth.attacks.attack import Attack, Result
from finetooth.attacks.attribution import FALSE_NO_GO, decide
from finetooth.attacks.confirming import Confirmation, confirm
from finetooth.attacks.measuring import extracted, measure, summed_up
from finetooth.attacks.quarry import Material, Quarry
from finetooth.attacks.registry import every
from finetooth.attacks.rehearsal import Effort, rehearse
from finetooth.attacks.repetitions import search
from finetooth.evidence import Extracted, ProbeCoverage, ProbeEvidence, ScanEvidence
from finetooth.finding import Finding, place
from finetooth.gathering import SAMPLE, gather
from finetooth.progress import Progress, silent
from finetooth.redaction import FingerprintKey
from finetooth.shapes.reading import DETECT, Reading
from finetooth.sources.source import Source
from finetooth.targets.target import Target


@dataclass(frozen=True, slots=True)
class Scanned:
    """Data, and what was found in it."""

    sources: Sequence[Source]
    """The data, in the order of ``scan.inputs``."""
    scan: ScanEvidence
    """What was found."""
    reading: Reading = DETECT
    """How its records were read."""


def probe(
    data: Scanned,
    key: FingerprintKey,
    target: Target,
    reference: Target | None = None,
    *,
    holdout: Scanned | None = None,
    attacks: Sequence[Attack] | None = None,
    budget: int,
    sample: int = SAMPLE,
    progress: Progress = silent,
) -> ProbeEvidence:
    """Try to extract the findings, and a sample of ordinary text, from a model.

    Args:
        data: what the model was tuned on.
        key: what it was fingerprinted with.
        target: the tuned model.
        reference: the untuned model, if there is one.
        holdout: data of the same kind that neither model was trained on, if there is some.
        attacks: what is tried, in this order; everything where none are named.
        budget: how many findings are tried at most, riskiest first; the others stay unproven.
        sample: how many spans of ordinary text are tried at most.
        progress: is told beforehand what it will take at most, and then how many trials were answered.

    Raises:
        InputError: the data is not what was scanned.
    """
    material = prepare(data, key, holdout=holdout, budget=budget, sample=sample)
    results = _tried(every() if attacks is None else attacks, material, target, reference, progress)
    whole = sum(not finding.combination for finding in data.scan.findings)
    decided = decide([outcome for result in results for outcome in result.outcomes], referenced=reference is not None)
    confirmed = confirm(decided, target)

    def told(each: Extracted) -> Extracted:
        more = confirmed.get(each.fingerprint, Confirmation())
        return replace(each, confirmed=more.drawn, context_words=more.context_words)

    failures = sum((result.failures for result in results), Counter[str]())
    return ProbeEvidence(
        target=target.identity,
        reference=reference.identity if reference else None,
        measurements=tuple(
            measured
            for result in results
            for population, size in material.sizes.items()
            for measured in measure(result.attack, decided, population, size=result.sizes.get(population, size))
        )
        + tuple(measured for result in results for measured in result.measured),
        extracted=tuple(
            sorted(
                map(told, filter(None, map(extracted, decided))), key=lambda each: (-each.probability, each.fingerprint)
            )
        ),
        coverage=ProbeCoverage(
            targets=sum(each.quarry.population != "holdout" for each in decided),
            targets_skipped=max(0, whole - budget),
            combinations=len(data.scan.findings) - whole,
            trials=sum(result.trials for result in results),
            failed=failures.total(),
            failures=tuple(f"{reason} ({count} times)" for reason, count in sorted(failures.items())),
        ),
        attacks=tuple(summed_up(result, decided, material) for result in results),
        regurgitated=tuple(
            sorted(
                [
                    *(each for result in results for each in result.regurgitated),
                    *search([result.watch for result in results if result.watch], material),
                ],
                key=lambda each: (-each.tokens, each.path, each.record),
            )
        ),
        false_no_go=round(FALSE_NO_GO, 6),
        spent=target.spent + reference.spent if reference else target.spent,
        holdout=holdout.scan.inputs if holdout else (),
    )


def _tried(
    attacks: Sequence[Attack],
    material: Material,
    target: Target,
    reference: Target | None,
    progress: Progress,
) -> list[Result]:
    """Run the attacks, and tell before the first one what all of them take at most."""
    efforts = [rehearse(attack, material, target, reference) for attack in attacks]
    progress(announced(sum(efforts, Effort())), 0, None)
    results = []
    for attack, effort in zip(attacks, efforts, strict=True):
        done = 0

        def advance(answered: int, name: str = attack.name, most: int = effort.trials) -> None:
            nonlocal done
            done += answered
            progress(f"Probing ({name})", done, max(done, most))

        results.append(attack.run(material, target, reference, advance))
    return results


def announced(effort: Effort) -> str:
    """Tell what a probe takes at most, as if nothing that is tried could be ruled out."""
    spent = effort.spent
    requests = f"{spent.requests:,} requests, " if spent.requests else ""
    cost = "" if spent.cost is None else f", {spent.cost:,.2f} in money"
    tokens = spent.prompt_tokens + spent.generated_tokens
    return f"At most {effort.trials:,} trials, about {requests}{tokens:,} tokens{cost}"


def prepare(
    data: Scanned, key: FingerprintKey, *, holdout: Scanned | None = None, budget: int, sample: int = SAMPLE
) -> Material:
    """Return what the attacks work with; arguments and errors as in `probe`."""
    held_out: tuple[Quarry, ...] = ()
    if holdout is not None:
        known = {finding.fingerprint for finding in data.scan.findings}
        unknown = [f for f in holdout.scan.findings if not f.combination and f.fingerprint not in known]
        chosen = riskiest(unknown, budget)
        held_out = gather(holdout.sources, holdout.scan, chosen, key, holdout.reading, sample=sample).quarries
    whole = [finding for finding in data.scan.findings if not finding.combination]
    texts = {quarry.value for quarry in held_out if quarry.finding is None}
    chosen = riskiest(whole, budget)
    material = gather(data.sources, data.scan, chosen, key, data.reading, sample=sample, held_out=texts)
    if holdout is None:
        return material
    # What training holds too is no control.
    controls = tuple(replace(quarry, of="holdout") for quarry in held_out if quarry.value not in material.shared)
    return replace(material, quarries=material.quarries + controls, sizes={**material.sizes, "holdout": len(controls)})


def riskiest(findings: Sequence[Finding], budget: int) -> list[Finding]:
    """Return at most ``budget`` findings, riskiest first.

    Among equals the first in the data comes first. Fingerprints would order them, and their controls, by the key.
    """
    return sorted(findings, key=lambda finding: (-finding.risk, place(finding.locations[0])))[:budget]
