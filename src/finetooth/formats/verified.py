"""What became of a passport, in lines: the answer first, why, and what it was issued for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from finetooth.counting import counted
from finetooth.passport import Statement
from finetooth.printable import clipped
from finetooth.verification import Status, Verification

_LISTED: Final = 20
_WIDTH: Final = 500
_WORDS: Final[dict[Status, str]] = {"valid": "VALID", "refused": "REFUSED", "unchecked": "NOT CHECKED"}


def verified(found: Verification) -> str:
    """Return what is to be said on a screen."""
    lines = [_WORDS[found.status], *(f"  {reason}" for reason in found.reasons[:_LISTED])]
    if len(found.reasons) > _LISTED:
        lines.append(f"  and {len(found.reasons) - _LISTED:,} more")
    lines += [f"  note: {note}" for note in found.notes]
    if found.statement:
        lines += [f"  {line}" for line in _issued(found.statement)]
    return "".join(f"{clipped(line, _WIDTH)}\n" for line in lines)


def _issued(statement: Statement) -> Iterator[str]:
    facts, data = statement.facts, statement.of("data")
    what = f"{counted(facts.coverage.records, 'record')} in {counted(len(data), 'file')}"
    model = f", and model {facts.model.name}" if facts.model else ""
    yield f"issued for {what}{model}"
    policy = f"policy {statement.policy.name} {statement.policy.sha256[:8]}"
    yield f"by {facts.tool.name} {facts.tool.version}, {facts.stage} gate, {policy}"
    if facts.train:
        yield f"its data passed the train gate on {facts.train.issued}, policy {facts.train.policy.name}"
    waived = f", with {counted(len(facts.waivers), 'waiver')}" if facts.waivers else ""
    yield f"on {facts.issued}, good until {facts.expires}{waived}"
