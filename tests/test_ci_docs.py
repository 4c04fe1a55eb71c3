"""What docs/ci.md tells people to paste is run, as it stands there."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

import actionrunner
from checkouts import ROOT, checkout

PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
GITHUB, GITLAB = (yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml")
[JENKINS] = [text for kind, text in BLOCKS if kind == "groovy"]
KEY = base64.b64encode(b"k" * 32).decode()
SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"


def chat(text):
    return json.dumps({"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]}) + "\n"


@pytest.fixture(scope="session")
def index(tmp_path_factory):
    """A folder of packages that has finetooth, as the registry has it, and nothing that it needs."""
    folder = tmp_path_factory.mktemp("index")
    source = checkout(folder / "source")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, env=os.environ | {"FINETOOTH_NATIVE": "0"})
    return folder


@pytest.fixture
def shell(tmp_path, index):
    """Return a function that runs a line as CI does, where `pip` installs finetooth alone and finds the rest here."""
    venv = tmp_path / "image"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    [libraries] = {str(Path(path)) for path in sys.path if path.endswith("site-packages")}
    work = tmp_path / "work"
    (work / "data").mkdir(parents=True)
    environment = {
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": os.environ["HOME"],
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_NO_DEPS": "1",
        "FINETOOTH_KEY": KEY,
    }

    def run(line, **more):
        # What finetooth needs is not installed anew. pip must not see it: finetooth itself is there too.
        lent = {} if "pip install" in line else {"PYTHONPATH": libraries}
        return subprocess.run(
            ["bash", "-c", line],
            cwd=work,
            env=environment | lent | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    run.work = work
    return run


def validated(kind, text, tmp_path):
    file = tmp_path / "file.yml"
    file.write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", kind, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def block(first):
    [text] = [text for _, text in BLOCKS if text.startswith(first)]
    return text


def test_every_block_is_one_that_is_tested():
    assert [kind for kind, _ in BLOCKS] == ["yaml", "yaml", "groovy"]


def test_the_workflow_is_what_github_takes_and_what_the_action_takes(tmp_path):
    validated("vendor.github-workflows", block("name: data"), tmp_path)
    manifest = actionrunner.manifest(ROOT)
    [step] = [step for step in GITHUB["jobs"]["finetooth"]["steps"] if "finetooth@" in step.get("uses", "")]
    assert set(step["with"]) <= set(manifest["inputs"])
    assert {name for name, each in manifest["inputs"].items() if each.get("required")} <= set(step["with"])


def test_every_input_and_output_of_the_action_is_told():
    manifest = actionrunner.manifest(ROOT)
    part = PAGE[PAGE.index("| input |") : PAGE.index("A [passport]")]
    first = [row.split("|")[1] for row in part.splitlines() if "|" in row]
    told = {name for cell in first for name in re.findall(r"`([a-z-]+)`", cell)}
    assert told == set(manifest["inputs"]) | set(manifest["outputs"])
    defaults = {str(each.get("default", "")) for each in manifest["inputs"].values()} - {"", "${{ github.token }}"}
    assert {value for value in defaults if f"`{value}`" in part or value == "3.12"} == defaults


@pytest.mark.parametrize(("text", "code", "decision"), [("Hold the key.", 0, "GO"), (f"Use {SECRET}.", 1, "NO-GO")])
def test_the_workflow_runs(tmp_path, text, code, decision):
    [uses, then] = [step for step in GITHUB["jobs"]["finetooth"]["steps"] if "checkout" not in step.get("uses", "")]
    work = tmp_path / "work"
    (work / "data").mkdir(parents=True)
    for name in ("train", "eval"):
        (work / "data" / f"{name}.jsonl").write_text(chat(text))
    done = actionrunner.run(
        ROOT,
        uses["with"],
        work,
        tmp_path / "runner",
        told={"python": {"python-path": sys.executable}, "install": {"python": sys.executable, "store": ""}},
        environment={"FINETOOTH_KEY": KEY},
    )
    assert (done.code, done.outputs["decision"]) == (code, decision), done.log
    contexts = {"steps": {uses["id"]: {"outputs": done.outputs}}}
    given = {name: actionrunner.filled(value, contexts) for name, value in then["env"].items()}
    said = subprocess.run(["bash", "-ec", then["run"]], env=given, capture_output=True, text=True, check=True).stdout
    assert said == f"finetooth said '{decision}', exit code {code}; its report is in {done.outputs['report']}\n"


def test_the_gitlab_job_is_what_gitlab_takes(tmp_path):
    validated("vendor.gitlab-ci", block("finetooth:"), tmp_path)


@pytest.mark.parametrize(("text", "code"), [("Hold the key for ten seconds.", 0), (f"Use {SECRET}.", 1)])
def test_the_gitlab_job_runs_and_leaves_what_it_promises(shell, text, code):
    (shell.work / "data" / "train.jsonl").write_text(chat(text))
    job = GITLAB["finetooth"]
    cache = {name: value.replace("$CI_PROJECT_DIR", str(shell.work)) for name, value in job["variables"].items()}
    for line in job["before_script"]:
        done = shell(line, **cache)
        assert done.returncode == 0, done.stdout
    [line] = job["script"]
    done = shell(line, **cache)
    assert done.returncode == code, done.stdout
    for path in job["artifacts"]["paths"]:
        assert (shell.work / path).is_dir()
    assert (shell.work / ".finetooth" / "shards").is_dir()
    assert not (shell.work / ".finetooth" / "key").exists()
    quality = json.loads((shell.work / job["artifacts"]["reports"]["codequality"]).read_text("utf-8"))
    tests = ElementTree.parse(shell.work / job["artifacts"]["reports"]["junit"])
    assert bool(quality) == bool(code)
    assert bool(list(tests.iter("failure"))) == bool(code)


@pytest.mark.parametrize(("text", "code"), [("Hold the key for ten seconds.", 0), (f"Use {SECRET}.", 1)])
def test_the_jenkins_stage_runs_and_leaves_what_it_promises(shell, text, code):
    (shell.work / "data" / "train.jsonl").write_text(chat(text))
    *before, last = re.findall(r"^\s*sh '(.*)'$", JENKINS, re.MULTILINE)
    assert len(before) == 2
    for line in before:
        done = shell(line)
        assert done.returncode == 0, done.stdout
    done = shell(last)
    assert done.returncode == code, done.stdout
    [junit] = re.findall(r"junit testResults: '(.*?)'", JENKINS)
    assert bool(list(ElementTree.parse(shell.work / junit).iter("failure"))) == bool(code)
    [kept] = re.findall(r"archiveArtifacts artifacts: '(.*?)'", JENKINS)
    assert {"report.html", "report.junit.xml", "report.json"} <= {path.name for path in shell.work.glob(kept)}


def test_the_jenkinsfile_is_balanced_and_names_its_key():
    assert JENKINS.count("{") == JENKINS.count("}")
    assert "FINETOOTH_KEY = credentials(" in JENKINS


def test_a_key_is_made_as_it_is_told():
    [line] = re.findall(r"`(openssl .*?)`", PAGE)
    from finetooth.redaction import FingerprintKey

    FingerprintKey.from_base64(subprocess.run(line.split(), capture_output=True, text=True, check=True).stdout.strip())
