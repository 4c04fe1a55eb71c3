"""A copy of what finetooth is installed from, since a build writes its native part between the sources."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = (
    ".pre-commit-hooks.yaml",
    "LICENSE",
    "README.md",
    "action.yml",
    "constraints.txt",
    "hatch_build.py",
    "pyproject.toml",
)
FOLDERS = ("action", "policies", "src")


def checkout(folder):
    """Fill a new folder with the working tree, as a clone of it would be filled; return it."""
    folder.mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    (folder / ".gitignore").write_text("*.so\n__pycache__/\n")
    return folder
