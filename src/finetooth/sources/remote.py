"""Files at a URL, through whatever file system fsspec knows for its scheme: read as a stream, never saved here."""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO, cast

from finetooth.errors import InputError
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.source import Source

_SECRET = re.compile(r"(?<=://)[^/@]*@|[?#].*\Z")
_MAGIC = re.compile(r"[*\[]")  # a question mark begins a query


def remote_sources(url: str, seen: set[str] | None = None) -> list[Source]:
    """Return the files that a URL names: itself, all below a folder, or all that a glob matches, sorted.

    Of a folder, names that begin with a dot are left out, as they are of one on disk.

    Args:
        url: such as ``s3://bucket/train/*.jsonl``.
        seen: what was named before, and is left out; what is found now is added to it.

    Raises:
        InputError: no installed package knows the scheme, nothing is there, or it cannot be reached.
    """
    shown = shown_url(url)
    files, root = _file_system(url, shown)
    try:
        if _MAGIC.search(root):
            names = sorted(name for name in files.glob(root) if files.isfile(name))
        elif files.isfile(root):
            names = [root]
        else:
            names = sorted(name for name in files.find(root) if "/." not in name[len(root) :])
    except FileNotFoundError:
        names = []
    except Exception as error:  # noqa: BLE001 - each package raises errors of its own, whose text may hold credentials
        what = f"cannot be reached ({type(error).__name__})"
        raise InputError(f"{shown}: {what}; check the network, the address and your credentials") from None
    if not names:
        raise InputError(f"{shown}: there is no such file or folder; check the spelling and your credentials")
    sources: list[Source] = []
    for name in names:
        full = str(files.unstrip_protocol(name))
        if seen is None or full not in seen:
            path = shown if name == root else shown_url(full)
            sources.append(DatasetFile(path, RemotePlace(files, name)))
    if seen is not None:
        seen.update(str(files.unstrip_protocol(name)) for name in names)
    return sources


def shown_url(url: str) -> str:
    """Return a URL without what may be a secret in it: user and password, query and fragment."""
    return _SECRET.sub("", url)


def _file_system(url: str, shown: str) -> tuple[Any, str]:
    import fsspec  # noqa: PLC0415 - loaded only where there is a URL
    from fsspec.registry import known_implementations  # noqa: PLC0415

    scheme = url.partition("://")[0].rpartition("::")[2]
    try:
        files, root = fsspec.core.url_to_fs(url)
    except ImportError:
        hint = known_implementations.get(scheme, {}).get("err", f"install the fsspec package for {scheme}")
        raise InputError(f"{shown}: {hint}") from None
    except Exception as error:  # noqa: BLE001 - as above
        known = "" if scheme in known_implementations else f"; {scheme}:// is no scheme that fsspec knows"
        raise InputError(f"{shown}: cannot be opened ({type(error).__name__}){known}") from None
    return files, str(root)


class RemotePlace:
    """A file on a file system of fsspec.

    Args:
        files: the file system.
        name: the file's path there.
    """

    def __init__(self, files: Any, name: str) -> None:
        self._files = files
        self._name = name

    def open(self) -> BinaryIO:
        """Open it; whatever the package raises becomes an ``OSError``, whose text cannot hold a credential."""
        try:
            return cast("BinaryIO", _RemoteFile(self._files.open(self._name, "rb")))
        except Exception as error:  # noqa: BLE001 - each package raises errors of its own
            raise OSError(0, type(error).__name__) from None

    def state(self) -> Any:
        """Return size, date and tag as the file system tells them; None where it does not."""
        try:
            self._files.invalidate_cache()
            return self._files.ukey(self._name)
        except Exception:  # noqa: BLE001 - a server that tells no date is still one to read from
            return None


class _RemoteFile(io.RawIOBase):
    """A file of fsspec whose every failure is an ``OSError``."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._file.read(len(buffer))
        except Exception as error:  # noqa: BLE001 - each package raises errors of its own
            raise OSError(0, type(error).__name__) from None
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(place, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
