"""Detectors that find what they are told to, for tests of what is built on them."""

import dataclasses
import os
import re
import signal
import time
from pathlib import Path

from finetooth.detectors.detector import Undetected
from finetooth.errors import PolicyError
from finetooth.match import Match
from finetooth.policy import Detect
from finetooth.redaction import FingerprintKey
from finetooth.shard import Plan
from finetooth.span import Span


class PatternDetector:
    """Finds one entity type by one pattern, and fails on texts that hold ``poison``."""

    name = "pattern"
    version = "1"

    def __init__(self, pattern=r"\bACC-\d{4,}\b", entity_type="ACCOUNT_NUMBER", validation="context"):
        self._pattern = re.compile(pattern)
        self._entity_type = entity_type
        self._validation = validation

    def detect(self, texts, keys=None):
        return [self._detect(text) for text in texts]

    def _detect(self, text):
        if "poison" in text:
            return Undetected("the detector ran out of time; shorten the text")
        return tuple(
            Match(f"fake.{self._entity_type.lower()}", self._entity_type, Span(*found.span()), 0.9, self._validation)
            for found in self._pattern.finditer(text)
        )


class MortalDetector(PatternDetector):
    """Kills the process that it runs in, or the one that started it, or never comes back, where a text says so.

    Args:
        folder: where it leaves a mark, so that what is to happen once happens once.
    """

    def __init__(self, folder=None):
        super().__init__()
        self._folder = folder

    def _detect(self, text):
        if "segfault" in text or ("killed once" in text and self._first(text)):
            os.kill(os.getpid(), signal.SIGSEGV)
        if "orphan always" in text or ("orphan once" in text and self._first(text)):
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)
        if "forever" in text:
            time.sleep(3600)
        if "memory gone" in text:
            raise MemoryError(text)
        return super()._detect(text)

    def _first(self, text):
        mark = self._folder / str(len(text))
        return not mark.exists() and mark.touch() is None


@dataclasses.dataclass(frozen=True)
class MakeMortalPlan:
    """Makes a plan with a `MortalDetector`, in whichever process."""

    key: FingerprintKey
    folder: Path | None = None

    def __call__(self):
        return Plan(detectors=(MortalDetector(self.folder),), detect=Detect(), key=self.key)


class RefusedPlan:
    """Makes no plan."""

    def __call__(self):
        raise PolicyError("detect.ner: the model xx is not installed")


class DeadlyPlan:
    """Takes the process with it while the plan is made."""

    def __call__(self):
        os._exit(7)
