"""Standard output for the report, standard error for progress and trouble; nothing else writes to either."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from finetooth.printable import printable
from finetooth.progress import Progress, silent


def tell(text: str) -> None:
    """Write to standard output. A reader that has seen enough (``| head``) changes nothing about the verdict."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain once more at its end


def complain(message: str) -> None:
    """Say on standard error what is wrong, one line for each line of the message."""
    for line in message.splitlines():
        sys.stderr.write(f"finetooth: {printable(line)}\n")


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Progress]:
    """Show progress on standard error while the work runs, where somebody watches."""
    if not shown or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, object] = {}

        def tell(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=total)
            bar.update(tasks[phase], completed=done, total=total)  # type: ignore[arg-type]

        yield tell
