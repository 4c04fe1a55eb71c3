"""A folder that `datasets` wrote with ``save_to_disk``: one split."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.arrow import BATCH, read_batch
from finetooth.sources.datasetfile import CHANGED
from finetooth.sources.source import Stored

SPLITS_FILE = "dataset_dict.json"
"""Lists the splits in the folder above theirs; holds nothing else."""

_STATE_FILE = "state.json"
_INFO_FILE = "dataset_info.json"
_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


def parts_of(folder: Path) -> frozenset[str]:
    """Return the names of the files that make the folder a saved dataset; none where it is not one."""
    try:
        state = json.loads((folder / _STATE_FILE).read_bytes())
        names = {str(file["filename"]) for file in state["_data_files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return frozenset()
    if not (folder / _INFO_FILE).is_file():
        return frozenset()
    return frozenset({*names, _STATE_FILE, _INFO_FILE})


class SavedDataset:
    """One split on disk, in Arrow files that its ``state.json`` lists.

    Args:
        path: the folder as the user named it.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Record | Unread]:
        import datasets  # noqa: PLC0415 - heavy

        for name in sorted(parts_of(Path(self.path))):
            # NOTE: Arrow takes a stream that was cut between two batches for a whole one, and says nothing.
            if name.endswith(".arrow") and not _ends_well(Path(self.path) / name):
                yield Unread(path=os.path.join(self.path, name), reason="cut short or missing; save the dataset again")  # noqa: PTH118 - keeps the user's spelling
        before = self._state()
        index = 0
        try:
            for table in datasets.load_from_disk(self.path).with_format("arrow").iter(BATCH):
                for batch in table.to_batches():
                    yield from read_batch(self.path, index, batch)
                    index += batch.num_rows
        except Exception:  # noqa: BLE001 - whatever a damaged folder makes the library raise; its text may quote values
            yield Unread(path=self.path, reason=f"the rows from {index} on are damaged; save the dataset again")
        if self._state() != before:
            yield Unread(path=self.path, reason=CHANGED)

    def _state(self) -> list[tuple[str, int, int]]:
        """Return what tells one writing of the folder's files from another."""
        folder = Path(self.path)
        found: list[tuple[str, int, int]] = []
        for name in sorted(parts_of(folder)):
            with contextlib.suppress(OSError):
                status = (folder / name).stat()
                found.append((name, status.st_size, status.st_mtime_ns))
        return found

    def stored(self) -> Stored:
        """Return size and digest of the folder's files together.

        The digest is that of the lines which ``sha256sum`` would print for them, sorted by name.
        """
        listing = hashlib.sha256()
        size = 0
        for name in sorted(parts_of(Path(self.path))):
            try:
                with (Path(self.path) / name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                    size += file.tell()
            except OSError:
                return Stored(None, size)
            listing.update(f"{digest}  {name}\n".encode("utf-8", "surrogateescape"))
        return Stored(listing.hexdigest(), size)


def _ends_well(file: Path) -> bool:
    with contextlib.suppress(OSError), file.open("rb") as stream:
        stream.seek(-len(_END_OF_STREAM), os.SEEK_END)
        return stream.read() == _END_OF_STREAM
    return False
