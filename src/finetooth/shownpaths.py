"""Paths as evidence may show them: what they hold of findings is masked, and they can be written as UTF-8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from finetooth.detectors.detector import Detector, Undetected
from finetooth.detectors.overlaps import Resolved, resolve
from finetooth.detectors.tiers import tier
from finetooth.entities import ENTITY_TYPES
from finetooth.match import Match
from finetooth.policy import Detect
from finetooth.redaction import preview
from finetooth.span import Span


class ShownPaths:
    """How evidence shows the paths of one source: its own, and for an archive those of its members."""

    def __init__(self, path: str, shown: str, detectors: Sequence[Detector], detect: Detect) -> None:
        """Remember the source.

        Args:
            path: its own path as the user named it; a member's path begins with it.
            shown: the same as evidence shows it.
            detectors: what finds the findings in the names of members.
            detect: what the policy says of entity types.
        """
        self._path = path
        self._detectors = detectors
        self._detect = detect
        self._shown = {path: shown}

    def of(self, path: str) -> str:
        """Return a path of the source as evidence shows it."""
        if path not in self._shown:
            [member] = masked_paths([path.removeprefix(self._path)], self._detectors, self._detect)
            self._shown[path] = self._shown[self._path] + member
        return self._shown[path]


def masked_paths(paths: Sequence[str], detectors: Sequence[Detector], detect: Detect) -> list[str]:
    """Return paths with every proven finding masked.

    Names of files and folders often look like names of people, so what is merely likely is left readable; what the
    user's own rules prove, or a list names, is not.
    """
    found: list[list[Match]] = [[] for _ in paths]
    for detector in detectors:
        for matches, detection in zip(found, detector.detect(paths), strict=True):
            if not isinstance(detection, Undetected):
                matches.extend(detection)
    return [writable(masked(path, _proven(each, detect), detect)) for path, each in zip(paths, found, strict=True)]


def masked(text: str, found: Sequence[Resolved], detect: Detect) -> str:
    """Return ``text`` with every found span replaced by its preview; of overlapping ones the first and longest."""
    kept: list[Resolved] = []
    for match in sorted(found, key=lambda match: (match.span.start, -match.span.end)):
        start = max(match.span.start, kept[-1].span.end if kept else 0)
        if start < match.span.end:
            kept.append(replace(match, span=Span(start, match.span.end)))
    for match in reversed(kept):
        shown = preview(match.entity_type, match.span.of(text), detect.entity_type(match.entity_type).kind)
        text = text[: match.span.start] + shown + text[match.span.end :]
    return text


def writable(text: str) -> str:
    """Return a path or pointer so that it can be written as UTF-8: lone surrogates become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _proven(matches: Sequence[Match], detect: Detect) -> list[Resolved]:
    return [
        match
        for match in resolve(matches, detect.entity_type, detect.asks_for)
        if match.listed
        or tier(match.entity_type, match.validation) == "block"
        or (match.entity_type not in ENTITY_TYPES and match.validation != "none")
    ]
