"""``finetooth report``: rendering again, and what differs between two runs."""

import shutil
from pathlib import Path

import pytest
from reports import REPORTS

from finetooth import api
from finetooth.formats.registry import FORMATS


@pytest.fixture
def saved(run):
    """Return a function that leaves the folder of a run of this name."""

    def save(name, formats=(), folder=None):
        api.save(REPORTS[name], Path(folder or name), formats)

    return save


def test_a_run_writes_every_format_that_is_named(run, tmp_path):
    (tmp_path / "train.jsonl").write_text('{"text": "How do I reset it?"}\n')
    named = [word for name in FORMATS for word in ("--format", name)]
    assert run("scan", "train.jsonl", "--policy", "secrets-only", "-o", "out", *named)[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("evidence.json", "findings.jsonl", "passport.json"),
        *(each.file for each in FORMATS.values()),
    }


def test_a_page_is_written_and_not_printed_by_a_run(run, tmp_path):
    (tmp_path / "train.jsonl").write_text('{"text": "How do I reset it?"}\n')
    code, out, _ = run("scan", "train.jsonl", "--policy", "secrets-only", "-o", "out", "--format", "html")
    assert code == 0
    assert out.startswith(" GO ")
    assert "<html" not in out
    assert (tmp_path / "out" / "report.html").exists()


def test_all_is_listed_where_that_is_asked_for(run, tmp_path):
    (tmp_path / "train.jsonl").write_text('{"text": "How do I reset it?"}\n' + "{\n" * 12)
    code, short, _ = run("scan", "train.jsonl", "--policy", "secrets-only", "-o", "out")
    assert code == 3
    assert "and 2 more, see report.json" in short
    _, long, _ = run("scan", "train.jsonl", "--policy", "secrets-only", "-o", "out", "-v")
    assert long.count("train.jsonl:") == short.count("train.jsonl:") + 2
    assert "more, see report.json" not in long
    assert run("report", "out", "--verbose")[1] == long


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"text"}))
def test_a_format_is_rendered_again_from_evidence(saved, run, tmp_path, name):
    saved("attacked", [name])
    code, again, _ = run("report", "attacked", "--format", name)
    assert code == 0
    assert again == (tmp_path / "attacked" / FORMATS[name].file).read_text()


def test_without_a_format_the_screen_is_shown(saved, run):
    saved("attacked")
    code, out, _ = run("report", "attacked")
    assert code == 0
    assert out.startswith(" NO-GO ")


def test_several_formats_are_written_beside_the_evidence_and_leave_the_others(saved, run, tmp_path):
    saved("attacked", ["text"])
    code, out, _ = run("report", "attacked", "--format", "html", "--format", "sarif")
    assert code == 0
    assert out.split() == ["attacked/report.html", "attacked/report.sarif"]
    assert (tmp_path / "attacked" / "report.txt").exists()
    assert (tmp_path / "attacked" / "report.html").stat().st_mode & 0o777 == 0o600


def test_o_says_where(saved, run, tmp_path):
    saved("attacked")
    code, out, _ = run("report", "attacked", "--format", "markdown", "-o", "elsewhere")
    assert (code, out.split()) == (0, ["elsewhere/report.md"])
    assert (tmp_path / "elsewhere" / "report.md").read_text().startswith("<!-- finetooth -->")


@pytest.mark.parametrize("name", ["text", "json", "markdown"])
def test_a_difference_is_shown_and_ends_with_0(saved, run, name):
    saved("go")
    saved("no-go")
    code, out, err = run("report", "go", "no-go", "--diff", "--format", name)
    assert (code, err) == (0, "")
    assert "NO-GO" in out
    assert "API_KEY" in out


def test_files_of_two_runs_are_no_report(saved, run, tmp_path):
    saved("go")
    saved("no-go")
    shutil.copy(tmp_path / "no-go" / "evidence.json", tmp_path / "go" / "evidence.json")
    code, out, err = run("report", "go")
    assert (code, out) == (2, "")
    assert "go: report.json and evidence.json are not of one run" in err


def test_what_is_no_json_is_a_clear_error(saved, run, tmp_path):
    saved("go")
    (tmp_path / "go" / "report.json").write_text("{")
    assert "go/report.json: not finetooth.report/v1 (Invalid JSON" in run("report", "go")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["go", "--diff"], "two folders"),
        (["go", "go", "go", "--diff"], "two folders"),
        (["go", "go", "--diff", "--format", "sarif"], "text, json, markdown"),
        (["go", "go", "--diff", "-o", "x"], "redirect"),
        (["go", "missing", "--diff"], "no report here"),
        (["go", "go"], "--diff"),
    ],
)
def test_what_cannot_be_shown_ends_with_2(saved, run, arguments, message):
    saved("go")
    code, out, err = run("report", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("finetooth:") == 1
