"""The step of the GitHub action that audits, hands on what came of it, and never fails by itself.

The steps after it upload and comment; the last one ends with the ``status`` that is told here.
"""

from __future__ import annotations

import json
import os
import posixpath
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from plan import fail, lines, tell, warn

_DECISIONS: Final = ("GO", "NO-GO", "INCOMPLETE")
_GO, _NO_GO, _USAGE, _INCOMPLETE = range(4)
_FORMATS: Final = ("sarif", "markdown", "html")


def command(environment: Mapping[str, str]) -> list[str]:
    """Return the command line. What begins with a dash is an option only where ``args`` has it."""
    line = [str(Path(environment["PYTHON"]).with_name("finetooth")), "audit", "--no-progress"]
    line += [f"--format={each}" for each in _FORMATS]
    for name in ("model", "base", "policy", "waivers"):
        if value := environment.get(f"INPUT_{name.upper()}", "").strip():
            line.append(f"--{name}={value}")
    line += lines(environment.get("INPUT_ARGS", ""))
    return [*line, f"--out={environment['REPORT']}", "--", *lines(environment["INPUT_DATA"])]


def audited(line: list[str]) -> int:
    """Run it, and return its exit code; a code that finetooth does not have means that it was ended from outside.

    What it prints names files of the data, and a file may be called as a command to the runner is: so none is obeyed
    meanwhile.
    """
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        code = subprocess.run(line, check=False).returncode
    finally:
        print(f"\n::{token}::", flush=True)
    return code if code in range(4) else _INCOMPLETE


def decision(report: Path) -> str:
    """Return the verdict that a run's folder holds; nothing where there is none."""
    try:
        told = json.loads((report / "report.json").read_bytes())["verdict"]["decision"]
    except FileNotFoundError:
        return ""
    if told not in _DECISIONS:
        raise ValueError(f"{report}: report.json has no verdict")
    return str(told)


def status(code: int, verdict: str, environment: Mapping[str, str]) -> int:
    """Return what the job ends with. A verdict can be forgiven; that there is none, never."""
    if code == _NO_GO and verdict == "NO-GO" and environment["INPUT_FAIL_ON_NO_GO"] == "false":
        return _GO
    if code == _INCOMPLETE and verdict == "INCOMPLETE" and environment["INPUT_FAIL_ON_INCOMPLETE"] == "false":
        return _GO
    return code


def summary(report: Path, code: int) -> str:
    """Return what the page of the run shows."""
    comment = report / "report.md"
    if comment.is_file():
        return comment.read_text(encoding="utf-8")
    return f"## ⚠️ finetooth: nothing was judged\n\nIt ended with exit code {code}; the log of this step says why.\n"


def place(sarif: Path, workspace: Path) -> None:
    """Let paths start from the top of the repository, as code scanning takes them, wherever finetooth was run."""
    try:
        here = quote(Path.cwd().resolve().relative_to(workspace.resolve()).as_posix())
    except ValueError:  # elsewhere, so nothing there is the repository's
        return

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("uriBaseId") == "%SRCROOT%":
            return value | {"uri": posixpath.normpath(f"{here}/{value['uri']}")}
        return {name: moved(each) for name, each in value.items()}

    if here != ".":
        sarif.write_text(json.dumps(moved(json.loads(sarif.read_bytes()))), encoding="utf-8")


def main() -> int:
    """Audit, and tell what came of it."""
    report = Path(os.environ["REPORT"])
    shutil.rmtree(report, ignore_errors=True)  # an earlier run of this job may have left another verdict there
    report.parent.mkdir(parents=True, exist_ok=True)
    code = audited(command(os.environ))
    verdict = decision(report)
    ends = status(code, verdict, os.environ)
    with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as file:
        file.write(summary(report, code))
    there = {"report": report, "sarif": report / "report.sarif", "passport": report / "passport.json"}
    if there["sarif"].exists():
        place(there["sarif"], Path(os.environ["GITHUB_WORKSPACE"]))
    tell(
        {"decision": verdict, "exit-code": str(code), "status": str(ends)}
        | {name: str(path) if path.exists() else "" for name, path in there.items()}
    )
    if ends:
        fail(f"{verdict or 'nothing was judged'}; the summary of the run says why")
    elif verdict != "GO":
        warn(f"{verdict}, which this workflow lets pass")
    return 0


if __name__ == "__main__":
    sys.exit(main())
