"""The native part is built where there is a compiler, and finetooth is installed without it where there is none."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = "finetooth/detectors/_native.so"


@pytest.fixture
def project(tmp_path):
    """What a wheel is built from."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    skipped = shutil.ignore_patterns("__pycache__", "*.so", "models")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=skipped)
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    (tmp_path / ".gitignore").write_text("*.so\n")
    return tmp_path


def wheel(project, **environment):
    """Build a wheel; return its name, the names of the files in it and what was told meanwhile."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=project,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    built = list((project / "dist").glob("*.whl"))
    return [path.name for path in built], [zipfile.ZipFile(path).namelist() for path in built], done


def test_a_wheel_with_it_names_the_platform_and_no_python(project):
    if shutil.which("cc", path="/usr/bin:/bin") is None:
        pytest.skip("NOT TESTED: there is no C compiler")
    [name], [files], done = wheel(project, CC="cc", FINETOOTH_NATIVE="1")
    assert done.returncode == 0, done.stderr
    assert LIBRARY in files
    assert "-py3-none-" in name
    assert not name.endswith("-any.whl")


def test_without_a_compiler_a_wheel_is_built_all_the_same_and_says_so(project):
    (project / "src" / LIBRARY).write_bytes(b"of another machine")
    [name], [files], done = wheel(project, CC="no-such-compiler")
    assert name.endswith("-py3-none-any.whl")
    assert LIBRARY not in files
    assert "without its native part" in done.stderr + done.stdout


def test_whoever_wants_it_for_sure_gets_an_error(project):
    _, built, done = wheel(project, CC="no-such-compiler", FINETOOTH_NATIVE="1")
    assert not built
    assert done.returncode != 0
    assert "could not be built" in done.stderr + done.stdout


def test_it_can_be_left_out(project):
    [name], [files], _ = wheel(project, FINETOOTH_NATIVE="0")
    assert name.endswith("-any.whl")
    assert LIBRARY not in files


def test_the_sources_that_are_compiled_are_those_that_are_compared():
    from finetooth.detectors import native

    told = (ROOT / "hatch_build.py").read_text("utf-8")
    assert f"SOURCES = {native.SOURCES}".replace("'", '"') in told
    assert set(native.SOURCES) == {path.name for path in (ROOT / "src/finetooth/detectors").glob("*.[ch]")}
