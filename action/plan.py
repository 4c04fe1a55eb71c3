"""The first step of the GitHub action: check what it was given, and say what the other steps need to know of it.

Standard library alone: nothing is installed yet. Every input comes through the environment (``INPUT_…``), never through
the text of a script, and is data from there on.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent.parent
"""The action's own checkout, which is finetooth's repository."""
_SWITCHES: Final = ("CACHE", "COMMENT", "FAIL_ON_INCOMPLETE", "FAIL_ON_NO_GO", "UPLOAD_SARIF", "UPLOAD_REPORT")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_EXTRAS: Final = re.compile(r"[a-z]+(,[a-z]+)*")
_REMOTE: Final = ("http://", "https://")


class BadInputError(ValueError):
    """An input that makes no sense; the message says which, and what would."""


def plan(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what later steps ask for, by name.

    Raises:
        BadInputError: an input makes no sense. Nothing was judged.
    """
    for name in _SWITCHES:
        if environment.get(f"INPUT_{name}") not in ("true", "false"):
            raise BadInputError(f"{name.lower().replace('_', '-')}: say true or false")
    if not lines(environment.get("INPUT_DATA", "")):
        raise BadInputError("data: name what is to be audited, one a line")
    name = environment.get("INPUT_NAME", "")
    if not _NAME.fullmatch(name):
        raise BadInputError("name: at most 50 letters, digits, dots, dashes and underscores, a letter or digit first")
    extras = _extras(environment)
    pinned = hashlib.sha256()
    for file in ("constraints.txt", "pyproject.toml"):
        pinned.update((HERE / file).read_bytes())
    machine = f"{platform.system()}-{platform.machine()}".lower()
    keyed = bool(environment.get("FINETOOTH_KEY"))
    if not keyed:
        warn(
            "FINETOOTH_KEY is not set, so this run has a key of its own: waivers that were made with another one are "
            "refused, and alerts of code scanning are others in each run. Give it as a secret; the workflows of forks "
            "are given none."
        )
    temporary = Path(environment["RUNNER_TEMP"])
    return {
        "environment": str(temporary / "finetooth-venv"),
        "report": str(temporary / "finetooth" / name),
        "extras": extras,
        "keyed": str(keyed).lower(),
        "pip-cache": environment.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "finetooth-pip"),
        "pip-key": f"finetooth-pip-{machine}-{extras or 'scan'}-{pinned.hexdigest()[:16]}",
        "shards-key": f"finetooth-shards-{machine}-{name}-",
    }


def lines(text: str) -> list[str]:
    """Return the lines of an input that are not blank, so that a name may hold anything but a line end."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _extras(environment: Mapping[str, str]) -> str:
    named = environment.get("INPUT_EXTRAS", "").replace(" ", "")
    if named:
        if not _EXTRAS.fullmatch(named):
            raise BadInputError("extras: names of finetooth's extras, separated by commas, such as probe,fr")
        return named
    models = (environment.get("INPUT_MODEL", ""), environment.get("INPUT_BASE", ""))
    local = any(model and not model.startswith(_REMOTE) for model in models)
    return "probe" if local else ""


def tell(outputs: Mapping[str, str]) -> None:
    """Hand outputs on to the runner. None of them may hold a line end, which would begin another output."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        for name, value in outputs.items():
            if "\n" in value or "\r" in value:
                raise BadInputError(f"{name}: has a line end")
            file.write(f"{name}={value}\n")


def warn(message: str) -> None:
    """Show a warning on the page of the run."""
    _command("warning", message)


def fail(message: str) -> None:
    """Show on the page of the run why it fails."""
    _command("error", message)


def _command(kind: str, message: str) -> None:
    told = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{kind} title=finetooth::{told}", flush=True)


def main() -> int:
    """Plan, or say on the page of the run why not."""
    try:
        tell(plan(os.environ))
    except BadInputError as error:
        fail(str(error))
        tell({"exit-code": "2"})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
