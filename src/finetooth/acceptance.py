"""Which waivers count: each is honoured, expired, refused or unmatched, and none of them vanishes. Pure, as judging is.

A waiver is honoured where its finding is there, its last day has not passed, and the policy allows it. Nothing else
takes a finding out of what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from finetooth.counting import counted
from finetooth.evidence import Evidence, Extracted
from finetooth.finding import Finding
from finetooth.policy import Policy
from finetooth.verdict import WaiverRuling, WaiverStatus
from finetooth.waiver import Waiver

_CREDENTIAL = "credential"


class Known(NamedTuple):
    """What evidence says of a finding that a waiver names."""

    entity_type: str
    """What it is."""
    category: str
    """Which kind of harm it belongs to."""
    preview: str | None
    """Its value, masked, where it was seen."""


def known(evidence: Evidence) -> dict[str, Known]:
    """Return every finding that evidence holds, scanned or probed, by fingerprint."""
    scanned: Iterable[Finding | Extracted] = evidence.scan.findings if evidence.scan else ()
    probed: Iterable[Finding | Extracted] = evidence.probe.extracted if evidence.probe else ()
    return {each.fingerprint: Known(each.entity_type, each.category, each.preview) for each in (*scanned, *probed)}


def rule(waivers: Sequence[Waiver], policy: Policy, evidence: Evidence | None, today: date) -> tuple[WaiverRuling, ...]:
    """Return what becomes of each waiver, in the order of fingerprints.

    Without evidence each is taken at its word: that its finding is there, and is what it says.
    """
    if not waivers:
        return ()
    there = _at_their_word(waivers, policy) if evidence is None else known(evidence)
    unread = evidence.scan.coverage.records_unread if evidence and evidence.scan else 0
    ordered = sorted(waivers, key=lambda waiver: waiver.fingerprint)
    return tuple(_rule(waiver, there.get(waiver.fingerprint), policy, unread, today) for waiver in ordered)


def _at_their_word(waivers: Sequence[Waiver], policy: Policy) -> dict[str, Known]:
    types = {waiver.fingerprint: waiver.entity_type for waiver in waivers}
    return {each: Known(name, policy.detect.entity_type(name).category, None) for each, name in types.items()}


def _rule(waiver: Waiver, found: Known | None, policy: Policy, unread: int, today: date) -> WaiverRuling:
    status: WaiverStatus = "honoured"
    why = ""
    if not waiver.active(today):
        status = "expired"
        remedy = "and its finding counts again" if found else "and there is no such finding any more; take it out"
        why = f"its last day was {waiver.expires}, {remedy}"
    elif found is None:
        status = "unmatched"
        doubt = f", as far as could be read ({counted(unread, 'record')} could not)" if unread else ""
        why = f"there is no such finding{doubt}; take it out, unless it is for other data"
    elif found.entity_type != waiver.entity_type:
        status = "refused"
        why = f"its finding is of the type {found.entity_type}, and not what it says; add it anew"
    elif problem := refusal(found.category, waiver.expires, policy, today):
        status, why = "refused", problem
    return WaiverRuling(
        fingerprint=waiver.fingerprint,
        entity_type=waiver.entity_type,
        reason=waiver.reason,
        owner=waiver.owner,
        expires=waiver.expires,
        status=status,
        preview=found and found.preview,
        why=why,
    )


def refusal(category: str, expires: date, policy: Policy, today: date) -> str | None:
    """Return why a policy does not allow a waiver, or None where it does.

    Args:
        category: of the finding, as the evidence has it: what the waiver says of it decides nothing.
        expires: the last day of the waiver.
        policy: the policy.
        today: the day on which it is asked.
    """
    if category == _CREDENTIAL and not policy.waivers.credentials:
        return f"the policy {policy.name!r} lets nobody waive a credential; revoke it, and take it out of the data"
    limit = policy.waivers.max_days
    if limit is not None and (ahead := (expires - today).days) > limit:
        return f"it ends in {counted(ahead, 'day')}, and the policy {policy.name!r} allows {limit:,} at most"
    return None
