"""``finetooth report``: rendering again, and what differs between two runs. To be quick, it looks for secrets alone."""

import json

import pytest

from finetooth.formats.registry import FORMATS

SECRET = {"text": "my key is " + "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"}
CLEAN = {"text": "How do I reset it?"}


@pytest.fixture
def scanned(run, tmp_path, monkeypatch):
    """Return a function that scans records into a folder."""
    monkeypatch.setenv("FINETOOTH_KEY", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")

    def scan(folder, *records, formats=()):
        (tmp_path / "train.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        named = [word for name in formats for word in ("--format", name)]
        return run("scan", "train.jsonl", "--policy", "secrets-only", "-o", folder, *named)

    return scan


def test_a_run_writes_every_format_that_is_named(scanned, tmp_path):
    scanned("out", SECRET, formats=FORMATS)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("evidence.json", "findings.jsonl"),
        *(each.file for each in FORMATS.values()),
    }


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_rendered_again_from_evidence(scanned, run, tmp_path, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "110")
    scanned("out", SECRET, formats=[name])
    code, again, _ = run("report", "out", "--format", name)
    assert code == 0
    written = (tmp_path / "out" / FORMATS[name].file).read_text()
    assert again.split() == written.split() if name != "text" else written.split()[0] == again.split()[0] == "NO-GO"


def test_a_page_is_written_and_not_printed_by_a_run(scanned):
    code, out, _ = scanned("out", SECRET, formats=["html"])
    assert code == 1
    assert out.startswith(" NO-GO ")
    assert "<html" not in out


def test_several_formats_are_written_beside_the_evidence_and_leave_the_others(scanned, run, tmp_path):
    scanned("out", SECRET, formats=["text"])
    code, out, _ = run("report", "out", "--format", "html", "--format", "sarif")
    assert code == 0
    assert out.split() == ["out/report.html", "out/report.sarif"]
    assert (tmp_path / "out" / "report.txt").exists()
    assert (tmp_path / "out" / "report.html").stat().st_mode & 0o777 == 0o600


def test_o_says_where(scanned, run, tmp_path):
    scanned("out", SECRET)
    code, out, _ = run("report", "out", "--format", "markdown", "-o", "elsewhere")
    assert (code, out.split()) == (0, ["elsewhere/report.md"])
    assert (tmp_path / "elsewhere" / "report.md").read_text().startswith("<!-- finetooth -->")


@pytest.mark.parametrize("name", ["text", "json", "markdown"])
def test_a_difference_is_shown_and_ends_with_0(scanned, run, name):
    scanned("a", CLEAN)
    scanned("b", CLEAN, SECRET)
    code, out, err = run("report", "a", "b", "--diff", "--format", name)
    assert (code, err) == (0, "")
    assert "ACCESS_TOKEN" in out
    assert "wWPw5k4a" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a"], "two folders"),
        (["a", "a", "a"], "two folders"),
        (["a", "a", "--format", "sarif"], "text, json, markdown"),
        (["a", "a", "-o", "x"], "redirect"),
        (["a", "missing"], "no report here"),
    ],
)
def test_what_cannot_be_compared_ends_with_2(scanned, run, arguments, message):
    scanned("a", CLEAN)
    code, out, err = run("report", "--diff", *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_several_folders_without_diff_end_with_2(scanned, run):
    scanned("a", CLEAN)
    code, _, err = run("report", "a", "a")
    assert code == 2
    assert "--diff" in err
