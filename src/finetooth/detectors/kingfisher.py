"""The secret detector: Kingfisher's catalogue of providers, and finetooth's own rules for prose and assignments.

Kingfisher runs in this process and never uses the network. It knows bytes; this adapter knows code points. What its
catalogue proposes passes the filter for documentation examples; what our generic rules propose is read once more
(:mod:`finetooth.detectors.proposals`). Values that merely look random are found beside it
(:mod:`finetooth.detectors.tokens`).
"""

from __future__ import annotations

import bisect
import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Final

from finetooth.detectors import catalogue, mnemonics, own_secrets, proposals, secret_engine, tokens
from finetooth.detectors.detector import Detection, Undetected
from finetooth.detectors.placeholders import documentation_example, doubtful, placeholder
from finetooth.detectors.randomness import known_prefix
from finetooth.detectors.secret_forms import json_web_token
from finetooth.detectors.windows import Window, windows
from finetooth.digests import digest_of
from finetooth.match import Match
from finetooth.policy import Detect
from finetooth.span import Span

_WINDOW: Final = 200_000
_OVERLAP: Final = 24_000
"""In code points. A private key of 16,384 bits is 12,500 characters long, and half the overlap must hold it."""

_SCORES: Final = {"high": 0.95, "medium": 0.8, "low": 0.6}
"""Kingfisher names its confidence; a match of ours is ``low`` by what the engine knows, and read once more."""

_REST: Final = re.compile(r"[\w-]{1,200}")

_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class KingfisherDetector:
    """Finds credentials.

    Build one per process: it cannot be pickled. From the rule cache it takes a tenth of a second, or two where a text
    holds what may be a credential; without the cache five seconds.
    """

    name = "kingfisher"

    def __init__(self, detect: Detect) -> None:
        """Compile the rules, or load them from the cache.

        Raises:
            IncompleteError: Kingfisher could not compile its rules.
            PolicyError: A file of ``detect.secret_rules`` is refused.
        """
        own = own_secrets.load(detect)
        files = [Path(name) for name in detect.secret_rules]
        self._engine = secret_engine.load(files)
        self._meanings = {rule.id: rule.meaning for rule in own}
        self._off = detect.off()
        digest = hashlib.sha256(
            b"".join(file.read_bytes() for file in (secret_engine.RULES, tokens.RULES, mnemonics.RULES))
        ).hexdigest()[:12]
        self.version = f"kingfisher {installed('kingfisher-secret-scanner')}, generic rules {digest}"
        if files:
            self.version += f", own rules {digest_of(('', file) for file in files)[:12]}"

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the credentials of each text, in order of their place."""
        # A lone surrogate has no UTF-8; its stand-in is one code point too, so places stay the same.
        safe = [_LONE_SURROGATE.sub("\ufffd", text) for text in texts]
        pieces = [(at, window) for at, text in enumerate(safe) for window in windows(text, _WINDOW, _OVERLAP)]
        cut = [safe[at][window.start : window.end] for at, window in pieces]
        found: list[set[Match] | Undetected] = [set() for _ in safe]
        answers = self._engine.scan([piece.encode() for piece in cut])
        for (at, window), piece, answer in zip(pieces, cut, answers, strict=True):
            so_far = found[at]
            if not isinstance(so_far, Undetected):
                read = self._read(piece, answer, window)
                found[at] = read if isinstance(read, Undetected) else so_far | read
        return [
            matches if isinstance(matches, Undetected) else tuple(sorted(matches, key=lambda m: (m.span, m.rule)))
            for matches in found
        ]

    def _read(self, piece: str, answer: secret_engine.Answer, window: Window) -> set[Match] | Undetected:
        try:
            if isinstance(answer, Exception):
                raise answer
            matches = list(self._matches(piece, answer))
        except TimeoutError:
            return Undetected(f"Kingfisher did not finish within {secret_engine.SECONDS:.0f} s; split the text")
        except Exception as error:  # noqa: BLE001 - whatever a text does to the engine, it counts as unread
            return Undetected(f"Kingfisher failed ({type(error).__name__})")
        return {
            Match(
                m.rule,
                m.entity_type,
                Span(m.span.start + window.start, m.span.end + window.start),
                m.score,
                m.validation,
            )
            for m in matches
            if window.keeps(m.span.start + window.start)
        }

    def _matches(self, text: str, findings: Sequence[Any]) -> Iterator[Match]:
        data = text.encode()
        alike = [*(tokens.find(text) if tokens.may_hold(data) else ()), *mnemonics.find(text)]
        yield from (match for match in alike if match.entity_type not in self._off)
        if not findings:
            return
        offsets = _Offsets(text, data)
        for finding in findings:
            if not finding.visible:
                continue  # a component that another rule needs, such as an account's name: no credential by itself
            match = self._match(finding, text, data, offsets)
            if match is not None and match.entity_type not in self._off:
                yield match

    def _match(self, finding: Any, text: str, data: bytes, offsets: _Offsets) -> Match | None:
        rule, secret = finding.rule_id, finding.secret
        start, end = finding.location["start_offset"], finding.location["end_offset"]
        if not finding.is_base64_encoded and data[start:end] != secret.encode():
            # Kingfisher may have scanned a normalised copy (NULs read as UTF-16); never report a wrong place.
            start = data.find(secret.encode())
            if start < 0:
                raise ValueError("offsets do not fit the text")
            end = start + len(secret.encode())
        if start >= end:
            return None
        span = offsets.span(start, end)
        score = _SCORES.get(finding.confidence, _SCORES["low"])
        if rule.startswith("finetooth."):
            if finding.is_base64_encoded:
                # What decodes to `password: …` is still only a proposal, and cannot be read in place.
                return None
            reading = proposals.read(rule, text, span)
            if reading is None:
                return None
            return Match(rule, reading.entity_type, reading.span, score, reading.validation)
        meaning = self._meaning(rule)
        generic = meaning.validation in {"context", "none"} or meaning.entity_type == "PASSWORD"
        if documentation_example(secret) or (generic and placeholder(secret)):
            return None
        if meaning.rule == "kingfisher.jwt" and not json_web_token(secret):
            return None
        longer = meaning.validation == "provider" and "://" not in secret and _runs_on(text, span)
        if longer and known_prefix(secret) and not tokens.looks_random(_run(text, span)):
            return None  # not in the published format, and no newer, longer one either
        doubt = longer or (doubtful(secret) and not _may_repeat(meaning))
        return Match(meaning.rule, meaning.entity_type, span, score, "none" if doubt else meaning.validation)

    def _meaning(self, rule: str) -> catalogue.Meaning:
        # Of five hundred rules, few ever match, and to ask for all of them takes as long as to scan a small dataset.
        if rule not in self._meanings:
            self._meanings[rule] = catalogue.meaning(rule, self._engine.pattern(rule))
        return self._meanings[rule]


def _may_repeat(meaning: catalogue.Meaning) -> bool:
    """Tell whether a value holds base64 of structured data, where runs and repetitions are usual."""
    return meaning.validation == "structure"


def _runs_on(text: str, span: Span) -> bool:
    """Tell whether letters and digits go on where a provider's format ends: then it may be another, longer value."""
    return text[span.end - 1].isalnum() and re.match(r"[_-]?[^\W_]", text[span.end : span.end + 2]) is not None


def _run(text: str, span: Span) -> str:
    """Return a value with the letters and digits that go on where its format ends."""
    end = _REST.match(text, span.end)
    return text[span.start : span.end if end is None else end.end()]


class _Offsets:
    """Turns offsets in UTF-8 into code points."""

    def __init__(self, text: str, data: bytes) -> None:
        self._starts: list[int] | None = None
        if len(text) != len(data):
            self._starts, at = [], 0
            for character in text:
                self._starts.append(at)
                at += len(character.encode())
            self._starts.append(at)

    def span(self, start: int, end: int) -> Span:
        """Return the code points that a range of bytes touches."""
        if self._starts is None:
            return Span(start, end)
        return Span(bisect.bisect_right(self._starts, start) - 1, bisect.bisect_left(self._starts, end))
