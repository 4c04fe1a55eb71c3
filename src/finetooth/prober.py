"""The prober: what the scanner found becomes what the attacks try to pull out of the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finetooth.attacks.attack import Attack
from finetooth.attacks.attribution import FALSE_NO_GO, decide
from finetooth.attacks.measuring import extracted, measure, summed_up
from finetooth.attacks.registry import ATTACKS
from finetooth.evidence import ProbeCoverage, ProbeEvidence, ScanEvidence
from finetooth.finding import Finding, place
from finetooth.gathering import gather
from finetooth.progress import Progress, silent
from finetooth.redaction import FingerprintKey
from finetooth.shapes.reading import DETECT, Reading
from finetooth.sources.source import Source
from finetooth.targets.target import Target

BUDGET = 1000
"""How many findings are tried at most, riskiest first."""


def probe(
    sources: Sequence[Source],
    scan: ScanEvidence,
    key: FingerprintKey,
    target: Target,
    reference: Target | None = None,
    *,
    attacks: Sequence[Attack] = ATTACKS,
    budget: int = BUDGET,
    reading: Reading = DETECT,
    progress: Progress = silent,
) -> ProbeEvidence:
    """Try to extract the findings, and a sample of ordinary text, from a model.

    Args:
        sources: the data that was scanned, in the order of ``scan.inputs``.
        scan: what was found in it.
        key: what it was fingerprinted with.
        target: the tuned model.
        reference: the untuned model, if there is one.
        attacks: what is tried, in this order.
        budget: how many findings are tried at most, riskiest first; the others stay unproven.
        reading: how its records were read.
        progress: is told how many trials were answered.

    Raises:
        InputError: the data is not what was scanned.
    """
    whole = [finding for finding in scan.findings if not finding.combination]
    chosen = riskiest(whole, budget)
    material = gather(sources, scan, chosen, key, reading)
    results = []
    for attack in attacks:
        done = 0

        def advance(answered: int, name: str = attack.name) -> None:
            nonlocal done
            done += answered
            progress(f"Probing ({name})", done, None)

        results.append(attack.run(material, target, reference, advance))
    decided = decide([outcome for result in results for outcome in result.outcomes], referenced=reference is not None)
    failures = sum((result.failures for result in results), Counter[str]())
    return ProbeEvidence(
        target=target.identity,
        reference=reference.identity if reference else None,
        measurements=tuple(
            measured
            for result in results
            for population, size in material.sizes.items()
            for measured in measure(result.attack, decided, population, size=size)
        )
        + tuple(measured for result in results for measured in result.measured),
        extracted=tuple(
            sorted(filter(None, map(extracted, decided)), key=lambda each: (-each.probability, each.fingerprint))
        ),
        coverage=ProbeCoverage(
            targets=len(decided),
            targets_skipped=len(whole) - len(chosen),
            combinations=len(scan.findings) - len(whole),
            trials=sum(result.trials for result in results),
            failed=failures.total(),
            failures=tuple(f"{reason} ({count} times)" for reason, count in sorted(failures.items())),
        ),
        attacks=tuple(summed_up(result, decided, material) for result in results),
        regurgitated=tuple(
            sorted(
                (each for result in results for each in result.regurgitated),
                key=lambda each: (-each.tokens, each.path, each.record),
            )
        ),
        false_no_go=round(FALSE_NO_GO, 6),
        spent=target.spent + reference.spent if reference else target.spent,
    )


def riskiest(findings: Sequence[Finding], budget: int) -> list[Finding]:
    """Return at most ``budget`` findings, riskiest first.

    Among equals the first in the data comes first. Fingerprints would order them, and their controls, by the key.
    """
    return sorted(findings, key=lambda finding: (-finding.risk, place(finding.locations[0])))[:budget]
