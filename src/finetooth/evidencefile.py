"""``evidence.json`` and ``findings.jsonl``: evidence as text and back (schema ``finetooth.evidence/v1``)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import jsonlines
from pydantic import TypeAdapter, ValidationError

from finetooth.errors import InputError, KeyMismatchError, UsageError, first_fault
from finetooth.evidence import Evidence
from finetooth.finding import Finding
from finetooth.printable import escaped
from finetooth.report import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """The outside shape of ``evidence.json``."""

    __pydantic_config__: ClassVar[Any] = {"use_attribute_docstrings": True, "extra": "forbid"}

    schema: Literal["finetooth.evidence/v1"] = "finetooth.evidence/v1"
    """Names this format."""
    tool: Tool
    """What wrote it."""
    evidence: Evidence
    """What was observed."""


def dump(evidence: Evidence, tool: Tool) -> Iterator[bytes]:
    """Yield the text of ``evidence.json``: the same to the byte for the same evidence."""
    # Finding by finding: in one piece, a million places would be half a gigabyte.
    scan = evidence.scan and replace(evidence.scan, findings=())
    told = EvidenceFile(tool=tool, evidence=replace(evidence, scan=scan))
    before, mark, after = _file().dump_json(told, by_alias=True, indent=1).partition(b'"findings": []')
    yield _inert(before)
    if mark and evidence.scan:
        yield b'"findings": ['
        for place, finding in enumerate(evidence.scan.findings):
            yield (b",\n" if place else b"\n") + _inert(_finding().dump_json(finding, by_alias=True))
        yield b"]"
    yield _inert(after)
    yield b"\n"


def dump_findings(findings: Iterable[Finding]) -> Iterator[bytes]:
    """Yield the lines of ``findings.jsonl``: one a finding, with all its locations."""
    line = io.BytesIO()
    # NOTE: the writer tries `dumps` on an empty dict first, to see what it gives; hence no warnings.
    dumps = partial(_finding().dump_json, by_alias=True, warnings="none")
    with jsonlines.Writer(line, dumps=dumps) as writer:
        for finding in findings:
            writer.write(finding)
            yield _inert(line.getvalue())
            line.seek(0)
            line.truncate()


def _inert(json: bytes) -> bytes:
    """Return the same JSON as no terminal obeys it, and as every reader of lines reads one line: U+2028 ends some."""
    return escaped(json.decode()).encode()


def load(folder: Path) -> Evidence:
    """Read the evidence that a run left in ``folder``.

    Raises:
        InputError: there is none.
        UsageError: it is not evidence, or of a schema that this version does not read.
    """
    path = folder / "evidence.json" if folder.is_dir() else folder
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: no evidence here ({error.strerror}); name the folder that `finetooth scan -o` or `probe -o` wrote"
        ) from error
    try:
        return _file().validate_json(text).evidence
    except ValidationError as error:
        raise UsageError(f"{path}: not finetooth.evidence/v1 ({first_fault(error)}); run the scan again") from error


def merge(parts: Iterable[tuple[Path, Evidence]]) -> Evidence:
    """Join the evidence of a scan and of a probe that ran apart.

    Raises:
        KeyMismatchError: they were fingerprinted with different keys, so their findings cannot be matched.
        UsageError: two of them hold the same part.
    """
    merged: Evidence | None = None
    for path, part in parts:
        if merged is None:
            merged = part
            continue
        if part.key_id != merged.key_id:
            raise KeyMismatchError(
                f"{path}: written with key {part.key_id}, the others with {merged.key_id}; "
                "run both with the same FINETOOTH_KEY"
            )
        if (part.scan and merged.scan and part.scan != merged.scan) or (part.probe and merged.probe):
            raise UsageError(f"{path}: holds the same part as another folder; name one scan and one probe")
        merged = Evidence(key_id=part.key_id, scan=merged.scan or part.scan, probe=merged.probe or part.probe)
    if merged is None:
        raise UsageError("no evidence was named")
    return merged


@cache
def _file() -> TypeAdapter[EvidenceFile]:
    return TypeAdapter(EvidenceFile)


@cache
def _finding() -> TypeAdapter[Finding]:
    return TypeAdapter(Finding)
