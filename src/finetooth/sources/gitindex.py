"""What git is about to commit: the staged content of files, and what the last commit holds of them.

Git's plumbing is asked and never its porcelain, so that no setting of a user's (``diff.external``, ``textconv``,
colours, quoted paths, line ends) changes what is read: content is what the index holds, byte for byte. The index is
the one that the hook was told of (``GIT_INDEX_FILE``, ``GIT_DIR``); nothing is written, and nothing is fetched.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from finetooth.errors import UsageError

SIZE_LIMIT: Final = 512 << 20
"""Bytes of a staged file that is read at most. Git itself holds no larger one in memory (``core.bigFileThreshold``)."""

_POINTER_SIZE: Final = 1024  # Git LFS specification: "pointer files must be less than 1024 bytes in size"
_POINTERS: Final = (b"version https://git-lfs.github.com/spec/", b"version http://git-media.io/", b"/annex/objects/")
_LINK, _SUBMODULE, _REGULAR = "120000", "160000", ("100644", "100755")
_AT_ONCE: Final = 500  # paths on one command line
_SHA1_DIGITS: Final = 40
_KEPT: Final = 2  # a file's new content and its old one


@dataclass(frozen=True, slots=True)
class Blob:
    """A content that git holds. It never changes.

    To have it from git costs as much as to look through it, so it is taken from where it probably stands too; the name
    that git gives it, a digest, tells whether it does.
    """

    oid: str
    """Its name in git."""
    size: int
    """Bytes."""
    copy: str | None = field(default=None, compare=False)
    """A file that probably holds the same."""
    grown: Blob | None = field(default=None, compare=False)
    """A content that probably begins with it."""

    def open(self) -> BinaryIO:
        """Open it for reading; raises ``OSError``."""
        content = _content(self)
        return io.BytesIO(content) if isinstance(content, bytes) else io.BufferedReader(_Beginning(content))

    def state(self) -> str:
        """Return its name."""
        return self.oid


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file."""

    path: str
    """Its path in that version."""
    blob: Blob
    """Its content."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What a commit would hold of one file."""

    path: str
    """As the user named it."""
    now: Version | None = None
    """What is staged; None where that cannot be read, or is nothing."""
    before: Version | None = None
    """What the last commit holds of it, also under another name; None where it holds nothing of it."""
    fault: str = ""
    """Why it cannot be read, and what to do."""


def staged(paths: Sequence[str]) -> tuple[list[Staged], list[str]]:
    """Return what is staged of files, and those that git knows nothing of.

    A file whose staged content the last commit holds too has itself as ``before`` where it was only moved, or was given
    another mode, and nothing where the commit does not touch it: then whoever named it means all of it. A file that
    the commit removes has neither ``now`` nor ``fault``.

    Args:
        paths: as the user names them.

    Raises:
        UsageError: git is not installed, or refuses to answer.
    """
    top = _top()
    if top is None:
        return [], list(paths)
    names = {path: _name(path, top) for path in paths}
    inside = {name: path for path, name in reversed(names.items()) if name is not None}  # however often it is named
    entries = _entries(sorted(inside))
    changes = _changes() if inside else _Changes({}, frozenset())
    wanted = [oid for mode, oid in entries.values() if mode in (*_REGULAR, _LINK)]
    wanted += [old for name in entries if (old := changes.before.get(name, ("", None))[1])]
    sizes = _sizes(wanted) if wanted else {}
    known: list[Staged] = []
    unknown: list[str] = []
    for path, name in names.items():
        if name is None or (name not in entries and name not in changes.gone):
            unknown.append(path)
        elif inside[name] == path:
            known.append(_staged(path, name, entries[name], changes, sizes) if name in entries else Staged(path))
    return known, unknown


def _staged(path: str, name: str, entry: tuple[str, str], changes: _Changes, sizes: Mapping[str, int]) -> Staged:
    mode, oid = entry
    if mode == _SUBMODULE:
        return Staged(path, fault="a submodule, whose files are another repository's; use the hook there")
    if not mode:
        return Staged(path, fault="in conflict, so that nothing is staged; resolve it and `git add` it")
    size = sizes.get(oid)
    if size is None:
        return Staged(path, fault="git does not have its content here; fetch it, then try again")
    if size > SIZE_LIMIT:
        return Staged(path, fault=f"larger than {SIZE_LIMIT >> 20} MiB; scan it with `finetooth scan`")
    now = Blob(oid, size, copy=path)
    head = bytes(_content(now)) if size < _POINTER_SIZE else b""
    if mode == _LINK:
        annexed = b"annex/objects" in head
        return Staged(path, fault=_ANNEXED if annexed else "a symbolic link; name the file that it leads to")
    if head.startswith(_POINTERS):
        return Staged(path, fault=_POINTER)
    old_path, old = changes.before.get(name, ("", None))
    old_size = sizes.get(old, SIZE_LIMIT + 1) if old else SIZE_LIMIT + 1
    if old is None or old_size > SIZE_LIMIT:
        return Staged(path, Version(path, now))
    return Staged(path, Version(path, now), Version(old_path, Blob(old, old_size, grown=now)))


_POINTER: Final = "a pointer to data that git does not hold (Git LFS, git-annex); scan the data with `finetooth scan`"
_ANNEXED: Final = "a link to data that git does not hold (git-annex); scan the data with `finetooth scan`"


def _top() -> str | None:
    """Return the top folder of the working tree; None outside of one."""
    done = _git("rev-parse", "--show-toplevel")
    if not done.returncode:
        return os.path.realpath(os.fsdecode(done.stdout.removesuffix(b"\n")))
    if b"not a git repository" in done.stderr:
        return None
    raise _refusal(done)


def _name(path: str, top: str) -> str | None:
    """Return a path as git writes it, from the top folder; None where it lies elsewhere."""
    # The folder may be reached through a link; the file itself may be one, and git holds that.
    folder, file = os.path.split(path)
    full = os.path.join(os.path.realpath(folder or "."), file)  # noqa: PTH118 - names may be no UTF-8
    if not full.startswith(top.rstrip("/") + "/"):
        return None
    return os.path.normpath(full[len(top.rstrip("/")) + 1 :])


def _entries(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return mode and content's name of each file in the index; empty ones where it is in conflict."""
    found: dict[str, tuple[str, str]] = {}
    for first in range(0, len(names), _AT_ONCE):
        listed = (f":(top,literal){name}" for name in names[first : first + _AT_ONCE])
        for item in _fields(_asked("ls-files", "--stage", "--full-name", "-z", "--", *listed)):
            told, _, name = item.partition("\t")
            mode, oid, stage = told.split(" ")
            found[name] = (mode, oid) if stage == "0" else ("", "")
    return found


@dataclass(frozen=True, slots=True)
class _Changes:
    """What the commit would change."""

    before: Mapping[str, tuple[str, str | None]]
    """By each file's new name the old one, and the name of its old content, None where it had none."""
    gone: frozenset[str]
    """Files that would be no more."""


def _changes() -> _Changes:
    head = _git("rev-parse", "--quiet", "--verify", "HEAD^{tree}")
    if head.returncode:
        return _Changes({}, frozenset())  # no commit yet: all is new
    tree = os.fsdecode(head.stdout.strip())
    before: dict[str, tuple[str, str | None]] = {}
    gone: set[str] = set()
    fields = _fields(_asked("diff-index", "--cached", "--raw", "--no-abbrev", "-z", "--find-renames", tree, "--"))
    for told in fields:
        old_mode, _, old, _, status = told.removeprefix(":").split(" ")
        name = new = next(fields)
        if status[0] == "R":
            new = next(fields)
            gone.add(name)
        if status[0] == "D":
            gone.add(name)
        else:
            before[new] = name, old if old_mode in _REGULAR else None
    return _Changes(before, frozenset(gone))


def _sizes(oids: Sequence[str]) -> dict[str, int]:
    """Return the sizes of contents; those that are not here are left out."""
    wanted = "".join(f"{oid}\n" for oid in dict.fromkeys(oids))
    done = _git("cat-file", "--batch-check", told=wanted.encode())
    if done.returncode:
        raise _refusal(done)
    answers = (line.split() for line in done.stdout.decode("ascii", "replace").splitlines())
    return {oid: int(size) for oid, kind, size in (answer for answer in answers if len(answer) == 3) if kind == "blob"}  # noqa: PLR2004 - "OID missing" has two


class _Beginning(io.RawIOBase):
    """The beginning of another content, as a file: a copy of it would take as long as to look through it."""

    def __init__(self, view: memoryview) -> None:
        super().__init__()
        self._view = view
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._view[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + (0, self._at, len(self._view))[whence])
        return self._at


@lru_cache(maxsize=_KEPT)
def _content(blob: Blob) -> bytes | memoryview:
    if blob.copy is not None:
        copy = Path(blob.copy)
        with suppress(OSError):
            if copy.is_file() and copy.stat().st_size == blob.size and _is(blob, content := copy.read_bytes()):
                return content
    if (
        blob.grown is not None
        and blob.grown.size >= blob.size
        and _is(blob, start := memoryview(_content(blob.grown))[: blob.size])
    ):
        return start
    done = _git("cat-file", "blob", blob.oid)
    if done.returncode:
        raise OSError(0, "git cannot read its content; run `git fsck`")
    return done.stdout


def _is(blob: Blob, content: bytes | memoryview) -> bool:
    """Tell whether a content is the one of that name: git's names are digests of ``blob SIZE NUL CONTENT``."""
    digest = hashlib.new("sha1" if len(blob.oid) == _SHA1_DIGITS else "sha256", usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content))
    digest.update(content)
    return digest.hexdigest() == blob.oid


def _asked(*arguments: str) -> bytes:
    done = _git(*arguments)
    if done.returncode:
        raise _refusal(done)
    return done.stdout


def _fields(told: bytes) -> Iterator[str]:
    return iter(os.fsdecode(told).split("\0")[:-1])


def _refusal(done: subprocess.CompletedProcess[bytes]) -> UsageError:
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return UsageError(f"git refused to answer: {said[0] if said else f'it ended with {done.returncode}'}")


_NOT_OURS: Final = ("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")
"""What would give the paths that we name another meaning."""

_OURS: Final = {
    "GIT_NO_LAZY_FETCH": "1",  # a commit waits for no network
    "GIT_NO_REPLACE_OBJECTS": "1",  # what is committed is the content itself
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",  # one message is told from the others
}


def _git(*arguments: str, told: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_OURS} | _OURS
    try:
        return subprocess.run(  # noqa: S603 - no shell; paths stand behind "--"
            ["git", *arguments],  # noqa: S607 - the user's own git
            input=told or b"",
            capture_output=True,
            check=False,
            env=environment,
        )
    except FileNotFoundError as error:
        if not Path.cwd().exists():
            raise UsageError("the working directory is gone") from error
        raise UsageError("git is not installed, or not on PATH: what is staged is known to git alone") from error
