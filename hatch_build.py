"""Compiles the native part where there is a C compiler; without one, finetooth runs the same loop in NumPy.

The part is some C files that know no Python, so that they are built without Python's headers and fit any version. They
are compiled into the source tree, from where wheels take it and editable installs load it, and never when finetooth
runs. ``finetooth doctor`` tells whether it is in use.

The environment variable ``FINETOOTH_NATIVE`` decides otherwise: ``0`` leaves it out, ``1`` fails where it cannot be
built.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src/finetooth/detectors")
SOURCES = ("_convolutions.c", "_convolutions.h", "_transitions.c")  # as finetooth.detectors.native has them
FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=off", "-fPIC", "-shared")


class NativePart(BuildHookInterface[Any]):
    """The hook that hatchling calls before it builds a wheel, or installs the project in editable mode."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the part, and let the wheel hold it and name the platform."""
        wanted = os.environ.get("FINETOOTH_NATIVE", "")
        library = Path(self.root) / FOLDER / "_native.so"
        library.unlink(missing_ok=True)  # what is left of another build would be packed as if it were of this one
        if wanted == "0" or self.target_name != "wheel":
            return
        try:
            compile_to(library)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = getattr(error, "stderr", "") or error
            if wanted == "1":
                raise RuntimeError(f"the native part could not be built: {reason}") from error
            self.app.display_warning(f"finetooth is installed without its native part, and is slower: {reason}")
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().translate(str.maketrans('-.', '__'))}"
        build_data["artifacts"].append(library.relative_to(self.root).as_posix())


def compile_to(library: Path) -> None:
    """Compile the files beside a shared library to it.

    Raises:
        OSError: there is no compiler.
        subprocess.CalledProcessError: it failed.
    """
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    sources = [library.with_name(name) for name in SOURCES]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    unfinished = library.with_suffix(f".{os.getpid()}.so")
    try:
        subprocess.run(  # noqa: S603 - the compiler that the user, or his Python, names
            [
                *compiler,
                *shlex.split(os.environ.get("CFLAGS", "")),
                *FLAGS,
                f'-DFINETOOTH_SOURCE="{digest}"',
                *("-o", str(unfinished)),
                *(str(source) for source in sources if source.suffix == ".c"),
                *shlex.split(os.environ.get("LDFLAGS", "")),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        unfinished.replace(library)  # in one step: a process may be loading it
    finally:
        unfinished.unlink(missing_ok=True)
