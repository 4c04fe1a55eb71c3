"""Paths as evidence may show them: what they hold of findings is masked, and they can be written as UTF-8."""

from __future__ import annotations

from collections.abc import Sequence

from finetooth.detectors.detector import Detector, Undetected
from finetooth.detectors.overlaps import Resolved, resolve
from finetooth.detectors.tiers import tier
from finetooth.match import Match
from finetooth.redaction import preview


class ShownPaths:
    """How evidence shows the paths of one source: its own, and for an archive those of its members."""

    def __init__(self, path: str, shown: str, detectors: Sequence[Detector]) -> None:
        """Remember the source.

        Args:
            path: its own path as the user named it; a member's path begins with it.
            shown: the same as evidence shows it.
            detectors: what finds the findings in the names of members.
        """
        self._path = path
        self._detectors = detectors
        self._shown = {path: shown}

    def of(self, path: str) -> str:
        """Return a path of the source as evidence shows it."""
        if path not in self._shown:
            [member] = masked_paths([path.removeprefix(self._path)], self._detectors)
            self._shown[path] = self._shown[self._path] + member
        return self._shown[path]


def masked_paths(paths: Sequence[str], detectors: Sequence[Detector]) -> list[str]:
    """Return paths with every proven finding masked.

    Names of files and folders often look like names of people, so what is merely likely is left readable.
    """
    found: list[list[Match]] = [[] for _ in paths]
    for detector in detectors:
        for matches, detection in zip(found, detector.detect(paths), strict=True):
            if not isinstance(detection, Undetected):
                matches.extend(detection)
    return [writable(masked(path, _proven(matches))) for path, matches in zip(paths, found, strict=True)]


def masked(text: str, found: Sequence[Resolved]) -> str:
    """Return ``text`` with every found span replaced by its preview."""
    for match in sorted(found, key=lambda match: -match.span.start):
        shown = preview(match.entity_type, match.span.of(text))
        text = text[: match.span.start] + shown + text[match.span.end :]
    return text


def writable(text: str) -> str:
    """Return a path or pointer so that it can be written as UTF-8: lone surrogates become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _proven(matches: Sequence[Match]) -> list[Resolved]:
    return [match for match in resolve(matches) if tier(match.entity_type, match.validation) == "block"]
