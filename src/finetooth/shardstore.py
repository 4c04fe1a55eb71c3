"""Results of shards on disk: what was scanned once is not scanned again, in a run that was broken off or in the next.

An entry is known by a keyed digest of everything that it depends on (the shard's bytes, what was looked for, and with
which code), and sealed with the same key: whoever does not hold it can neither tell by trying what was scanned, nor
make an entry that says "clean". Entries are masked, as all evidence is. The folder is 0700, its files 0600, each
written whole or not at all; those that nothing has asked for in `KEEP_DAYS` days are forgotten.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetooth import runfolder
from finetooth.errors import UsageError

KEEP_DAYS: Final = 30
_DAY: Final = 86_400
_SEAL: Final = 64  # hex digits
_FORMAT: Final = "shard/1"
_ENTRY: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a folder of results holds."""

    entries: int
    """Files of the form of an entry."""
    bytes: int
    """What they take on disk."""
    unreadable: int
    """Entries that this user cannot read."""
    strange: int
    """Other files, which no scan wrote."""
    looked_into: int
    """Entries whose seal was tried, up to `LOOKED_INTO` bytes: the first by name, which is a digest."""
    foreign: int
    """Those of them that another key sealed, or that are not what was written."""


LOOKED_INTO: Final = 32 << 20
"""Bytes whose seals a survey tries: half a second."""


def survey(folder: Path, mac: Callable[[bytes], str] | None) -> Survey:
    """Return what a folder of results holds, without changing anything.

    Args:
        folder: where they are.
        mac: keyed digest of a message, 64 hex digits; None where there is no key, so that no seal can be tried.
    """
    entries = size = unreadable = strange = looked_into = foreign = read = 0
    for path in sorted(folder.glob("??/*")):
        if path.name.startswith("."):
            continue  # half written, by a run that goes on or was broken off
        if not _ENTRY.fullmatch(path.name) or path.parent.name != path.name[:2] or not path.is_file():
            strange += 1
            continue
        entries += 1
        try:
            size += path.stat().st_size
            if mac is None or read >= LOOKED_INTO:
                path.open("rb").close()
                continue
            sealed = path.read_bytes()
        except OSError:
            unreadable += 1
            continue
        read += len(sealed)
        looked_into += 1
        foreign += _payload(path.name, sealed, mac) is None
    return Survey(
        entries=entries,
        bytes=size,
        unreadable=unreadable,
        strange=strange,
        looked_into=looked_into,
        foreign=foreign,
    )


def _payload(name: str, sealed: bytes, mac: Callable[[bytes], str]) -> bytes | None:
    """Return what an entry holds; None where its seal is not ours."""
    seal, payload = sealed[:_SEAL], sealed[_SEAL:]
    return payload if hmac.compare_digest(seal, _sealed(name, payload, mac).encode()) else None


def _sealed(name: str, payload: bytes, mac: Callable[[bytes], str]) -> str:
    return mac(f"{_FORMAT} seal {name} ".encode() + payload)


class ShardStore:
    """A folder of results.

    Args:
        folder: made, with a ``.gitignore``, when the first entry is kept.
        mac: keyed digest of a message, 64 hex digits.
        identity: names what was looked for, and with which code.
        resume: whether what is there already may be used.

    """

    def __init__(self, folder: Path, mac: Callable[[bytes], str], identity: str, *, resume: bool = True) -> None:
        self._folder = folder
        self._mac = mac
        self._identity = identity
        self._resume = resume
        self._written: set[str] = set()

    def name(self, *facts: str) -> str:
        """Return the name of the entry that depends on these facts."""
        return self._mac(json.dumps([_FORMAT, self._identity, *facts]).encode())

    def holds(self, name: str) -> bool:
        """Tell whether there is a whole and genuine entry that may be used."""
        return self.recall(name) is not None

    def recall(self, name: str) -> bytes | None:
        """Return an entry that is whole and genuine; None where there is none that may be used."""
        return self._read(name) if self._resume or name in self._written else None

    def get(self, name: str) -> bytes:
        """Return an entry.

        Raises:
            UsageError: it is gone, or is not what was written.
        """
        payload = self._read(name)
        if payload is None:
            raise UsageError(f"{self._folder}: a result vanished while it was needed; run the same command again")
        return payload

    def put(self, name: str, payload: bytes) -> bool:
        """Keep an entry; tell whether that was possible, which it is not on a full or read-only disk."""
        path = self._path(name)
        try:
            if not self._written:
                runfolder.create(self._folder.parent)
                runfolder.create(self._folder)
                runfolder.keep_out_of_git(self._folder)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            runfolder.replace(path, _sealed(name, payload, self._mac).encode() + payload)
        except (OSError, UsageError):
            return False
        self._written.add(name)
        return True

    def forget_old(self) -> None:
        """Remove the entries that nothing has asked for in a long time; once a day, since it looks at all of them."""
        mark, now = self._folder / ".swept", time.time()
        with contextlib.suppress(OSError):
            if now - mark.stat().st_mtime < _DAY:
                return
        limit = now - KEEP_DAYS * _DAY
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < limit:
                    path.unlink()
        with contextlib.suppress(OSError):  # there may be no folder yet
            mark.touch(mode=0o600)

    def _read(self, name: str) -> bytes | None:
        path = self._path(name)
        try:
            sealed = path.read_bytes()
        except OSError:
            return None
        payload = _payload(name, sealed, self._mac)
        if payload is None:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return payload

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
