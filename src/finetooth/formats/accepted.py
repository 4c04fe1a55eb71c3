"""Waivers as people read them: those that do not count first, and loudly; none is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from finetooth.counting import counted
from finetooth.printable import printable
from finetooth.verdict import WaiverRuling, WaiverStatus

LOUDEST_FIRST: Final[tuple[WaiverStatus, ...]] = ("refused", "expired", "unmatched", "honoured")

_SOON: Final = 30
"""Days before its end in which a waiver says how many are left: time to renew it, or to take the finding out."""


def ordered(waivers: Iterable[WaiverRuling]) -> list[WaiverRuling]:
    """Return the waivers, those that do not count first."""
    return sorted(waivers, key=lambda each: (LOUDEST_FIRST.index(each.status), each.fingerprint))


def summary(waivers: Sequence[WaiverRuling]) -> str:
    """Return how many there are of each kind, such as ``1 refused, 2 honoured``; nothing for none."""
    statuses = [each.status for each in waivers]
    return ", ".join(f"{statuses.count(each):,} {each}" for each in LOUDEST_FIRST if each in statuses)


def until(waiver: WaiverRuling, today: date | None) -> str:
    """Return the last day of a waiver, and how many are left where they are few."""
    left = (waiver.expires - today).days if today else _SOON + 1
    told = "today" if left == 0 else f"{counted(left, 'day')} left"
    return f"until {waiver.expires}" + (f" ({told})" if 0 <= left <= _SOON else "")


def said(waiver: WaiverRuling) -> str:
    """Return what a waiver says for itself: who answers for it, and why it is acceptable."""
    return f"{waiver.owner}: {waiver.reason}"


def lines(waivers: Iterable[WaiverRuling], today: date) -> str:
    """Return a line for each waiver, and a second where it does not count; inert on any terminal."""
    told = []
    for each in ordered(waivers):
        value = f" {each.preview}" if each.preview else ""
        told.append(
            f"{each.status:<9}  {each.fingerprint}  {each.entity_type}{value}, {until(each, today)}, {said(each)}"
        )
        told += [f"    {each.why}"] if each.why else []
    return "".join(f"{printable(line)}\n" for line in told)
