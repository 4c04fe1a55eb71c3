"""The whole of an audit, as programs and people get it (schema ``finetooth.report/v1``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from finetooth.evidence import ProbeEvidence, ScanEvidence
from finetooth.verdict import Verdict

FINDINGS_LISTED = 1000
"""How many findings ``report.json`` lists; ``findings.jsonl`` and ``evidence.json`` hold them all."""

_SHAPE: dict[str, Any] = {"use_attribute_docstrings": True, "extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What made the report."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    name: str
    """``finetooth``."""
    version: str
    """Its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyIdentity:
    """What the verdict was judged by."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    name: str
    """The policy's name."""
    sha256: str
    """Digest of its YAML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long it took: the one part that differs from run to run."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    seconds: float
    """Wall-clock time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Verdict first, then all that it rests on."""

    __pydantic_config__: ClassVar[Any] = _SHAPE

    schema: Literal["finetooth.report/v1"] = "finetooth.report/v1"
    """Names this format; keys are only ever added."""
    tool: Tool
    """What made it."""
    verdict: Verdict
    """GO, NO-GO or INCOMPLETE, and why."""
    policy: PolicyIdentity
    """What it was judged by."""
    key_id: str
    """Names the key that the fingerprints were computed with."""
    scan: ScanEvidence | None
    """What the scanner saw."""
    probe: ProbeEvidence | None
    """What the model gave away; null where none was probed."""
    timing: Timing
    """How long it took."""

    def shortened(self, limit: int = FINDINGS_LISTED) -> Report:
        """Return the report with the riskiest ``limit`` findings alone, saying so."""
        if self.scan is None or len(self.scan.findings) <= limit:
            return self
        riskiest = sorted(self.scan.findings, key=lambda finding: (-finding.risk, finding.fingerprint))[:limit]
        return replace(self, scan=replace(self.scan, findings=tuple(riskiest), findings_limit=limit))
