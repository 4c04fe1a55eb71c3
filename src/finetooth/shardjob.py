"""Work that any process can be given: it can be pickled, needs a plan where it runs, and gives bytes.

What an engine has to know of a shard is here: how it is scanned, what to try after it has cost a worker its life, and
what to say where nothing helps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from finetooth.detectors import compiledpatterns
from finetooth.detectors.allowlist import AllowList
from finetooth.errors import IncompleteError
from finetooth.evidence import Unread
from finetooth.policy import Detect
from finetooth.record import Record
from finetooth.redaction import FingerprintKey
from finetooth.shapes.reading import reading
from finetooth.shard import Care, Plan, Stretch, Watch, scan_shard
from finetooth.shardcode import encode
from finetooth.shardresult import ShardResult
from finetooth.shownpaths import masked_paths
from finetooth.sources.datasetfile import CHANGED
from finetooth.sources.portions import Lines
from finetooth.sources.splitting import Shard


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a plan is made, where the work is done: the detectors themselves can be sent nowhere."""

    detect: Detect
    """What the policy says."""
    key: FingerprintKey = field(repr=False)
    """What to fingerprint with."""
    input_format: str | None = None
    """Name of the record format, or None to detect it."""
    tokenizer: str | None = None
    """Folder of the tokenizer of pre-tokenised rows."""

    def __call__(self) -> Plan:
        """Load the detectors and return the plan.

        Raises:
            UsageError: The policy, the format or the tokenizer makes no sense here.
            IncompleteError: An engine could not be loaded.
        """
        from finetooth.detectors.suite import build  # noqa: PLC0415 - its engines load only where they run

        return Plan(
            detectors=tuple(build(self.detect)),
            detect=self.detect,
            key=self.key,
            reading=reading(self.input_format, self.tokenizer),
            allow=AllowList(self.detect),
        )


@dataclass(frozen=True, slots=True)
class Death:
    """How an attempt ended: with the process that made it."""

    reason: str
    """Such as ``killed by SIGSEGV``."""
    at: Stretch | None
    """The records that were being looked at, or None where it was reading."""


class Job(Protocol):
    """A piece of work."""

    @property
    def movable(self) -> bool:
        """Whether another process can do it."""

    def run(self, plan: Plan, watch: Watch) -> bytes:
        """Do it."""

    def again(self, deaths: Sequence[Death]) -> Job | None:
        """Return what to try after so many attempts have died, or None where it is to be given up."""

    def lost(self, deaths: Sequence[Death]) -> bytes:
        """Return what to have instead of a result.

        Raises:
            IncompleteError: nothing can take its place.
        """


@dataclass(frozen=True, slots=True)
class ScanJob:
    """One shard to be scanned. It gives an encoded `ShardResult`."""

    shard: Shard
    """Which."""
    care: Care = field(default_factory=Care)
    """What was learnt about it."""

    @property
    def movable(self) -> bool:
        """Whether another process can read the shard."""
        return self.shard.movable

    def run(self, plan: Plan, watch: Watch) -> bytes:
        """Scan it; where its bytes are not those that were planned, say so."""
        result = scan_shard(self.shard.source, plan, watch, self.care)
        compiledpatterns.keep()
        expected = self.shard.content
        if expected is None:
            return encode(result)
        as_planned = result.sha256 == expected
        if result.sha256 is not None and not as_planned:
            result = replace(result, unread=(*result.unread, Unread(path="", reason=CHANGED)))
        # The digest of a short text gives the text away to whoever tries all: it is not kept where it is known.
        return encode(replace(result, sha256=None, whole=as_planned, lasting=result.lasting and as_planned))

    def again(self, deaths: Sequence[Death]) -> ScanJob | None:
        """Try as before; then, one by one, the records that both attempts died of; then without the one to blame."""
        if len(deaths) == 1:
            return self
        at, before = deaths[-1].at, deaths[-2].at
        if at is None or self.care.without is not None or not (at == before or at.first in self.care.alone):
            return None
        if at.first == at.last:
            return replace(self, care=Care(without=at.first))
        return None if self.care.alone else replace(self, care=Care(alone=range(at.first, at.last + 1)))

    def lost(self, deaths: Sequence[Death]) -> bytes:
        """Return a result that says that nothing of the shard was read."""
        how = " and ".join(dict.fromkeys(death.reason for death in deaths))
        reason = f"the worker that scanned it was lost {len(deaths)} times ({how}); scan again with more memory or time"
        source = self.shard.source
        if not isinstance(source, Lines):
            return encode(ShardResult(unread=(Unread(path="", reason=reason),), whole=False, lasting=False))
        # What follows is counted on from here, and a thousand unread records are a thousand.
        numbers = [(each.line, each.index if isinstance(each, Record) else each.record) for each in source]
        unread = tuple(Unread(path="", line=line, record=record, reason=reason) for line, record in numbers)
        return encode(ShardResult(unread=unread, extent=source.stored().extent, whole=False, lasting=False))


@dataclass(frozen=True, slots=True)
class PathsJob:
    """The inputs' paths, to be masked as evidence may show them. It gives a JSON array of them."""

    paths: tuple[str, ...]
    """As the user named them."""

    movable = True

    def run(self, plan: Plan, watch: Watch) -> bytes:
        """Mask them."""
        return json.dumps(masked_paths(self.paths, plan.detectors, plan.detect)).encode()

    def again(self, deaths: Sequence[Death]) -> PathsJob | None:
        """Try once more."""
        return self if len(deaths) == 1 else None

    def lost(self, deaths: Sequence[Death]) -> bytes:
        """Give up: without them nothing can be shown."""
        raise IncompleteError(f"no worker can run here ({deaths[-1].reason}); try --engine inline")
