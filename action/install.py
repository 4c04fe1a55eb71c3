"""The step of the GitHub action that installs finetooth from the action's own checkout, pinned by its constraints.

Into an environment of its own, so that the Python of the job stays as it is. Run by the Python that the environment is
to have; the standard library alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from plan import HERE, fail, tell

_SECRET: Final = ("FINETOOTH_KEY", "FINETOOTH_SIGNING_KEY")
"""What is no business of a build."""
_ALONE: Final = ("-I", "-m")
"""A module of Python's own, and never one that lies in the working directory, which is what is audited."""


def install(folder: Path, extras: str, environment: Mapping[str, str]) -> Path:
    """Install it, and return the Python that has it.

    Raises:
        subprocess.CalledProcessError: pip failed, and has said why.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, *_ALONE, "venv", str(folder)], check=True)
    told = {name: value for name, value in environment.items() if name not in _SECRET}
    # As a URL, since pip splits these variables at blanks. The second is what newer pips build by.
    pinned = (HERE / "constraints.txt").as_uri()
    what = f"{HERE}[{extras}]" if extras else str(HERE)
    subprocess.run(
        [str(python), *_ALONE, "pip", "install", "--quiet", "--disable-pip-version-check", what],
        check=True,
        env=told | {"PIP_CONSTRAINT": pinned, "PIP_BUILD_CONSTRAINT": pinned},
    )
    return python


def store(python: Path) -> str:
    """Return where finetooth keeps what it has scanned; nothing where the configuration, which decides it, is bad."""
    asked = "from pathlib import Path; from finetooth import config; print(config.find(Path.cwd()).store.absolute())"
    done = subprocess.run([str(python), "-I", "-c", asked], check=False, capture_output=True, text=True)
    return "" if done.returncode else done.stdout.strip()  # the audit says what is wrong with it


def main() -> int:
    """Install it where the plan said."""
    try:
        python = install(Path(os.environ["ENVIRONMENT"]), os.environ["EXTRAS"], os.environ)
    except subprocess.CalledProcessError as error:
        fail(f"it could not be installed (exit code {error.returncode}); nothing was judged")
        return 3
    tell({"python": str(python), "store": store(python)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
