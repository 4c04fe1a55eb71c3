"""A folder for what takes long to compile, that only this user can write.

What is compiled decides what is found, so a folder that another user could write to is not used at all.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def cache_folder(name: str) -> Path | None:
    """Return the folder of that name, made where it is missing; None where it cannot be trusted or written."""
    from platformdirs import user_cache_dir  # noqa: PLC0415 - only where a detector is built

    folder = Path(user_cache_dir("finetooth")) / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except OSError:
        return None
    mine = not hasattr(os, "getuid") or state.st_uid == os.getuid()
    if not mine or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or not os.access(folder, os.W_OK):
        return None
    return folder
