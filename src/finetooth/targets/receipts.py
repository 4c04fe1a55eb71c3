"""Answers of an endpoint on disk, so that a probe that was broken off does not ask, and pay, again.

A receipt is known by a keyed digest of all that an answer depends on (the endpoint, the model, the question) and sealed
with the same key, as the results of scanned shards are (`finetooth.shardstore`). It holds numbers alone: a
log-probability and its bounds, how often a value was seen in how many samples. What a model *said* is never kept, for
it may be somebody's data: texts are asked for again.

What stands behind an address can change, and an old answer would then clear a new model. So receipts hold for a day,
and only as long as the endpoint answers the questions of the self-test as it did when they were written.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from finetooth.shardstore import ShardStore
from finetooth.trial import Context

KEEP_HOURS: Final = 24
_FORMAT: Final = "probe/1"
_SAME: Final = 0.05  # nats that the mean log-probability of the self-test's answers may move by

Number = float | None
"""A number of a receipt; None stands for minus infinity, which JSON has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a model answers the questions of the self-test: what it is known by, since its files are not there."""

    said: str
    """Keyed digest of what it says when told to take the likeliest tokens."""
    log_probability: float
    """Mean log-probability of these tokens, or 0 where it is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFolder:
    """Where receipts are kept, for whichever endpoints are asked."""

    folder: Path
    """Made when the first receipt is written: 0700, its files 0600."""
    mac: Callable[[bytes], str]
    """Keyed digest of a message, 64 hex digits."""
    resume: bool = True
    """Whether those of an earlier run may be used."""

    def of(self, named: str) -> Receipts:
        """Return the receipts of an endpoint and its model."""
        return Receipts(self.folder, self.mac, named, resume=self.resume)


class Receipts:
    """The answers of one endpoint and model."""

    def __init__(self, folder: Path, mac: Callable[[bytes], str], named: str, *, resume: bool = True) -> None:
        """Name a folder; it is made when the first receipt is written.

        Args:
            folder: where receipts are.
            mac: keyed digest of a message, 64 hex digits.
            named: the endpoint and its model.
            resume: whether those of an earlier run may be used.
        """
        self._store = ShardStore(folder, mac, f"{_FORMAT} {named}")
        self._mac = mac
        self._resume = resume
        self._epoch = ""
        self._lock = Lock()
        self.used = 0
        """How many answers were taken from receipts."""

    def digest(self, text: str) -> str:
        """Return the keyed digest of a text."""
        return self._mac(text.encode("utf-8", "surrogatepass"))

    def begin(self, behaviour: Behaviour, now: float | None = None) -> None:
        """Take up the receipts of an earlier run if they are of the same model and of the same day, else begin anew."""
        now = time.time() if now is None else now
        name = self._store.name("epoch")
        known = json.loads(self._store.get(name)) if self._resume and self._store.holds(name) else None
        if (
            known
            and known["said"] == behaviour.said
            and abs(known["log_probability"] - behaviour.log_probability) <= _SAME
            and 0 <= now - known["began"] < KEEP_HOURS * 3600
        ):
            self._epoch = known["epoch"]
            return
        self._epoch = secrets.token_hex(16)
        self._write(
            name,
            {
                "epoch": self._epoch,
                "began": now,
                "said": behaviour.said,
                "log_probability": behaviour.log_probability,
            },
        )
        self._store.forget_old()

    def holds(self, question: str, context: Context, continuation: str) -> bool:
        """Tell whether an answer was given before."""
        return self._store.holds(self._name(question, context, continuation))

    def find(self, question: str, context: Context, continuation: str) -> list[Number] | None:
        """Return the numbers of an answer that was given before, or None."""
        name = self._name(question, context, continuation)
        if not self._store.holds(name):
            return None
        with self._lock:
            self.used += 1
        return [None if each is None else float(each) for each in json.loads(self._store.get(name))]

    def keep(self, question: str, context: Context, continuation: str, numbers: Sequence[Number]) -> None:
        """Write a receipt; where that is not possible, as on a full disk, the answer is asked for again next time."""
        self._write(self._name(question, context, continuation), list(numbers))

    def _name(self, question: str, context: Context, continuation: str) -> str:
        shown = context if isinstance(context, str) else [[turn.role, turn.text] for turn in context]
        return self._store.name(self._epoch, question, json.dumps(shown), json.dumps(continuation))

    def _write(self, name: str, content: object) -> None:
        self._store.put(name, json.dumps(content).encode())
