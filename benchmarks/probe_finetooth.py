"""finetooth as its users call it, with an account of what it asks of the model.

Nothing inside it is touched: it is told files and folders, and what it says is read from its report. Tokens are counted
where the model reads them, padding included.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import finetooth
from finetooth import api
from finetooth.redaction import FingerprintKey
from finetooth.report import Report
from probe_data import Chats, Place
from probe_scores import Claim

_KEY = FingerprintKey.generate()
_SCANS: dict[Path, TemporaryDirectory[str]] = {}


@dataclass(slots=True)
class Read:
    """What went through models."""

    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Probed:
    """One probe of one model."""

    report: Report
    claims: tuple[Claim, ...]
    seconds: float
    """Loading the models included, scanning not."""
    tokens: int

    def of(self, place: Place) -> list[Claim]:
        """Return what was said of the findings that cover a planted value."""
        return [claim for claim in self.claims if claim.covers(place)]


def probed(
    data: Path, model: Path, base: Path | None, holdout: Path | None = None, attacks: Sequence[str] | None = None
) -> Probed:
    """Scan the data, unless this process has scanned it, and probe the model for what was found, by all attacks."""
    with chdir(data.parent):  # where finetooth keeps what it remembers
        if data not in _SCANS:
            _SCANS[data] = TemporaryDirectory()
            api.save(finetooth.scan(data, key=_KEY), Path(_SCANS[data].name))
        with counted() as read:
            began = time.perf_counter()
            report = finetooth.probe(
                data, model, base, findings=_SCANS[data].name, holdout=holdout, attacks=attacks, key=_KEY
            )
            seconds = time.perf_counter() - began
    return Probed(report, _claims(report), seconds, read.tokens)


@contextmanager
def counted() -> Iterator[Read]:
    """Count the tokens that causal language models read meanwhile."""
    from torch.nn.modules.module import register_module_forward_hook  # noqa: PLC0415 - heavy
    from transformers import PreTrainedModel  # noqa: PLC0415

    read = Read()

    def count(module: Any, _: Any, told: dict[str, Any], __: Any) -> None:
        if isinstance(module, PreTrainedModel) and hasattr(module, "lm_head") and "input_ids" in told:
            read.tokens += told["input_ids"].numel()

    hook = register_module_forward_hook(count, with_kwargs=True)
    try:
        yield read
    finally:
        hook.remove()


def _claims(report: Report) -> tuple[Claim, ...]:
    if report.scan is None or report.probe is None:
        raise SystemExit("finetooth left no evidence")
    tried = {each.fingerprint: each for each in report.probe.extracted}
    claims = []
    for finding in report.scan.findings:
        learnt = tried.get(finding.fingerprint)
        places = tuple((each.record, each.pointer, each.start, each.end) for each in finding.locations)
        outcome = learnt.outcome if learnt else "not tried"
        claims.append(Claim(outcome, learnt.attacks.get("targeted") if learnt else None, places))
    return tuple(claims)


def alien(probed: Probed, chats: Chats, known: str) -> list[Claim]:
    """Return the attributable findings whose text does not stand in ``known``: a model cannot have it from there."""
    wrong = []
    for claim in probed.claims:
        if claim.outcome == "attributable":
            record, pointer, start, end = claim.places[0]
            if _at(chats, record, pointer)[start:end] not in known:
                wrong.append(claim)
    return wrong


def _at(chats: Chats, record: int, pointer: str) -> str:
    value: Any = chats.records[record]
    for step in pointer.strip("/").split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return str(value)
