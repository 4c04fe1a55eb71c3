"""The commands and the programs of docs/training.md are run one after another as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from finetooth import policyfile

TOP = Path(__file__).parents[1]
PAGE = (TOP / "docs" / "training.md").read_text("utf-8")
RELEASED = """
trainer = SFTTrainer("base", SFTConfig("out", max_steps=1, bf16=False), train_dataset=dataset, callbacks=[gate])
trainer.train()
"""


@pytest.mark.slow
def test_its_commands_and_programs_do_what_it_says(tmp_path):
    lines = (TOP / "sample_data" / "clean_chat.jsonl").read_text("utf-8").splitlines(keepends=True)[:12]
    (tmp_path / "train.jsonl").write_text("".join(lines))
    shutil.copytree(TOP / "sample_data" / "models" / "base", tmp_path / "base")
    requirements = policyfile.shipped()["secrets-only"].partition("release:")[0]
    release = "release:\n  - {id: no-leaks, metric: attributable_leaks, at_most: 0}\n"
    (tmp_path / "ours.yaml").write_text(requirements + release)
    (tmp_path / "finetooth.toml").write_text('policy = "ours.yaml"\n')
    commands = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    programs = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert (len(commands), len(programs)) == (2, 5)
    (tmp_path / "program.py").write_text("\n".join([*programs, RELEASED]))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
    }
    for command in (commands[0], "python program.py", commands[1]):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("VALID")
