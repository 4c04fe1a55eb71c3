"""``finetooth``: the one place where an exception becomes an exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from finetooth.cli import hookline
from finetooth.cli.screen import complain
from finetooth.errors import FinetoothError, place

_INTERRUPTED = 130  # what typer makes of Ctrl-C


def main() -> NoReturn:
    """Run the command line, and end the process at once.

    Python would first take apart all that it holds, which takes a tenth of the time of a hook.
    """
    try:
        run()
    except SystemExit as end:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code or 0))
        raise  # what could not be written is Python's to complain about


def run() -> NoReturn:
    """Run the command line. Every exception ends in 2 or 3, never in 1 or 0, and shows no traceback."""
    # Detectors and a dataset's evidence are millions of objects that stay, which Python would go through over and over;
    # the hook's are fewer than this.
    gc.set_threshold(250_000, 50, 50)
    # A plugin of pydantic sees all that is validated, and to look for one takes as long as to validate a policy.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    sys.exit(_code())


def _code() -> int:
    try:
        hooked = hookline.read(sys.argv[1:])
        code = _typed() if hooked is None else hookline.judge(**hooked)
    except FinetoothError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - the last line of defence: a crash must never look like a verdict
        # NOTE: what libraries written in Rust raise when they panic is no Exception.
        complain(f"internal error: {place(error)}; nothing was judged. Please report it.")
        return 3
    if code == _INTERRUPTED:
        complain("interrupted; nothing was judged. What was scanned is kept: the same command goes on from there")
        return 3
    return code


def _typed() -> int:
    from typer.exceptions import TyperException  # loads what reads command lines

    from finetooth.cli.commands import app

    try:
        return int(app(standalone_mode=False) or 0)
    except TyperException as error:
        complain(f"{error.format_message()} See finetooth --help.")
        return 2


if __name__ == "__main__":
    main()
