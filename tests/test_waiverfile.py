"""The file of waivers: what it says is read whole or refused with its place, and edits touch nobody else's line."""

import subprocess
import sys
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetooth import waiveredit, waiverfile
from finetooth.errors import InputError, KeyMismatchError, UsageError
from finetooth.waiver import Waiver

KEY_ID = "3f9c0a12"


def waiver(digit="a", **told):
    said = {"reason": "public support mailbox", "owner": "privacy@acme.example", "expires": date(2027, 2, 1), **told}
    return Waiver(fingerprint=(digit * 32)[:32], entity_type="EMAIL_ADDRESS", **said)


def file(*lines, key_id=KEY_ID):
    return "\n".join(["schema: finetooth.waivers/v1", f"key_id: {key_id}", "waivers:", *lines, ""])


def entry(digit="a", **told):
    said = {
        "fingerprint": digit * 32,
        "entity_type": "EMAIL_ADDRESS",
        "reason": "r",
        "owner": "o",
        "expires": "2027-02-01",
    }
    return "  - {" + ", ".join(f"{key}: {value}" for key, value in {**said, **told}.items() if value is not None) + "}"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "finetooth-waivers.yaml"


def test_what_was_added_is_read_back(path):
    waiveredit.add(path, waiver(), KEY_ID)
    told = waiverfile.load(path)
    assert (told.key_id, told.waivers) == (KEY_ID, (waiver(),))


def test_a_waiver_is_one_line_and_they_are_sorted(path):
    for digit in "cab":
        waiveredit.add(path, waiver(digit), KEY_ID)
    lines = path.read_text().splitlines()
    assert lines[-4:] == [
        "waivers:",
        *(
            f"  - {{fingerprint: {digit * 32}, entity_type: EMAIL_ADDRESS, reason: public support mailbox, "
            "owner: privacy@acme.example, expires: 2027-02-01}"
            for digit in "abc"
        ),
    ]


def test_a_file_without_waivers_is_none(path):
    for text in (file(), file().replace("waivers:", "waivers: []"), file().replace("waivers:", "waivers: ~")):
        path.write_text(text)
        assert waiverfile.load(path).waivers == ()
        waiveredit.add(path, waiver(), KEY_ID)
        assert waiverfile.load(path).waivers == (waiver(),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r":1: a file of waivers is a mapping"),
        ("schema: [", r":1: not valid YAML"),
        ("\x1b", r"not valid YAML"),
        (file(entry()).replace("/v1", "/v2"), r":1: this version reads"),
        (file(entry(), key_id="x"), r":2: key_id"),
        (file(entry()).replace(f"key_id: {KEY_ID}\n", ""), r"'key_id' is required"),
        (file(entry()) + "waiver: []\n", r":5: no such key"),
        (file(entry()) + "waivers: []\n", r":5: the key 'waivers' stands twice"),
        (file().replace("waivers:", "waivers: 3"), r":3: waivers is a list"),
        (file("  - just a word"), r":4: waiver 1: a waiver is \{fingerprint"),
        (file(entry(), entry("b", reason=None)), r":5: waiver 2: reason is required"),
        (file(entry(owner="''")), r":4: waiver 1: owner is required, and may not be empty"),
        (file(entry(owner="' '")), r"owner is required"),
        (file(entry(owner="~")), r"owner is required"),
        (file(entry(owner='"a\\nb"')), r":4: waiver 1: owner is one line of text that prints"),
        (file(entry(reason="fine \u202edne")), r"reason is one line of text that prints"),
        (file(entry(entity_type='"X\\e[2J"')), r"entity_type is one line of text that prints"),
        (file(entry(reason="null")), r":4: waiver 1: reason is required"),
        (file(entry(expires=None)), r"expires is required"),
        (file(entry(expires="soon")), r":4: waiver 1: expires: write the last day"),
        (file(entry(expires="2027-02-30")), r"write the last day"),
        (file(entry(expires="20270201")), r"write the last day"),
        (file(entry(reason="[a]")), r"reason is a text"),
        (file(entry(line="12")), r"'line' is no key of a waiver"),
        (file(entry(fingerprint="abc")), r"32 hex digits"),
        (file(entry(fingerprint="*x")), r":4: not valid YAML"),
        (file(entry(reason="x" * 1_000_000)), r"reason has 1,000,000 characters"),
        (file(entry(), entry("b"), entry()), r":6: a{32} is waived in line 4 already; keep one"),
        (file("  - {fingerprint: a, fingerprint: b}"), r":4: the key 'fingerprint' stands twice"),
        (file("<<<<<<< HEAD", entry(), "=======", entry("b"), ">>>>>>> theirs"), r"not valid YAML"),
    ],
)
def test_a_mistake_is_refused_with_its_place(path, text, message):
    path.write_text(text)
    with pytest.raises(UsageError, match=message) as refused:
        waiverfile.load(path)
    assert str(path) in str(refused.value)
    assert len(str(refused.value)) < 500 + len(str(path))


def test_a_file_that_cannot_be_read_is_refused(path):
    with pytest.raises(InputError, match="No such file"):
        waiverfile.load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8 at byte 0"):
        waiverfile.load(path)


def test_a_fingerprint_of_digits_alone_stays_a_text(path):
    path.write_text(file(entry(fingerprint="1" * 32), entry(fingerprint="0" * 32)))
    assert [each.fingerprint for each in waiverfile.load(path).waivers] == ["1" * 32, "0" * 32]
    waiveredit.add(path, waiver("2"), KEY_ID)
    assert [each.fingerprint[0] for each in waiverfile.load(path).waivers] == ["0", "1", "2"]


def test_waivers_of_another_key_are_refused(path):
    path.write_text(file(entry()))
    with pytest.raises(KeyMismatchError, match="key 3f9c0a12, these findings with key 00000000"):
        waiverfile.resolve(None, path, "00000000")
    with pytest.raises(KeyMismatchError):
        waiveredit.add(path, waiver("b"), "00000000")
    assert path.read_text() == file(entry())


def test_waivers_come_from_a_file_from_memory_or_from_the_configured_file(path, tmp_path):
    assert waiverfile.resolve(None, path, KEY_ID) == ()
    with pytest.raises(InputError):
        waiverfile.resolve(path, path, KEY_ID)  # who names a file means it
    waiveredit.add(path, waiver(), KEY_ID)
    assert waiverfile.resolve(None, path, KEY_ID) == (waiver(),)
    assert waiverfile.resolve(str(path), tmp_path / "none.yaml", KEY_ID) == (waiver(),)
    assert waiverfile.resolve([waiver("b")], path, KEY_ID) == (waiver("b"),)
    assert waiverfile.resolve([], path, KEY_ID) == ()


COMMENTED = f"""\
# Agreed with legal.
schema: finetooth.waivers/v1  # do not change
key_id: '{KEY_ID}'

waivers:   # sorted

  # The mailbox of the imprint.
{entry("b")}   # ask Jo
{entry("d", reason="'x} # no comment'")}
  # The end of the file.
"""


def test_what_people_wrote_stays_where_it_is(path):
    path.write_text(COMMENTED)
    waiveredit.add(path, waiver("c"), KEY_ID)
    lines = path.read_text().splitlines()
    [added] = [line for line in lines if line not in COMMENTED.splitlines()]
    assert lines.index(added) == 8
    lines.remove(added)
    assert lines == COMMENTED.splitlines()
    waiveredit.add(path, waiver("a"), KEY_ID)
    assert path.read_text().splitlines()[5].startswith("  - {fingerprint: aaaa")  # above what belongs to b
    assert [line for line in path.read_text().splitlines() if line in COMMENTED.splitlines()] == COMMENTED.splitlines()


def test_what_goes_with_a_waiver_is_told(path):
    path.write_text(COMMENTED)
    [removed] = waiveredit.remove(path, ["b" * 32, "0" * 32])
    assert removed.waiver.fingerprint == "b" * 32
    assert removed.comments == ("# The mailbox of the imprint.", "# ask Jo")
    [rest] = waiverfile.load(path).waivers
    assert (rest.fingerprint, rest.reason) == ("d" * 32, "x} # no comment")
    assert "# The end of the file." in path.read_text()
    assert waiveredit.remove(path, ["d" * 32])[0].comments == ()
    assert waiverfile.load(path).waivers == ()


def test_nothing_to_remove_writes_nothing(path):
    path.write_text(COMMENTED)
    before = path.stat()
    assert waiveredit.remove(path, ["e" * 32]) == []
    assert path.stat() == before


def test_to_waive_again_is_said_with_renew_and_keeps_the_comments(path):
    path.write_text(COMMENTED)
    with pytest.raises(UsageError, match=r":8: b{32} is waived already, by o until 2027-02-01; .*--renew"):
        waiveredit.add(path, waiver("b"), KEY_ID)
    waiveredit.add(path, waiver("b", expires=date(2028, 1, 1)), KEY_ID, renew=True)
    lines = path.read_text().splitlines()
    assert lines[6:8] == [
        "  # The mailbox of the imprint.",
        f"  - {{fingerprint: {'b' * 32}, entity_type: EMAIL_ADDRESS, reason: public support mailbox, "
        "owner: privacy@acme.example, expires: 2028-01-01}   # ask Jo",
    ]


BLOCK = ["    entity_type: X", "    reason: r", "    owner: o # who?", "    expires: 2027-02-01"]


@pytest.mark.parametrize(
    "text",
    [
        file(*entry().replace(", reason", ",\n    reason").splitlines()),
        file("  - fingerprint: " + "a" * 32, *BLOCK),
        file().replace("waivers:", "waivers: [" + entry()[4:] + "]"),
    ],
)
def test_a_waiver_on_several_lines_counts_and_is_not_edited(path, text):
    path.write_text(text)
    assert waiverfile.load(path).waivers[0].owner == "o"
    with pytest.raises(UsageError, match="stands on one line of its own"):
        waiveredit.add(path, waiver("b"), KEY_ID)
    assert path.read_text() == text


def test_the_margin_of_the_file_and_its_rights_are_kept(path, tmp_path):
    path.write_text(file(entry("b")).replace("  - ", "- "))
    path.chmod(0o640)
    (tmp_path / "link.yaml").symlink_to(path)
    waiveredit.add(tmp_path / "link.yaml", waiver("a"), KEY_ID)
    assert [each.fingerprint[0] for each in waiverfile.load(path).waivers] == ["a", "b"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.yaml").is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["finetooth-waivers.yaml", "link.yaml"]


def test_a_file_with_the_line_ends_of_windows_keeps_them(path):
    path.write_bytes(file(entry("b"), "  # the end").replace("\n", "\r\n").removesuffix("\r\n").encode())
    waiveredit.add(path, waiver("a"), KEY_ID)
    waiveredit.remove(path, ["b" * 32])
    waiveredit.add(path, waiver("c"), KEY_ID)
    assert [each.fingerprint[0] for each in waiverfile.load(path).waivers] == ["a", "c"]
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") == 6


def test_of_many_who_accept_at_once_each_is_kept(path):
    digits = "0123456789abcdef"
    code = f"""
import sys
from datetime import date
from pathlib import Path
from finetooth import waiveredit
from finetooth.waiver import Waiver
told = Waiver(fingerprint=sys.argv[2] * 32, entity_type="X", reason="r", owner="o", expires=date(2027, 2, 1))
sys.stdin.read()
waiveredit.add(Path(sys.argv[1]), told, "{KEY_ID}")
"""
    started = [subprocess.Popen([sys.executable, "-c", code, path, digit], stdin=subprocess.PIPE) for digit in digits]
    for each in started:  # they all begin when the last has loaded
        each.stdin.close()
    assert [each.wait() for each in started] == [0] * len(digits)
    assert "".join(each.fingerprint[0] for each in waiverfile.load(path).waivers) == digits


@pytest.mark.parametrize("target", ["nowhere.yaml", "finetooth-waivers.yaml"])
def test_a_link_that_leads_nowhere_is_no_absence(path, target):
    path.symlink_to(target)
    with pytest.raises(InputError, match="cannot be read"):
        waiverfile.resolve(None, path, KEY_ID)
    with pytest.raises(InputError, match="cannot be read"):
        waiveredit.add(path, waiver(), KEY_ID)


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        waiveredit.add(tmp_path / "missing" / "waivers.yaml", waiver(), KEY_ID)


@pytest.mark.parametrize("name", ["reason", "owner"])
@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "\x1b[2J", "\u202etxt", "\u2028", "\ud800", "x" * 501])
def test_what_no_reader_would_see_as_it_is_is_not_written(path, name, text):
    with pytest.raises(UsageError, match=name):
        waiveredit.add(path, waiver(**{name: text}), KEY_ID)
    assert not path.exists()


AWKWARD = ["a, b", "{x}", "# no", "'", '"', "- a", "null", "2027-01-01", "@x", "a: b", "!!tag", "&a", "*a", "é 漢"]


@given(
    reason=st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1).filter(str.strip),
    owner=st.sampled_from(AWKWARD),
)
def test_any_text_that_prints_survives_the_file(tmp_path_factory, reason, owner):
    path = tmp_path_factory.mktemp("waivers") / "w.yaml"
    added = waiver(reason=reason, owner=owner)
    waiveredit.add(path, added, KEY_ID)
    waiveredit.add(path, waiver("0"), KEY_ID)
    assert waiverfile.load(path).waivers == (waiver("0"), added)
    assert len(path.read_text().split("\n")) == 7


@given(
    st.lists(
        st.sampled_from([*file(entry()), *"&a*![]{}#:\"'\n\t -?,|>", "\x00", "\ud800", "\u2028", "<<: ", "- "])
    ).map("".join)
)
def test_no_text_ends_in_anything_but_a_clear_error(text):
    mutated = file(entry()).replace("reason: r", f"reason: {text}", 1)
    for told in (text, mutated):
        with suppress(UsageError):
            waiverfile.parse(told, "w.yaml")


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "&a {schema: *a}", "&a [*a]", file("  - &a [*a]")])
def test_what_is_nested_without_end_is_a_clear_error(text):
    with pytest.raises(UsageError, match=r"^w\.yaml"):
        waiverfile.parse(text, "w.yaml")


def branches(git, path, *changes):
    """Make each change on a branch of its own, and merge them one after the other; return what git said last."""
    git("add", "-A")
    git("commit", "-qm", "base")
    for number, change in enumerate(changes):
        git("checkout", "-qb", f"b{number}", "main")
        change()
        git("commit", "-qam", "change")
    git("checkout", "-q", "main")
    merged = [git("merge", "-q", "--no-edit", f"b{number}", check=False) for number in range(len(changes))]
    return merged[-1].returncode


def test_branches_that_accept_different_findings_merge_without_conflict(git, tmp_path, path):
    repository = git(tmp_path)
    path.write_text(file(*(entry(digit) for digit in "02468bdf")))
    ended = branches(
        repository,
        path,
        lambda: waiveredit.add(path, waiver("3"), KEY_ID),
        lambda: waiveredit.add(path, waiver("c"), KEY_ID),
        lambda: waiveredit.remove(path, ["8" * 32]),
        lambda: waiveredit.add(path, waiver("0", reason="renewed"), KEY_ID, renew=True),
    )
    assert ended == 0
    told = waiverfile.load(path).waivers
    assert "".join(each.fingerprint[0] for each in told) == "02346bcdf"
    assert told[0].reason == "renewed"


def test_with_a_union_merge_neighbours_merge_too_and_contradictions_are_refused(git, tmp_path, path):
    """`finetooth-waivers.yaml merge=union` in .gitattributes, as docs/waivers.md advises."""
    repository = git(tmp_path)
    (tmp_path / ".gitattributes").write_text("finetooth-waivers.yaml merge=union\n")
    path.write_text(file())
    ended = branches(
        repository,
        path,
        lambda: waiveredit.add(path, waiver("2"), KEY_ID),
        lambda: waiveredit.add(path, waiver("1"), KEY_ID),
    )
    assert ended == 0
    assert {each.fingerprint[0] for each in waiverfile.load(path).waivers} == {"1", "2"}
    waiveredit.add(path, waiver("0"), KEY_ID)
    assert [each.fingerprint[0] for each in waiverfile.load(path).waivers] == ["0", "1", "2"]
    repository("commit", "-qam", "sorted again")
    for number, owner in enumerate(["a", "b"], 8):
        repository("checkout", "-qb", f"b{number}", "main")
        waiveredit.add(path, waiver("7", owner=owner), KEY_ID)
        repository("commit", "-qam", owner)
    assert repository("merge", "-q", "--no-edit", "b8", check=False).returncode == 0
    with pytest.raises(UsageError, match="is waived in line"):
        waiverfile.load(path)


def test_a_killed_writer_leaves_the_old_file(path, monkeypatch):
    path.write_text(file(entry()))

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", die)
    with pytest.raises(KeyboardInterrupt):
        waiveredit.add(path, waiver("b"), KEY_ID)
    assert path.read_text() == file(entry())
    assert [each.name for each in path.parent.iterdir()] == [path.name]
