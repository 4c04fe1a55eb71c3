"""What tests of sources share: a way to read a file, and the public hostile data."""

import os
from pathlib import Path

import pytest

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.datasetfile import DatasetFile

HOSTILE = Path(os.environ.get("FINETOOTH_DATA", Path(__file__).parents[3] / "shared" / "data")) / "hostile"


@pytest.fixture
def hostile():
    if not HOSTILE.is_dir():
        pytest.skip(f"NOT TESTED against hostile data: {HOSTILE} is not there; set FINETOOTH_DATA")
    return HOSTILE


@pytest.fixture
def read(tmp_path):
    """Write bytes under a name and read them as a dataset file: its records, and what it could not read."""

    def read_file(name, content):
        file = tmp_path / name
        file.write_bytes(content)
        items = list(DatasetFile(str(file)))
        records = [item for item in items if isinstance(item, Record)]
        unread = [item for item in items if isinstance(item, Unread)]
        assert len(records) + len(unread) == len(items)
        return records, unread

    return read_file
