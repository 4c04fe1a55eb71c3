"""Runs a composite action as GitHub's runner does, as far as this one goes.

Scripts are run by bash with the runner's own options and files; what another repository's action does is told by the
test, and what it was given is recorded. Expressions are those that the action uses: names, strings, ``== != && || !``,
and ``always()``.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|==|!=|&&|\|\||!|\(|\)|[A-Za-z_][\w.-]*)")


@dataclass
class Ran:
    """What became of an action."""

    code: int = 0
    """What the first script that failed ended with."""
    log: str = ""
    """What all of them printed."""
    outputs: dict = field(default_factory=dict)
    """The action's own."""
    used: dict = field(default_factory=dict)
    """By each step's name, what an action of another repository was given."""
    ran: list = field(default_factory=list)
    """Names of the steps that ran."""


def run(action, inputs, workspace, temporary, *, told, github=None, environment=None):
    """Run an action.

    Args:
        action: its folder.
        inputs: what the workflow gives it.
        workspace: folder that the workflow has checked out.
        temporary: the runner's own folder.
        told: outputs of steps that are not run, by their id.
        github: the ``github`` context.
        environment: of the step that uses it.
    """
    manifest = yaml.safe_load((action / "action.yml").read_text("utf-8"))
    temporary.mkdir(exist_ok=True)
    contexts = {"github": {"token": "t0ken", "run_id": "7", "run_attempt": "1", **(github or {})}, "steps": {}}
    defaults = {name: _filled(each.get("default", ""), contexts, ok=True) for name, each in manifest["inputs"].items()}
    contexts["inputs"] = defaults | inputs
    done = Ran()
    for number, step in enumerate(manifest["runs"]["steps"]):
        ok = not done.code
        if not _true(_value(step.get("if", "success()"), contexts, ok=ok)) or (
            not ok and "always()" not in step.get("if", "")
        ):
            continue
        done.ran.append(step["name"])
        outputs = told.get(step.get("id"))
        if "uses" in step:
            done.used[step["name"]] = {name: _filled(value, contexts, ok=ok) for name, value in step["with"].items()}
        elif outputs is None:
            given = {name: _filled(value, contexts, ok=ok) for name, value in step.get("env", {}).items()}
            folder = workspace / _filled(step.get("working-directory", "."), contexts, ok=ok)
            files = temporary / f"step{number}"
            code, log, outputs = _script(
                step["run"], folder, files, _environment(action, workspace, temporary) | (environment or {}) | given
            )
            done.log += log
            done.code = done.code or code
        contexts["steps"][step.get("id")] = {"outputs": outputs or {}}
    done.outputs = {name: _filled(each["value"], contexts, ok=True) for name, each in manifest["outputs"].items()}
    return done


def _environment(action, workspace, temporary):
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "GITHUB_ACTION_PATH": str(action),
        "GITHUB_REPOSITORY": "acme/data",
        "GITHUB_RUN_ID": "7",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_STEP_SUMMARY": str(temporary / "summary.md"),
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_TEMP": str(temporary),
    }


def _script(text, folder, files, environment):
    """Run a script as the runner does for ``shell: bash``; return its code, what it printed, and its outputs."""
    files.mkdir(exist_ok=True)
    (files / "script.sh").write_text(text)
    outputs = files / "outputs"
    outputs.write_text("")
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(files / "script.sh")],
        cwd=folder,
        env=environment | {"GITHUB_OUTPUT": str(outputs)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    told = dict(line.split("=", 1) for line in outputs.read_text("utf-8").splitlines())
    return ended.returncode, ended.stdout, told


def _filled(text, contexts, *, ok):
    """Return a text with its expressions evaluated."""
    return EXPRESSION.sub(lambda found: str(_value(found[1], contexts, ok=ok)), str(text))


def _value(expression, contexts, *, ok):
    tokens = _TOKEN.findall(expression)
    assert "".join(tokens) == re.sub(r"\s", "", expression), f"an expression that is not understood: {expression}"

    def either():
        left = both()
        while tokens[:1] == ["||"]:
            tokens.pop(0)
            right = both()
            left = left if _true(left) else right
        return left

    def both():
        left = compared()
        while tokens[:1] == ["&&"]:
            tokens.pop(0)
            right = compared()
            left = right if _true(left) else left
        return left

    def compared():
        left = single()
        if tokens[:1] in (["=="], ["!="]):
            same = tokens.pop(0) == "=="
            return (str(left).lower() == str(single()).lower()) == same
        return left

    def single():
        token = tokens.pop(0)
        if token == "!":
            return not _true(single())
        if token == "(":
            inner = either()
            assert tokens.pop(0) == ")"
            return inner
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if tokens[:1] == ["("]:
            del tokens[:2]
            return {"always": True, "success": ok}[token]
        found = contexts
        for part in token.split("."):
            found = found.get(part, "") if isinstance(found, dict) else ""
        return found

    value = either()
    assert not tokens, f"an expression that is not understood: {expression}"
    return value


def _true(value):
    return value not in ("", False, None)


def filled(text, contexts):
    """Return a text with its expressions evaluated, after a step that may have failed."""
    return _filled(text, contexts, ok=True)


def manifest(folder):
    """Return an action's file."""
    return yaml.safe_load((Path(folder) / "action.yml").read_text("utf-8"))
