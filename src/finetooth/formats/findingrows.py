"""The findings as rows that a page can search: words that recur stand once, and each row names them by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from finetooth.entities import SEVERITIES
from finetooth.evidence import Extracted
from finetooth.finding import Finding
from finetooth.printable import clipped
from finetooth.report import Report

ROWS: Final = 100_000
"""How many findings a page holds at most; what it leaves out, it says."""
PLACES: Final = 8
"""How many places of each finding a page lists at most."""
LONGEST: Final = 240
"""How many characters of any text are shown."""


class _Words:
    """Words by number, in order of first use."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __getitem__(self, word: str) -> int:
        return self.numbers.setdefault(clipped(word, LONGEST), len(self.numbers))

    def listed(self) -> list[str]:
        return list(self.numbers)


def riskiest(findings: Sequence[Finding], limit: int) -> list[Finding]:
    """Return the findings in their own order, or the riskiest of them where there are more than ``limit``."""
    if len(findings) <= limit:
        return list(findings)
    chosen = sorted(findings, key=lambda f: (f.tier != "block", -f.risk, f.fingerprint))[:limit]
    kept = {finding.fingerprint for finding in chosen}
    return [finding for finding in findings if finding.fingerprint in kept]


def where(finding: Finding) -> list[tuple[str, str]]:
    """Return the first places of a finding, each as a file and where it stands in it."""
    return [(place.path, str(place).removeprefix(place.path)) for place in finding.locations[:PLACES]]


def table(report: Report, limit: int = ROWS) -> dict[str, Any]:
    """Return the findings as JSON for the page's own script, which knows this shape."""
    types, paths, rules, roles, categories, outcomes, proofs = (_Words() for _ in range(7))
    probed: dict[str, Extracted] = {e.fingerprint: e for e in report.probe.extracted} if report.probe else {}
    waived = report.verdict.waived
    rows = []
    for finding in riskiest(report.scan.findings if report.scan else (), limit):
        leak = probed.get(finding.fingerprint)
        waiver = waived.get(finding.fingerprint)
        rows.append(
            [
                clipped(finding.preview, LONGEST),
                types[finding.entity_type],
                SEVERITIES.index(finding.severity),
                int(finding.tier == "block"),
                categories[finding.category],
                finding.records,
                finding.occurrences,
                finding.trained_occurrences,
                finding.risk,
                clipped(finding.fingerprint, LONGEST),
                [rules[rule] for rule in finding.rules],
                proofs[finding.validation],
                sorted({roles[place.role] for place in finding.locations}),
                [part for path, place in where(finding) for part in (paths[path], clipped(place, LONGEST))],
                outcomes[leak.outcome] if leak else -1,
                leak.probability if leak else None,
                clipped(f"{waiver.owner}, until {waiver.expires}: {waiver.reason}", LONGEST) if waiver else "",
            ]
        )
    return {
        "rows": rows,
        "types": types.listed(),
        "paths": paths.listed(),
        "rules": rules.listed(),
        "roles": roles.listed(),
        "categories": categories.listed(),
        "outcomes": outcomes.listed(),
        "proofs": proofs.listed(),
        "severities": list(SEVERITIES),
    }
