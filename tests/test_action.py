"""The GitHub action: its file as GitHub wants it, and its scripts run as GitHub's runner runs them."""

import base64
import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import actionrunner
from actionrunner import EXPRESSION
from checkouts import ROOT, checkout
from finetooth.formats.markdown import MARKER

SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
KEY = {"FINETOOTH_KEY": base64.b64encode(b"k" * 32).decode()}
MANIFEST = actionrunner.manifest(ROOT)
STEPS = MANIFEST["runs"]["steps"]
PULL_REQUEST = {"event_name": "pull_request", "event": {"pull_request": {"number": 12, "head": {"sha": "5ea1" * 10}}}}


def chat(text):
    return json.dumps({"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]}) + "\n"


CLEAN, LEAKY = chat("Hold the key for ten seconds."), chat(f"Sign in with {SECRET} please.")


@pytest.fixture
def act(tmp_path):
    """Return a function that runs the action over a file, in the environment of the tests."""
    workspace, temporary = tmp_path / "workspace", tmp_path / "runner"
    workspace.mkdir()
    told = {
        "python": {"python-path": sys.executable},
        "install": {"python": sys.executable, "store": str(workspace / ".finetooth" / "shards")},
    }

    def run(text=CLEAN, *, github=None, environment=KEY, without=(), **inputs):
        (workspace / "train.jsonl").write_text(text)
        given = {"data": "train.jsonl", "policy": "secrets-only", "comment": "false"}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        outputs = {name: each for name, each in told.items() if name not in without}
        return actionrunner.run(ROOT, given, workspace, temporary, told=outputs, github=github, environment=environment)

    def install(script):
        """Put another finetooth in the place of this one."""
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "python").symlink_to(sys.executable)
        (folder / "finetooth").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "finetooth").chmod(0o700)
        told["install"]["python"] = str(folder / "python")

    run.workspace, run.temporary, run.install = workspace, temporary, install
    return run


def summary(act):
    return (act.temporary / "summary.md").read_text("utf-8")


# The file


def test_it_is_what_github_takes():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    done = subprocess.run([*command, str(ROOT / "action.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_script_is_written_by_an_input():
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert scripts
    assert not [script for script in scripts if EXPRESSION.search(script) or "${{" in script]
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


def test_what_is_more_than_a_line_of_shell_is_elsewhere():
    assert all(len(step["run"].strip().splitlines()) == 1 for step in STEPS if "run" in step)


def test_actions_of_others_are_pinned_to_a_major_version():
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"(actions|github)/[a-z/-]+@v\d+", each) for each in used)


def test_every_input_is_used_and_every_name_that_is_used_exists():
    text = (ROOT / "action.yml").read_text("utf-8")
    expressions = [*EXPRESSION.findall(text), *(str(step.get("if", "")) for step in STEPS)]
    told = " ".join(expressions)
    assert set(re.findall(r"inputs\.([\w-]+)", told)) == set(MANIFEST["inputs"])
    ids = {step["id"]: step for step in STEPS if "id" in step}
    assert set(re.findall(r"steps\.([\w-]+)\.", told)) <= set(ids)


# What it does


def test_clean_data_passes(act):
    done = act()
    assert (done.code, done.outputs["decision"], done.outputs["exit-code"]) == (0, "GO", "0")
    assert "finetooth: GO" in summary(act)
    report = Path(done.outputs["report"])
    assert {"report.json", "report.sarif", "report.md", "report.html"} <= {path.name for path in report.iterdir()}
    assert done.used["Upload to code scanning"] == {"sarif_file": str(report / "report.sarif"), "category": "finetooth"}
    assert done.used["Keep the report"]["path"] == str(report)
    assert "Comment on the pull request" not in done.ran
    assert not list(act.workspace.glob("*report*"))


def test_a_planted_key_fails_the_job_after_all_is_uploaded(act):
    done = act(CLEAN + LEAKY)
    assert (done.code, done.outputs["decision"], done.outputs["exit-code"]) == (1, "NO-GO", "1")
    assert done.ran[-4:] == ["Keep what was scanned", "Upload to code scanning", "Keep the report", "Verdict"]
    assert "finetooth: NO-GO" in summary(act)
    assert "::error title=finetooth::NO-GO" in done.log
    said = done.log + "".join(path.read_text("utf-8") for path in act.temporary.rglob("*") if path.is_file())
    assert "ACCESS_TOKEN" in said
    assert SECRET[6:14] not in said
    assert KEY["FINETOOTH_KEY"] not in said


def test_a_bad_line_is_incomplete(act):
    done = act(CLEAN + "{broken\n")
    assert (done.code, done.outputs["decision"], done.outputs["exit-code"]) == (3, "INCOMPLETE", "3")
    assert "finetooth: INCOMPLETE" in summary(act)


@pytest.mark.parametrize(
    ("text", "forgiven", "code"),
    [
        (CLEAN + LEAKY, {"fail_on_no_go": "false"}, 0),
        (CLEAN + LEAKY, {"fail_on_incomplete": "false"}, 1),
        ("{broken\n", {"fail_on_incomplete": "false"}, 0),
        ("{broken\n", {"fail_on_no_go": "false"}, 3),
    ],
)
def test_a_verdict_can_be_forgiven_and_is_told_all_the_same(act, text, forgiven, code):
    done = act(text, **forgiven)
    assert done.code == code
    assert done.outputs["decision"] != "GO"
    assert ("which this workflow lets pass" in done.log) == (code == 0)


@pytest.mark.parametrize("wrong", [{"data": "none.jsonl"}, {"policy": "standrad"}, {"args": "--no-such-option"}])
def test_that_nothing_was_judged_is_never_forgiven(act, wrong):
    done = act(fail_on_no_go="false", fail_on_incomplete="false", **wrong)
    assert (done.code, done.outputs["decision"], done.outputs["exit-code"]) == (2, "", "2")
    assert done.outputs["report"] == ""
    assert "nothing was judged" in summary(act)
    assert not {"Upload to code scanning", "Keep the report"} & set(done.ran)


def test_no_verdict_of_an_earlier_audit_is_taken_for_this_one(act):
    assert act().outputs["decision"] == "GO"
    assert act(data="none.jsonl").outputs["decision"] == ""


def test_a_passport_is_named_where_there_is_one(act):
    outputs = act().outputs
    assert outputs["passport"] == f"{outputs['report']}/passport.json"
    assert Path(outputs["passport"]).is_file()
    assert act(LEAKY).outputs["passport"] == ""


@pytest.mark.parametrize("ending", ["kill -9 $$", "exit 3", "exit 77", "exit 127"])
def test_what_was_ended_from_outside_is_incomplete_and_never_forgiven(act, ending):
    act.install(ending)
    done = act(fail_on_no_go="false", fail_on_incomplete="false")
    assert (done.code, done.outputs["decision"], done.outputs["exit-code"]) == (3, "", "3")


def test_several_inputs_are_lines_and_nothing_in_them_is_a_command(act):
    names = [
        "with blank.jsonl",
        "--policy=none.jsonl",
        "$(touch pwned).jsonl",
        "a;touch pwned.jsonl",
        '"`touch pwned`.jsonl',
    ]
    for name in names:
        (act.workspace / name).write_text(CLEAN)
    done = act(data="\n".join([*names, ""]))
    assert done.outputs["decision"] == "GO"
    told = json.loads((Path(done.outputs["report"]) / "report.json").read_text("utf-8"))
    assert [each["path"] for each in told["scan"]["inputs"]] == names
    assert not list(act.workspace.glob("pwned*"))


@pytest.mark.parametrize("where", ["policy", "waivers", "model", "base", "args", "extras", "name", "comment", "cache"])
def test_no_input_is_ever_run(act, where):
    done = act(**{where: "\"; touch pwned; $(touch pwned) `touch pwned` '; touch pwned; #"})
    assert done.code in (2, 3)
    assert not list(act.workspace.parent.rglob("pwned*"))


def test_a_file_that_is_called_as_a_command_to_the_runner_gives_none(act):
    name = "::add-mask::GO.jsonl"
    (act.workspace / name).write_text("{broken\n")
    done = act(data=name)
    lines = done.log.splitlines()
    [token] = [line.removeprefix("::stop-commands::") for line in lines if line.startswith("::stop-commands::")]
    assert len(token) == 32
    obeyed = lines[: lines.index(f"::stop-commands::{token}")] + lines[lines.index(f"::{token}::") + 1 :]
    assert name in done.log
    assert not [line for line in obeyed if "add-mask" in line]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"data": " \n"}, "data: name what is to be audited"),
        ({"fail_on_no_go": "no"}, "fail-on-no-go: say true or false"),
        ({"name": "../../etc"}, "name: at most 50"),
        ({"name": "a\nreport=/etc"}, "name: at most 50"),
        ({"extras": "probe],evil"}, "extras: names of"),
    ],
)
def test_inputs_that_make_no_sense_end_it_before_anything_is_installed(act, inputs, message):
    done = act(**inputs)
    assert done.code == 2
    assert message in done.log
    assert "Install finetooth" not in done.ran
    assert done.ran[-1] == "Verdict"
    assert (done.outputs["exit-code"], done.outputs["decision"]) == ("2", "")


def test_what_cannot_be_installed_ends_it_as_incomplete(act):
    (act.temporary / "finetooth-venv" / "bin").mkdir(parents=True)
    (act.temporary / "finetooth-venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")  # whose pip fails
    (act.temporary / "finetooth-venv" / "bin" / "python").chmod(0o700)
    done = act(without=("install",))
    assert "it could not be installed (exit code 1)" in done.log
    assert done.code == 3
    assert (done.outputs["exit-code"], done.outputs["decision"]) == ("3", "")


@pytest.mark.parametrize(
    ("inputs", "extras"),
    [
        ({}, "scan"),
        ({"model": "https://host/v1#tuned"}, "scan"),
        ({"model": "out/"}, "probe"),
        ({"model": "https://host/v1#tuned", "base": "base.gguf"}, "probe"),
        ({"model": "out/", "extras": "probe, fr"}, "probe,fr"),
    ],
)
def test_what_probes_is_installed_where_a_model_is_local(act, inputs, extras):
    restored = act(data="none.jsonl", **inputs).used["Restore packages"]
    assert f"-{extras}-" in restored["key"]
    assert restored["path"] == str(Path.home() / ".cache" / "finetooth-pip")


def test_what_was_scanned_is_kept_only_under_a_key_and_never_with_it(act):
    done = act()
    kept, restored = done.used["Keep what was scanned"], done.used["Restore what was scanned"]
    assert kept["path"] == restored["path"] == str(act.workspace / ".finetooth" / "shards")
    assert Path(kept["path"]).is_dir()
    assert kept["key"] == restored["key"]
    assert kept["key"].startswith(restored["restore-keys"])
    done = act(environment={})
    assert "FINETOOTH_KEY is not set" in done.log
    assert "Keep what was scanned" not in done.ran
    assert (act.workspace / ".finetooth" / "key").exists()


def test_paths_and_configuration_are_of_the_working_directory(act):
    inner = act.workspace / "inner"
    inner.mkdir()
    (inner / "finetooth.toml").write_text('policy = "ours.yaml"\n')
    policy = subprocess.run(
        [sys.executable, "-m", "finetooth.cli.main", "policy", "show", "secrets-only"], capture_output=True, check=True
    ).stdout
    (inner / "ours.yaml").write_bytes(policy.replace(b"name: secrets-only", b"name: ours"))
    (inner / "data.jsonl").write_text(CLEAN)
    done = act(data="data.jsonl", policy="", working_directory="inner")
    assert done.outputs["decision"] == "GO"
    assert "`ours`" in summary(act)


def test_code_scanning_is_told_places_from_the_top_of_the_repository(act):
    (act.workspace / "in ner").mkdir()
    (act.workspace / "in ner" / "leaky data.jsonl").write_text(LEAKY)

    def places(**inputs):
        done = act(LEAKY, **inputs)
        text = Path(done.used["Upload to code scanning"]["sarif_file"]).read_text("utf-8")
        return set(re.findall(r'"uri": "([^"]*jsonl)"', text))

    assert places() == {"train.jsonl"}
    inner = places(data="leaky data.jsonl\n../train.jsonl", working_directory="in ner")
    assert inner == {"in%20ner/leaky%20data.jsonl", "train.jsonl"}


def test_where_scans_are_kept_is_asked_of_the_finetooth_that_is_installed(tmp_path, monkeypatch):
    import install

    monkeypatch.chdir(tmp_path)
    assert install.store(Path(sys.executable)) == str(tmp_path / ".finetooth" / "shards")
    (tmp_path / "finetooth.toml").write_text("[what is this")
    assert install.store(Path(sys.executable)) == ""


# The comment


class FakeGitHub:
    """GitHub's API as the comment needs it: a pull request's comments, a few a page, and who wrote them."""

    def __init__(self, comments=(), *, status=200, errors=None):
        self.comments = [
            {"id": f"c{n}", "body": body, "viewerDidAuthor": own} for n, (body, own) in enumerate(comments)
        ]
        self.asked = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.asked.append((self.headers["Authorization"], asked["variables"]))
                told = {"errors": errors} if errors else {"data": fake.answer(asked["query"], asked["variables"])}
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/graphql"

    def answer(self, query, given):
        if "updateIssueComment" in query:
            [found] = [each for each in self.comments if each["id"] == given["id"]]
            found["body"] = given["body"]
            return {"updateIssueComment": {"clientMutationId": None}}
        if "addComment" in query:
            assert given["subject"] == "PR12"
            self.comments.append({"id": f"c{len(self.comments)}", "body": given["body"], "viewerDidAuthor": True})
            return {"addComment": {"clientMutationId": None}}
        assert (given["owner"], given["name"], given["number"]) == ("acme", "data", 12)
        first = int(given["after"] or 0)
        page = {"hasNextPage": first + 2 < len(self.comments), "endCursor": str(first + 2)}
        comments = {"nodes": self.comments[first : first + 2], "pageInfo": page}
        return {"repository": {"pullRequest": {"id": "PR12", "comments": comments}}}


@pytest.fixture
def github():
    """Return a function that makes a GitHub."""
    made = []

    def make(*comments, **answers):
        made.append(FakeGitHub(comments, **answers))
        return made[-1]

    yield make
    for each in made:
        each.server.shutdown()
        each.server.server_close()


def commented(act, there, text=CLEAN, **inputs):
    environment = KEY | {"GITHUB_GRAPHQL_URL": there.url}
    return act(text, comment="true", github=PULL_REQUEST, environment=environment, **inputs)


def test_a_pull_request_is_commented_once_and_then_the_comment_is_changed(act, github):
    there = github(("Nice.", False), ("Thanks.", True), ("Sure?", False))
    commented(act, there, CLEAN + LEAKY)
    assert len(there.comments) == 4
    body = there.comments[3]["body"]
    assert body.startswith(f"{MARKER}\n## ⛔ finetooth: NO-GO\n")
    assert "5ea15ea15ea1" in body
    assert "https://github.example/acme/data/actions/runs/7" in body
    assert {token for token, _ in there.asked} == {"Bearer t0ken"}
    commented(act, there, CLEAN)
    assert len(there.comments) == 4
    assert there.comments[3]["body"].startswith(f"{MARKER}\n## ✅ finetooth: GO\n")


def test_the_comment_of_somebody_else_is_left_alone_whatever_it_begins_with(act, github):
    there = github((f"{MARKER}\n## ✅ finetooth: GO", False))
    commented(act, there, CLEAN + LEAKY)
    assert there.comments[0]["body"] == f"{MARKER}\n## ✅ finetooth: GO"
    assert "NO-GO" in there.comments[1]["body"]


def test_each_audit_has_a_comment_of_its_own(act, github):
    there = github()
    commented(act, there)
    commented(act, there, name="held-out")
    commented(act, there, name="held-out")
    assert [each["body"].splitlines()[0] for each in there.comments] == [MARKER, "<!-- finetooth held-out -->"]


def test_no_verdict_is_left_standing_where_nothing_was_judged(act, github):
    there = github()
    commented(act, there)
    done = commented(act, there, data="none.jsonl")
    assert done.code == 2
    [comment] = there.comments
    assert "nothing was judged" in comment["body"]
    assert "GO\n" not in comment["body"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"status": 403}, "GitHub answered 403"),
        ({"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}, "GitHub answered FORBIDDEN"),
    ],
)
def test_that_nobody_could_be_told_changes_no_verdict(act, github, answers, said):
    there = github(**answers)
    for text, code in ((CLEAN, 0), (CLEAN + LEAKY, 1)):
        done = commented(act, there, text)
        assert done.code == code
        assert f"::warning title=finetooth::the pull request was not commented: {said}" in done.log
    assert not there.comments


@pytest.mark.parametrize("event", ["push", "pull_request_target", "schedule"])
def test_nothing_but_a_pull_request_is_commented(act, github, event):
    there = github()
    act(
        comment="true", github=PULL_REQUEST | {"event_name": event}, environment=KEY | {"GITHUB_GRAPHQL_URL": there.url}
    )
    assert not there.asked


# All of it


@pytest.mark.slow
def test_it_installs_finetooth_beside_the_job_and_audits(tmp_path):
    action, workspace = checkout(tmp_path / "action"), tmp_path / "work space"
    workspace.mkdir()
    (workspace / "pip.py").write_text("raise SystemExit('code of what is audited was run')\n")
    (workspace / "clean.jsonl").write_text(CLEAN)
    (workspace / "leaky.jsonl").write_text(CLEAN + LEAKY)
    told = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    cache = told.stdout.strip() or str(tmp_path / "cache")  # a gigabyte need not be fetched once more
    for name, decision, code in (("clean", "GO", 0), ("leaky", "NO-GO", 1)):
        done = actionrunner.run(
            action,
            {"data": f"{name}.jsonl", "comment": "false"},
            workspace,
            tmp_path / "runner",
            told={"python": {"python-path": sys.executable}},
            environment=KEY | {"PIP_CACHE_DIR": cache},
        )
        assert (done.code, done.outputs["decision"]) == (code, decision), done.log
        assert done.used["Keep packages"]["path"] == cache
        assert done.used["Keep what was scanned"]["path"] == str(workspace / ".finetooth" / "shards")
    python = tmp_path / "runner" / "finetooth-venv" / "bin" / "python"
    frozen = subprocess.run(
        [str(python), "-I", "-m", "pip", "freeze"], capture_output=True, text=True, check=True
    ).stdout
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    installed = dict(line.split("==") for line in frozen.splitlines() if "==" in line)
    assert len(installed) > 50
    assert {name: pins.get(name.lower().replace("_", "-")) for name in installed} == installed
