"""A verdict as compilers give it: one line a finding, at its place, then the rulings; nothing where there is nothing.

For terminals and logs that show many tools' words, one after the other. Values are masked, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from finetooth.counting import counted
from finetooth.evidence import ScanEvidence
from finetooth.finding import Finding
from finetooth.formats.accepted import ordered, said, until
from finetooth.formats.advice import before_commit
from finetooth.printable import printable
from finetooth.verdict import Verdict

_LISTED: Final = 50
"""Lines of a kind; who has more wants the report of a scan."""


def brief(verdict: Verdict, scan: ScanEvidence, grounds: Sequence[Finding], subject: str) -> str:
    """Return what is to be said, in lines; nothing for a GO over data that was read whole, with no waiver.

    Args:
        verdict: the verdict.
        scan: what it rests on.
        grounds: the findings to list.
        subject: which records were scanned, such as ``all of 2 files``.
    """
    lines = [*_findings(grounds), *_waivers(verdict, scan), *_unread(scan)]
    if verdict.decision != "GO":
        read = scan.coverage.records
        lines.append(f"{verdict.decision}, over {counted(read, 'record')} ({subject}):")
        open_rulings = [each for each in verdict.rulings if each.status in ("FAIL", "UNPROVEN")]
        lines += [f"  {each.status} {each.requirement}: {each.reason}" for each in open_rulings]
        lines += [f"  {step}" for step in before_commit(scan, grounds)]
    return "".join(f"{printable(line)}\n" for line in lines)


def _findings(grounds: Sequence[Finding]) -> Iterator[str]:
    for finding in grounds[:_LISTED]:
        more = f" (and {counted(finding.occurrences - 1, 'more place')})" if finding.occurrences > 1 else ""
        yield f"{finding.locations[0]}: {finding.entity_type} {finding.preview}{more}"
    if len(grounds) > _LISTED:
        yield f"and {counted(len(grounds) - _LISTED, 'more finding')}"


def _waivers(verdict: Verdict, scan: ScanEvidence) -> Iterator[str]:
    """Tell each waiver of what is committed, those that do not count first: all of them, since there are few."""
    places = {finding.fingerprint: finding.locations[0] for finding in scan.findings}
    for each in ordered(verdict.waivers):
        what = f"{places[each.fingerprint]}: {each.entity_type} {each.preview}"
        if each.status == "honoured":
            yield f"{what}: waived, {until(each, verdict.waivers_as_of)}, {said(each)}"
        else:
            yield f"{what}: its waiver is {each.status.upper()} and does not count: {each.why} ({said(each)})"


def _unread(scan: ScanEvidence) -> Iterator[str]:
    unread = scan.coverage.unread
    for each in unread[:_LISTED]:
        yield f"{each} (not read)"
    if len(unread) > _LISTED:
        yield f"and {len(unread) - _LISTED:,} more not read"
