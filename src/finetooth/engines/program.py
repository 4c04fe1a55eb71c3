"""A program of this package in a process of its own, whose owner talks to it through pipes.

It is started anew and not forked, so that no thread or lock of its owner is copied into it, and a script that calls
finetooth is not run again.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from typing import BinaryIO

from finetooth.keyfile import VARIABLE


def cores() -> int:
    """Return how many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start(module: str) -> subprocess.Popen[bytes]:
    """Start ``python -P -m module``, with pipes as its standard input and output."""
    # The key goes through the pipe, with the plan: an environment is shown by many a tool, and is inherited.
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(  # noqa: S603 - a module of this package
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # One thread each, or as many workers as there are cores would each start as many threads.
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **inherited, "PYTHONPATH": paths},
        start_new_session=True,  # Ctrl-C is for the owner, who ends it in order
    )


def why(process: subprocess.Popen[bytes]) -> str:
    """Return why a process ended, once it has."""
    code = process.wait()
    return f"killed by {signal.strsignal(-code) or -code}" if code < 0 else f"ended with {code}"


def alone() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output, and put nothing in their place, where libraries look for them.

    What libraries print, and what they log to standard error, may quote the data, so it goes nowhere; neither does what
    the memory of a process that crashes holds.
    """
    orders, out = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return orders, out
