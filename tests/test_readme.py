"""The README's way into a repository, walked from nothing as it stands there."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from checkouts import ROOT, checkout

SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"


@pytest.mark.slow
def test_a_person_who_has_only_the_readme_puts_the_gate_into_a_repository(tmp_path, git):
    source = checkout(tmp_path / "clone of finetooth")
    git(source)("add", ".")
    git(source)("commit", "-qm", "a revision")
    call = git(tmp_path / "repository")
    Path("data").mkdir()
    data = Path("data/train.jsonl")
    data.write_text(json.dumps({"instruction": "Say hi", "output": "Hi."}) + "\n")
    subprocess.run(["python3", "-m", "venv", tmp_path / "venv"], check=True)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FINETOOTH_")},
        "PATH": f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"),
        "PIP_CONSTRAINT": (source / "constraints.txt").as_uri(),
        "FINETOOTH": str(source),
    }
    [steps] = re.findall(
        r"## Put the gate into a repository.*?```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", steps], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VALID" in done.stdout

    def commit():
        call("add", "data")
        done = subprocess.run(
            ["git", "commit", "-qm", "data"], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    assert commit()[0] == 0
    with data.open("a") as file:
        file.write(json.dumps({"instruction": f"Sign in with {SECRET}", "output": "Done."}) + "\n")
    code, said = commit()
    assert code == 1
    assert "data/train.jsonl:2 instruction@13-53: ACCESS_TOKEN" in said
    assert SECRET not in said
