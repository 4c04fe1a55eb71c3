import os
import stat

import pytest

from finetooth import runfolder
from finetooth.errors import UsageError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_files_are_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        runfolder.create(tmp_path / "run")
        runfolder.write(tmp_path / "run", {"report.json": [b"{}"]})
    finally:
        os.umask(before)
    assert mode(tmp_path / "run") == 0o700
    assert mode(tmp_path / "run" / "report.json") == 0o600


def test_an_earlier_run_is_replaced_and_nothing_else_is_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    runfolder.write(tmp_path, {"report.json": [b"old"], "report.txt": [b"old"]})
    runfolder.write(tmp_path, {"report.json": [b"new"]})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"notes.txt": "mine", "report.json": "new"}


def test_a_file_in_the_way_is_a_clear_error(tmp_path):
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(UsageError, match="name another with -o"):
        runfolder.create(tmp_path / "run")
