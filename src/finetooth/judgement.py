"""Judging: policy and evidence in, verdict out. Pure: no file, no clock, no terminal, no network.

Every requirement is ruled by one principle. What was observed is an interval, because something may be unread, untried
or sampled: ``[low, high]`` is all that the evidence leaves possible. A bound that the whole interval keeps is a PASS,
a bound that the whole interval breaks is a FAIL, and anything else is UNPROVEN, which is never a GO.

A waived finding counts as one that is not there, and a waived leak as one that did not happen; denominators stay what
was read and tried, so that what is accepted neither hides behind a rate nor thins it. So one waiver more never makes a
verdict worse, and one that is not needed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import inf
from typing import Final

from finetooth import acceptance
from finetooth.counting import counted
from finetooth.errors import PolicyError
from finetooth.evidence import Evidence
from finetooth.observation import Observation, excused, observe
from finetooth.policy import SHARES, Policy, Requirement, Stage
from finetooth.verdict import Outcome, Ruling, Status, Verdict, WaiverRuling
from finetooth.waiver import Waiver

_OWNERS_NAMED: Final = 3
"""In a ruling; the verdict lists every waiver with its owner."""


def judge(
    policy: Policy, evidence: Evidence, *, stage: Stage, waivers: Sequence[Waiver] = (), today: date | None = None
) -> Verdict:
    """Rule on every requirement of one gate.

    Args:
        policy: what is demanded.
        evidence: what was observed.
        stage: which gate is asked for.
        waivers: accepted findings, of the key of the evidence; they need ``today``.
        today: the day on which they must not have expired.

    Raises:
        PolicyError: the policy demands nothing at this gate. A gate without requirements would let everything pass.
    """
    requirements = policy.requirements(stage)
    if not requirements:
        raise PolicyError(
            f"the policy {policy.name!r} has no requirements for the {stage} gate, so nothing could be judged; "
            f"add a section '{stage}:' or name another policy"
        )
    if waivers and today is None:
        raise ValueError("waivers expire, so judging with them needs today's date")
    ruled = acceptance.rule(waivers, policy, evidence, today) if today else ()
    waived = {waiver.fingerprint: waiver for waiver in ruled if waiver.status == "honoured"}
    rulings = tuple(_rule(requirement, policy, evidence, stage, waived) for requirement in requirements)
    return Verdict(
        decision=_decide(ruling.status for ruling in rulings),
        stage=stage,
        rulings=rulings,
        waivers=ruled,
        waivers_as_of=today if ruled else None,
    )


def _decide(statuses: Iterable[Status]) -> Outcome:
    found = set(statuses)
    if "FAIL" in found:
        return "NO-GO"
    return "INCOMPLETE" if "UNPROVEN" in found else "GO"


def _rule(
    requirement: Requirement, policy: Policy, evidence: Evidence, stage: Stage, waived: Mapping[str, WaiverRuling]
) -> Ruling:
    if requirement.at_most is None:
        waived = {}  # what is accepted is accepted as too much; a demand for more is no less for it
    tolerated = _tolerated(policy.requirements(stage))
    status, observation = _worst(requirement, observe(requirement, evidence, tolerated, waived))
    reason = _reason(requirement, status, observation)
    if accepted := [waived[each] for each in sorted(excused(requirement, evidence, waived))]:
        reason += f"; {_told(accepted)}"
        if status == "PASS" and _worst(requirement, observe(requirement, evidence, tolerated, ()))[0] != "PASS":
            status = "WAIVED"
    return Ruling(
        requirement=requirement.id,
        status=status,
        metric=requirement.metric,
        at_most=requirement.at_most,
        at_least=requirement.at_least,
        observed=observation.value,
        low=None if observation.value is None else observation.low,
        high=None if observation.value is None or observation.high == inf else observation.high,
        reason=reason,
    )


def _worst(requirement: Requirement, observations: Iterable[Observation]) -> tuple[Status, Observation]:
    """Return what rules: several measurements may answer one requirement (one for each population)."""
    ruled = [(_compare(requirement, observation), observation) for observation in observations]
    return min(ruled, key=lambda pair: ("FAIL", "UNPROVEN", "PASS").index(pair[0]))


def _told(accepted: Sequence[WaiverRuling]) -> str:
    owners = sorted({waiver.owner for waiver in accepted})
    names = ", ".join(owners[:_OWNERS_NAMED]) + (
        f" and {len(owners) - _OWNERS_NAMED:,} more" * (len(owners) > _OWNERS_NAMED)
    )
    until = f"{'the first ' if len(accepted) > 1 else ''}until {min(waiver.expires for waiver in accepted)}"
    return f"{counted(len(accepted), 'finding')} waived by {names}, {until}"


def _compare(requirement: Requirement, seen: Observation) -> Status:
    if seen.value is None:
        return "UNPROVEN"
    if requirement.at_most is not None:
        kept, broken = seen.high <= requirement.at_most, seen.low > requirement.at_most
    else:
        bound = requirement.at_least or 0
        kept, broken = seen.low >= bound, seen.high < bound
    return "PASS" if kept else "FAIL" if broken else "UNPROVEN"


def _reason(requirement: Requirement, status: Status, seen: Observation) -> str:
    limit = requirement.at_most if requirement.at_most is not None else requirement.at_least
    number = f"{100 * (limit or 0):g}%" if requirement.metric in SHARES else f"{limit:g}"
    bound = f"{'at most' if requirement.at_most is not None else 'at least'} {number}"
    if status == "UNPROVEN":
        return "; ".join(filter(None, (f"{seen.what}, {bound} is required", seen.doubt)))
    return f"{seen.what}, {bound} {'is allowed' if requirement.at_most is not None else 'is required'}"


def _tolerated(requirements: Sequence[Requirement]) -> float:
    """Return how many unread records the policy itself accepts: beyond that, counts prove nothing from above."""
    bounds = [r.at_most for r in requirements if r.metric == "records_unread" and r.at_most is not None]
    return min(bounds, default=0)
