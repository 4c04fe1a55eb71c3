"""Whether what finetooth keeps here is as it should be: the key, and the results of earlier scans. Changes nothing.

A check says what was seen and how to mend it. None of them ever holds the key, or anything that was found in data.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from finetooth import keyfile, signing
from finetooth.config import Configuration
from finetooth.counting import counted
from finetooth.errors import FinetoothError
from finetooth.redaction import FingerprintKey
from finetooth.shardstore import Survey, survey

_PATIENCE: Final = 5.0  # seconds for git, which answers at once
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What."""
    state: str
    """What was seen."""
    ok: bool
    """Whether it is as it should be."""
    needed: bool
    """Whether a scan cannot run without it."""
    stops: str = ""
    """Where it is not: what does not run because of it, or what is at risk."""
    remedy: str = ""
    """Where it is not: how to mend it, as a command or a sentence."""


def amiss(name: str, state: str, *, stops: str, remedy: str, needed: bool = False) -> Check:
    """Return a check of something that is not as it should be."""
    return Check(name, state, ok=False, needed=needed, stops=stops, remedy=remedy)


def key(settings: Configuration, environment: Mapping[str, str]) -> tuple[FingerprintKey | None, list[Check]]:
    """Return the key, if there is one that works, and what was seen of it."""
    path = settings.key_file or settings.home / keyfile.DEFAULT
    named = bool(environment.get(keyfile.VARIABLE))
    if not named and not path.exists():
        if settings.key_file is None:
            return None, [Check("key", f"none yet; the first run makes {path}", ok=True, needed=False)]
        return None, [
            amiss(
                "key",
                f"{path}: is configured, and not there",
                needed=True,
                stops="every scan, as findings have no fingerprint without a key",
                remedy=f"put the key there, or set {keyfile.VARIABLE}",
            )
        ]
    try:
        held = keyfile.resolve(environment, settings.key_file, settings.home)
    except FinetoothError as error:
        return None, [
            amiss(
                "key",
                str(error),
                needed=True,
                stops="every scan, as findings have no fingerprint without a key",
                remedy="make one with: head -c 32 /dev/urandom | base64",
            )
        ]
    checks = [Check("key", f"{held.id} from {keyfile.VARIABLE if named else path}", ok=True, needed=True)]
    return held, checks if named else [*checks, *_custody(path)]


def _custody(path: Path) -> Iterator[Check]:
    """Yield who else can read a key file: whoever can tells fingerprints from one another by trying values."""
    risk = "the secrecy of fingerprints: whoever reads the key can try out which values they stand for"
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield amiss(
            "key file",
            f"{path} has mode {mode:04o}: others than its owner can read or change it",
            stops=risk,
            remedy=f"chmod 600 {path}",
        )
    if _git(path, "ls-files", "--error-unmatch") == 0:
        yield amiss(
            "key file",
            f"{path} is in git: whoever has the repository has the key",
            stops=risk,
            remedy=f"git rm --cached {path}, and make a new key; waivers have to be given anew with it",
        )
    elif _git(path, "check-ignore", "--quiet") == 1:
        yield amiss(
            "key file",
            f"git does not ignore {path}",
            stops=risk,
            remedy=f"add /{path.name} to {path.parent / '.gitignore'}",
        )
    else:
        yield Check("key file", f"{mode:04o}, not in git", ok=True, needed=False)


def _git(path: Path, *question: str) -> int | None:
    """Return how git answers a question about a file; None without git. Outside of a repository it ends with 128."""
    try:
        return subprocess.run(  # noqa: S603 - no shell; the path stands behind "--"
            ["git", *question, "--", path.name],  # noqa: S607 - the user's own git
            cwd=path.parent,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return None


def cache(settings: Configuration, held: FingerprintKey | None) -> Iterator[Check]:
    """Yield how the results of earlier scans are kept."""
    folder = settings.store
    above = next(each for each in (folder, *folder.parents) if each.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        yield amiss(
            "cache",
            f"{above} cannot be written",
            stops="keeping what was scanned: each scan begins anew",
            remedy=f"chmod u+rwx {above}, or work in a folder that is yours",
        )
    if not folder.is_dir():
        yield Check("cache", f"empty; the first scan makes {folder}", ok=True, needed=False)
        return
    seen = survey(folder, held.mac if held else None)
    told = f"{counted(seen.entries, 'result')} of {seen.bytes / _MIB:,.1f} MiB in {folder}"
    if faults := list(_faults(seen)):
        yield amiss(
            "cache",
            f"{told}; {', '.join(faults)}",
            stops="the use of some kept results: what they hold is scanned again",
            remedy=f"rm -r {folder} (nothing but time is lost), or leave them: they are forgotten after a month",
        )
    else:
        yield Check("cache", told, ok=True, needed=False)


def _faults(seen: Survey) -> Iterator[str]:
    if seen.unreadable:
        yield f"{seen.unreadable:,} cannot be read"
    if seen.strange:
        yield f"{counted(seen.strange, 'file')} that no scan wrote"
    if seen.foreign:
        yield f"{seen.foreign:,} of {seen.looked_into:,} looked into are of another key, or were changed"


def signing_key(settings: Configuration, environment: Mapping[str, str]) -> Check:
    """Return whether passports are signed here, and by which key."""
    try:
        held = signing.signer(environment, settings.signing_key)
    except FinetoothError as error:
        return amiss(
            "signing key",
            str(error),
            needed=True,
            stops="passports, as one that was meant to be signed is not written unsigned",
            remedy=f"mend the key, or unset {signing.VARIABLE} and signing_key",
        )
    if held is None:
        return Check("signing key", "none: passports are not signed", ok=True, needed=False)
    origin = signing.VARIABLE if environment.get(signing.VARIABLE) else settings.signing_key
    return Check("signing key", f"{held.id[:16]} from {origin}", ok=True, needed=True)
