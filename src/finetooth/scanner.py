"""The scanner: dataset files in, scan evidence out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finetooth.evidence import DetectorRun, ScanCoverage, ScanEvidence, totals
from finetooth.finding import gather
from finetooth.progress import Progress, silent
from finetooth.shard import Plan, ShardResult, scan_shard
from finetooth.shownpaths import masked_paths
from finetooth.sources.source import Source


def scan(sources: Sequence[Source], plan: Plan, progress: Progress = silent) -> ScanEvidence:
    """Scan every source.

    Args:
        sources: dataset files, in the order in which evidence lists them.
        plan: what to look for.
        progress: is told how many records were read.
    """
    results: list[ShardResult] = []
    for source, shown in zip(sources, _shown(sources, plan), strict=True):
        before = sum(result.input.records for result in results)

        def advance(done: int, before: int = before) -> None:
            progress("Scanning", before + done, None)

        results.append(scan_shard(source, plan, shown, advance))
    records = sum(result.input.records for result in results)
    unread = tuple(unread for result in results for unread in result.unread)
    findings = gather((sighting for result in results for sighting in result.sightings), records + len(unread))
    passages = sum(result.passages for result in results)
    return ScanEvidence(
        inputs=tuple(result.input for result in results),
        coverage=ScanCoverage(
            records=records,
            records_unread=len(unread),
            passages=passages,
            characters=sum(result.characters for result in results),
            unread=unread,
        ),
        detectors=tuple(DetectorRun(name=d.name, version=d.version, passages=passages) for d in plan.detectors),
        totals=totals(findings),
        findings=findings,
        allowed=dict(sorted(sum((result.allowed for result in results), Counter[str]()).items())),
    )


def _shown(sources: Sequence[Source], plan: Plan) -> list[str]:
    """Return the paths as evidence may show them, each another."""
    shown = masked_paths([source.path for source in sources], plan.detectors, plan.detect)
    # Two paths that differ in nothing but what is masked must still be told apart.
    first = {path: position for position, path in reversed(list(enumerate(shown)))}
    return [path if first[path] == position else f"{path} ({position + 1})" for position, path in enumerate(shown)]
