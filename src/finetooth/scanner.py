"""The scanner: dataset files in, scan evidence out."""

from __future__ import annotations

from collections.abc import Sequence

from finetooth.detectors.detector import Undetected
from finetooth.detectors.overlaps import Resolved, resolve
from finetooth.detectors.tiers import tier
from finetooth.evidence import DetectorRun, ScanCoverage, ScanEvidence, totals
from finetooth.finding import gather
from finetooth.match import Match
from finetooth.progress import Progress, silent
from finetooth.shard import Plan, ShardResult, masked, scan_shard, writable
from finetooth.sources.source import Source


def scan(sources: Sequence[Source], plan: Plan, progress: Progress = silent) -> ScanEvidence:
    """Scan every source.

    Args:
        sources: dataset files, in the order in which evidence lists them.
        plan: what to look for.
        progress: is told how many records were read.
    """
    results: list[ShardResult] = []
    for source, shown in zip(sources, shown_paths(sources, plan), strict=True):
        before = sum(result.input.records for result in results)

        def advance(done: int, before: int = before) -> None:
            progress("Scanning", before + done, None)

        results.append(scan_shard(source, plan, shown, advance))
    findings = gather(sighting for result in results for sighting in result.sightings)
    passages = sum(result.passages for result in results)
    unread = tuple(unread for result in results for unread in result.unread)
    return ScanEvidence(
        inputs=tuple(result.input for result in results),
        coverage=ScanCoverage(
            records=sum(result.input.records for result in results),
            records_unread=len(unread),
            passages=passages,
            characters=sum(result.characters for result in results),
            unread=unread,
        ),
        detectors=tuple(DetectorRun(name=d.name, version=d.version, passages=passages) for d in plan.detectors),
        totals=totals(findings),
        findings=findings,
    )


def shown_paths(sources: Sequence[Source], plan: Plan) -> list[str]:
    """Return the paths as evidence may show them: proven findings in a path are masked.

    Names of files and folders often look like names of people, so what is merely likely is left readable.
    """
    paths = [source.path for source in sources]
    found: list[list[Match]] = [[] for _ in paths]
    for detector in plan.detectors:
        for matches, detection in zip(found, detector.detect(paths), strict=True):
            if not isinstance(detection, Undetected):
                matches.extend(detection)
    shown = [writable(masked(path, _proven(matches))) for path, matches in zip(paths, found, strict=True)]
    # Two paths that differ in nothing but what is masked must still be told apart.
    first = {path: position for position, path in reversed(list(enumerate(shown)))}
    return [path if first[path] == position else f"{path} ({position + 1})" for position, path in enumerate(shown)]


def _proven(matches: Sequence[Match]) -> list[Resolved]:
    return [match for match in resolve(matches) if tier(match.entity_type, match.validation) == "block"]
