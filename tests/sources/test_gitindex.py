"""What is staged, asked of real repositories, under settings that fool those who ask `git diff`."""

import io
import os
import subprocess

import pytest

from finetooth.errors import UsageError
from finetooth.sources import gitindex
from finetooth.sources.gitindex import staged


@pytest.fixture
def git(git, tmp_path):
    """Return a function that runs git in a new repository, which is the working directory, and gives what it said."""
    call = git(tmp_path / "work")
    return lambda *arguments, told=None: call(*arguments, told=told).stdout.strip()


@pytest.fixture
def file(tmp_path, git):
    """Return a function that writes a file of the working tree, by default to the index too."""

    def write(name, content, *, add=True):
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if add:
            git("--literal-pathspecs", "add", "--sparse", "--", name)
        return path

    return write


def one(name):
    known, unknown = staged([name])
    assert not unknown
    return known[0]


def content(version):
    return None if version is None else version.blob.open().read()


def both(name):
    found = one(name)
    return content(found.now), content(found.before)


def test_without_a_commit_everything_is_new(file):
    file("a.jsonl", b"one\n")
    assert both("a.jsonl") == (b"one\n", None)


def test_what_is_staged_counts_and_not_the_working_tree(git, file):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    file("a.jsonl", b"one\ntwo\n")
    file("a.jsonl", b"one\ntwo\nthree, not staged\n", add=False)
    assert both("a.jsonl") == (b"one\ntwo\n", b"one\n")


def test_a_working_file_of_the_same_size_is_not_taken_for_the_staged_one(git, file):
    file("a.jsonl", b"staged\n")
    file("a.jsonl", b"on disk", add=False)
    assert both("a.jsonl") == (b"staged\n", None)


def test_the_file_may_be_gone_from_the_working_tree(git, file):
    file("a.jsonl", b"one\n").unlink()
    assert both("a.jsonl") == (b"one\n", None)


def test_a_file_that_the_commit_does_not_touch_has_nothing_before_it(git, file):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    assert both("a.jsonl") == (b"one\n", None)


def test_another_mode_alone_adds_nothing(git, file):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    git("update-index", "--chmod=+x", "a.jsonl")
    assert both("a.jsonl") == (b"one\n", b"one\n")


def test_a_file_that_was_renamed_and_changed_is_followed(git, file):
    file("old.jsonl", b"".join(b"line %d\n" % number for number in range(20)))
    git("commit", "-qm", "first")
    git("mv", "old.jsonl", "new.jsonl")
    file("new.jsonl", b"".join(b"line %d\n" % number for number in range(21)))
    found = one("new.jsonl")
    assert found.before.path == "old.jsonl"
    assert content(found.now) == content(found.before) + b"line 20\n"
    assert one("old.jsonl") == gitindex.Staged("old.jsonl")


def test_what_the_commit_removes_has_no_version(git, file):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    git("rm", "-q", "a.jsonl")
    assert one("a.jsonl") == gitindex.Staged("a.jsonl")


def test_a_file_that_is_named_twice_is_one(file, tmp_path):
    path = file("a.jsonl", b"one\n")
    assert [found.path for found in staged(["./a.jsonl", "a.jsonl", str(path)])[0]] == ["./a.jsonl"]


def test_what_git_does_not_know_is_told_apart(git, file):
    file("a.jsonl", b"one\n", add=False)
    assert staged(["a.jsonl", "none.jsonl"]) == ([], ["a.jsonl", "none.jsonl"])


def test_outside_of_a_repository_git_knows_nothing(tmp_path, git, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert staged(["a.jsonl"]) == ([], ["a.jsonl"])


@pytest.mark.parametrize(
    "name",
    [
        "two words.jsonl",
        "-x.jsonl",
        "Zürich.jsonl",
        'quo"te.jsonl',
        "*.jsonl",
        ":(top)x.jsonl",
        "a\nb.jsonl",
        "a\tb",
        "[ab]",
    ],
)
def test_any_name(git, file, name):
    file("b", b"another\n")
    file(name, b"one\n")
    git("commit", "-qm", "first")
    file(name, b"one\ntwo\n")
    assert both(name) == (b"one\ntwo\n", b"one\n")


def test_a_name_that_is_no_utf8(git, tmp_path):
    name = os.fsdecode(b"caf\xe9.jsonl")
    (tmp_path / "work" / name).write_bytes(b"one\n")
    git("add", "--", name)
    assert both(name) == (b"one\n", None)


def test_names_are_relative_to_the_working_directory_however_they_are_spelt(git, file, tmp_path, monkeypatch):
    path = file("data/a.jsonl", b"one\n")
    (tmp_path / "link").symlink_to(tmp_path / "work" / "data")
    monkeypatch.chdir(tmp_path / "work" / "data")
    for name in ("a.jsonl", "./a.jsonl", "../data/a.jsonl", str(path), str(tmp_path / "link" / "a.jsonl")):
        assert both(name) == (b"one\n", None)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("diff.external", "false"),
        ("diff.noprefix", "true"),
        ("diff.renames", "false"),
        ("diff.relative", "true"),
        ("core.quotepath", "true"),
        ("color.ui", "always"),
        ("core.autocrlf", "true"),
        ("core.abbrev", "4"),
        ("diff.ignoreSubmodules", "all"),
    ],
)
def test_settings_change_nothing(git, file, setting, value):
    file("ä.jsonl", b"one\n" * 20)
    git("commit", "-qm", "first")
    git("config", setting, value)
    git("mv", "ä.jsonl", "ö.jsonl")
    blob = git("hash-object", "-w", "--stdin", told=b"one\n" * 20 + b"two\r\n")
    git("update-index", "--cacheinfo", f"100644,{blob},ö.jsonl")
    assert both("ö.jsonl") == (b"one\n" * 20 + b"two\r\n", b"one\n" * 20)


def test_attributes_change_nothing(git, file):
    git("config", "diff.upper.textconv", "true")
    git("config", "filter.none.clean", "cat")
    git("config", "filter.none.smudge", "false")
    file(".gitattributes", b"*.jsonl diff=upper filter=none -text\n*.bin -diff binary\n")
    file("a.jsonl", b"one\n")
    file("b.bin", b"\0one\n")
    git("commit", "-qm", "first")
    file("a.jsonl", b"one\ntwo\n")
    file("b.bin", b"\0one\ntwo\n")
    assert both("a.jsonl") == (b"one\ntwo\n", b"one\n")
    assert both("b.bin") == (b"\0one\ntwo\n", b"\0one\n")


@pytest.mark.parametrize(
    "name", ["GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS"]
)
def test_how_others_want_paths_read_changes_nothing(git, file, monkeypatch, name):
    file("a.jsonl", b"one\n")
    file("A.jsonl", b"other\n")
    monkeypatch.setenv(name, "1")
    assert both("a.jsonl") == (b"one\n", None)


def test_the_index_that_the_hook_was_told_of_is_asked(git, file, tmp_path, monkeypatch):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    file("a.jsonl", b"one\ntwo\n", add=False)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "next-index"))  # as `git commit FILE` does
    git("read-tree", "HEAD")
    git("add", "a.jsonl")
    assert both("a.jsonl") == (b"one\ntwo\n", b"one\n")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert both("a.jsonl") == (b"one\n", None)


def test_the_repository_that_the_hook_was_told_of_is_asked(git, file, tmp_path, monkeypatch):
    file("a.jsonl", b"one\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "work" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "elsewhere"))
    assert both("a.jsonl") == (b"one\n", None)


def test_another_working_tree_has_its_own_index(git, file, tmp_path, monkeypatch):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    git("worktree", "add", "-q", "--detach", "../other")
    monkeypatch.chdir(tmp_path / "other")
    (tmp_path / "other" / "a.jsonl").write_bytes(b"one\ntwo\n")
    git("add", "a.jsonl")
    assert both("a.jsonl") == (b"one\ntwo\n", b"one\n")


def test_a_sparse_checkout_hides_nothing(git, file):
    file("in/a.jsonl", b"one\n")
    file("out/b.jsonl", b"one\n")
    git("commit", "-qm", "first")
    git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    file("out/b.jsonl", b"one\ntwo\n")
    assert both("out/b.jsonl") == (b"one\ntwo\n", b"one\n")


def test_a_conflict_has_nothing_staged(git, file):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    git("checkout", "-qb", "other")
    file("a.jsonl", b"two\n")
    git("commit", "-qm", "second")
    git("checkout", "-q", "main")
    file("a.jsonl", b"three\n")
    git("commit", "-qm", "third")
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "-q", "other")
    assert "in conflict" in one("a.jsonl").fault
    file("a.jsonl", b"two\nthree\n")
    assert both("a.jsonl") == (b"two\nthree\n", b"three\n")


@pytest.mark.parametrize(
    ("pointer", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "Git LFS"),
        (b"/annex/objects/SHA256E-s12345--4d7a.jsonl\n", "git-annex"),
    ],
)
def test_a_pointer_is_not_the_data(file, pointer, what):
    file("a.jsonl", pointer)
    found = one("a.jsonl")
    assert what in found.fault
    assert found.now is None


def test_a_link_is_not_the_data(git, tmp_path):
    for name, target in (("a.jsonl", ".git/annex/objects/x/y/z"), ("b.jsonl", "c.jsonl")):
        (tmp_path / "work" / name).symlink_to(target)
    git("add", ".")
    assert "git-annex" in one("a.jsonl").fault
    assert "symbolic link" in one("b.jsonl").fault


def test_a_submodule_is_not_read(git, file):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},sub")
    assert "submodule" in one("sub").fault


def test_a_content_that_git_has_lost_is_not_read(git, file, tmp_path):
    file("a.jsonl", b"one\n")
    oid = git("rev-parse", ":a.jsonl")
    (tmp_path / "work" / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    assert "does not have its content" in one("a.jsonl").fault


def test_what_is_too_large_for_a_hook_is_not_read(file, monkeypatch):
    monkeypatch.setattr(gitindex, "SIZE_LIMIT", 3)
    file("a.jsonl", b"four")
    assert "finetooth scan" in one("a.jsonl").fault


def test_an_old_version_that_is_no_file_is_none(git, file, tmp_path):
    (tmp_path / "work" / "a.jsonl").symlink_to("b.jsonl")
    git("add", ".")
    git("commit", "-qm", "first")
    (tmp_path / "work" / "a.jsonl").unlink()
    file("a.jsonl", b"one\n")
    assert both("a.jsonl") == (b"one\n", None)


def test_a_repository_of_sha256(tmp_path, git, monkeypatch):
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    git("init", "-q", "--object-format=sha256", ".")
    (tmp_path / "new" / "a.jsonl").write_bytes(b"one\n")
    git("add", "a.jsonl")
    assert both("a.jsonl") == (b"one\n", None)
    assert gitindex._is(one("a.jsonl").now.blob, b"one\n")


def test_the_beginning_of_a_grown_file_is_not_asked_of_git(git, file, monkeypatch):
    file("a.jsonl", b"one\n")
    git("commit", "-qm", "first")
    file("a.jsonl", b"one\ntwo\n")
    found = one("a.jsonl")
    gitindex._content.cache_clear()
    monkeypatch.setattr(gitindex, "_git", None)  # whoever calls it now breaks
    assert (content(found.now), content(found.before)) == (b"one\ntwo\n", b"one\n")


def test_without_git_nothing_is_judged(file, monkeypatch):
    file("a.jsonl", b"one\n")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is not installed"):
        staged(["a.jsonl"])


def test_a_git_that_refuses_is_no_empty_answer(git, file, tmp_path):
    file("a.jsonl", b"one\n")
    (tmp_path / "work" / ".git" / "index").write_bytes(b"nothing of the kind")
    with pytest.raises(UsageError, match=r"git refused to answer: .*index"):
        staged(["a.jsonl"])


def test_a_beginning_is_a_file_like_any_other():
    text = b"one\ntwo\r\nthree" * 40_000
    whole = text + b"and more"
    for read in (
        lambda file: file.read(),
        list,
        lambda file: [file.read1(7), file.readline(), file.peek(3)[:3], file.tell(), file.read(1 << 20)],
        lambda file: [file.seek(-3, 2), file.read(), file.seek(5), file.read(3), file.seek(2, 1), file.read(4)],
        lambda file: [file.seek(1 << 30), file.read(), file.readable(), file.seekable()],
    ):
        beginning = io.BufferedReader(gitindex._Beginning(memoryview(whole)[: len(text)]))
        assert read(beginning) == read(io.BufferedReader(io.BytesIO(text)))
