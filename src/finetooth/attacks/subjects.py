"""Whose a finding is, as far as the records tell.

A record that names one person, or where none is named holds one e-mail address, speaks of one subject, and what else
was found in it is theirs. A value that stands in the records of several subjects is nobody's in particular: a firm, a
place, a shared mailbox.
"""

from __future__ import annotations

from collections.abc import Sequence

from finetooth.finding import Finding

_NAMING = ("PERSON", "EMAIL_ADDRESS", "USERNAME")
"""What names a subject, the best first."""


def subjects(findings: Sequence[Finding]) -> dict[str, str]:
    """Return for each finding that is one subject's the fingerprint of the finding that names it.

    Args:
        findings: all findings of a scan, with all of their locations.
    """
    records: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        for record in {(location.path, location.record) for location in finding.locations}:
            records.setdefault(record, []).append(finding)
    theirs: dict[str, set[str | None]] = {}
    for held in records.values():
        name = _named(held)
        for finding in held:
            theirs.setdefault(finding.fingerprint, set()).add(name)
    return {
        fingerprint: name
        for fingerprint, names in theirs.items()
        if len(names) == 1
        for name in names
        if name is not None
    }


def _named(held: Sequence[Finding]) -> str | None:
    for entity in _NAMING:
        names = {finding.fingerprint for finding in held if finding.entity_type == entity}
        if names:
            return names.pop() if len(names) == 1 else None
    return None
