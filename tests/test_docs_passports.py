"""The commands of docs/passports.md are run as they stand there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "passports.md"


def test_its_commands_do_what_it_says(tmp_path):
    (tmp_path / "train.jsonl").write_text(json.dumps({"text": "How do I reset it?"}) + "\n")
    first, signed = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", first + signed],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("VALID") == 3
    assert "signed with key" in done.stdout


def test_its_python_does_what_it_says(tmp_path, monkeypatch):
    (tmp_path / "train.jsonl").write_text(json.dumps({"text": "How do I reset it?"}) + "\n")
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    dataset = [{"text": "How do I reset it?"}]
    exec(compile(code, str(PAGE), "exec"), {"dataset": dataset})
