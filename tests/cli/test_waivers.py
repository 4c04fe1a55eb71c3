"""``finetooth waivers``, and the whole life of a waiver. To be quick, it looks for secrets alone."""

import json
import os
import shutil
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

import finetooth
from finetooth import api, waiverfile

SECRET = "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
OTHER = "gh" + "p_" + "Q7rTz2LkV9mXc4Bn8WsE1yHd6UfJ3a3dyhPu"
POLICY = """
schema: finetooth.policy/v1
name: ours
detect: {identifiers: false, ner: null}
waivers: {credentials: true, max_days: 400}
train:
  - {id: coverage, metric: records_unread, at_most: 0}
  - {id: no-credentials, metric: findings, where: {category: credential, tier: block}, at_most: 0}
"""
TODAY = datetime.now(UTC).date()
SOON = str(TODAY + timedelta(days=20))
WHO = ("--reason", "revoked in 2025, kept as an example", "--owner", "security@acme.example")
FILE = "finetooth-waivers.yaml"
RUN = ".finetooth/runs/latest"


def chat(text):
    turns = [{"role": "user", "content": "How do I reset it?"}, {"role": "assistant", "content": text}]
    return {"messages": turns}


CLEAN, LEAKY = chat("Hold the key for ten seconds."), chat(f"Sign in with {SECRET} please.")


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """A folder with a policy that lets credentials be waived, a dataset with one, and what a scan of it left."""
    folder, before = tmp_path_factory.mktemp("project"), Path.cwd()
    (folder / "ours.yaml").write_text(POLICY)
    (folder / "finetooth.toml").write_text('policy = "ours.yaml"\n')
    write(folder / "train.jsonl", CLEAN, LEAKY)
    os.chdir(folder)
    try:
        api.save(finetooth.scan("train.jsonl"), Path(RUN))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def project(scanned, tmp_path, monkeypatch):
    """A copy of that folder, as the working directory."""
    shutil.copytree(scanned, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def found(project):
    """The fingerprint of the credential."""
    [line] = (project / RUN / "findings.jsonl").read_text().splitlines()
    return json.loads(line)["fingerprint"]


def expired(path, day="2020-01-01"):
    """Let every waiver of the file have ended on a day."""
    path.write_text(path.read_text().replace(SOON, day))


def test_a_waivers_life(project, run, found):
    assert run("scan", "train.jsonl")[0] == 1
    code, out, err = run("waivers", "add", found, *WHO, "--expires", SOON)
    assert (code, err) == (0, "")
    assert f"{FILE}: ACCESS_TOKEN ••••••••••••… is waived by security@acme.example until {SOON}" in out

    # Lines move, the file is written in another way, and even in another format: it is still the same finding.
    escaped = json.dumps(LEAKY, indent=None, separators=(",", ":")).replace("gh", "\\u0067h")
    (project / "train.jsonl").write_text("\n".join([json.dumps(CLEAN)] * 7 + ["", escaped, json.dumps(CLEAN)]))
    (project / "again.json").write_text(json.dumps([CLEAN, {"note": f'{{"token":\n"{SECRET}"}}'}], indent=4))
    code, out, _ = run("scan", "train.jsonl", "again.json")
    assert code == 0
    told = " ".join(out.split())
    assert "~ no-credentials 0 findings, at most 0 is allowed; 1 finding waived by security@acme.example, until" in told
    assert "WAIVED" in out
    assert "security@acme.example: revoked in 2025, kept as an example" in out
    assert "Revoke the credentials" not in out

    # Another one is not covered by it.
    write(project / "more.jsonl", LEAKY, chat(f"Or with {OTHER}."))
    code, out, _ = run("scan", "more.jsonl")
    assert code == 1
    assert "✘ no-credentials 1 finding, at most 0 is allowed; 1 finding waived by" in " ".join(out.split())

    # The day after its last, it no longer counts, and that is told loudly.
    expired(project / FILE)
    code, out, _ = run("scan", "train.jsonl")
    assert code == 1
    assert "EXPIRED" in out
    assert "its last day was 2020-01-01, and its finding counts again" in out
    assert "--renew" in out
    assert run("waivers", "add", found, *WHO, "--expires", SOON)[0] == 2
    assert run("waivers", "add", found, *WHO, "--expires", SOON, "--renew")[0] == 0
    assert run("scan", "train.jsonl")[0] == 0


def test_it_ends_with_its_last_day_for_every_caller(project, run, found):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    last = date.fromisoformat(SOON)
    again = (partial(finetooth.scan, "train.jsonl"), partial(finetooth.judge, [RUN]))
    for judged in again:
        on_time, late = judged(today=last).verdict, judged(today=last + timedelta(days=1)).verdict
        assert (on_time.decision, [ruling.status for ruling in on_time.rulings]) == ("GO", ["PASS", "WAIVED"])
        assert [(each.status, each.owner, each.expires) for each in on_time.waivers] == [
            ("honoured", "security@acme.example", last)
        ]
        assert (late.decision, [each.status for each in late.waivers]) == ("NO-GO", ["expired"])
    in_memory = waiverfile.load(project / FILE).waivers
    (project / FILE).unlink()
    assert finetooth.scan("train.jsonl", waivers=in_memory, today=last).verdict.decision == "GO"
    assert finetooth.scan("train.jsonl", today=last).verdict.decision == "NO-GO"


def test_evidence_on_disk_is_judged_again_with_waivers(project, run, found):
    run("waivers", "add", found, *WHO, "--expires", SOON, "--waivers", "theirs.yaml")
    assert run("judge", RUN)[0] == 1
    code, out, _ = run("judge", RUN, "--waivers", "theirs.yaml", "-o", "out", "--format", "json")
    assert code == 0
    [waiver] = json.loads(out)["verdict"]["waivers"]
    assert (waiver["status"], waiver["expires"], waiver["fingerprint"]) == ("honoured", SOON, found)
    code, out, _ = run("report", "out")
    assert "WAIVED" in out
    for artefact in ("evidence.json", "findings.jsonl"):  # what was found does not depend on what is accepted
        assert (project / "out" / artefact).read_bytes() == (project / RUN / artefact).read_bytes()


def test_another_policy_does_not_let_a_credential_be_waived_and_says_so(project, run, found):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    code, out, _ = run("scan", "train.jsonl", "--policy", "secrets-only")
    assert code == 1
    assert "REFUSED" in out
    assert "the policy 'secrets-only' lets nobody waive a credential" in out
    assert run("waivers", "check", "--policy", "secrets-only")[0] == 1


def test_parts_of_a_shared_scan_are_judged_with_waivers(project, run, found):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    assert run("scan", "train.jsonl", "--shard", "1/1", "-o", "parts")[0] == 0
    assert run("merge", "parts")[0] == 0
    code, _, err = run("scan", "train.jsonl", "--shard", "1/1", "-o", "parts", "--waivers", FILE)
    assert code == 2
    assert "--waivers" in err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"--expires": "2020-01-01"}, "is past"),
        ({"--expires": str(TODAY - timedelta(days=1))}, "is past"),
        ({"--expires": "next week"}, "such as 2027-02-01"),
        ({"--expires": str(TODAY + timedelta(days=401))}, "allows 400 at most"),
        ({"--reason": " "}, "reason"),
        ({"--owner": ""}, "owner"),
        ({"--owner": "a\x1b[2Jb"}, "one line of text that prints"),
        ({"--reason": f"the key {SECRET}, revoked"}, "holds the very value"),
        ({"--policy": "secrets-only"}, "lets nobody waive a credential"),
        ({"--report": "nowhere"}, "no evidence here"),
        ({"fingerprint": "0" * 32}, "no finding"),
        ({"fingerprint": "xyz"}, "32 hex digits"),
        ({"fingerprint": ""}, "32 hex digits"),
    ],
)
def test_what_makes_no_sense_is_not_added(project, run, found, change, message):
    arguments = dict(zip(WHO[::2], WHO[1::2], strict=True)) | {"--expires": SOON, "fingerprint": found} | change
    fingerprint = arguments.pop("fingerprint")
    code, out, err = run("waivers", "add", fingerprint, *(each for pair in arguments.items() for each in pair))
    assert (code, out) == (2, "")
    assert message in err
    assert SECRET not in err
    assert not (project / FILE).exists()


@pytest.mark.parametrize("option", ["--reason", "--owner", "--expires"])
def test_reason_owner_and_expiry_are_required(run, found, option):
    told = [*WHO, "--expires", SOON]
    del told[told.index(option) : told.index(option) + 2]
    code, _, err = run("waivers", "add", found, *told)
    assert code == 2
    assert option in err


def test_the_beginning_of_a_fingerprint_is_enough_where_no_other_has_it(project, run, found):
    many = [chat(f"Sign in with {SECRET[:-2]}{a}{b} please.") for a in "abcdefg" for b in "ABC"]
    write(project / "many.jsonl", *many)
    run("scan", "many.jsonl", "-o", "many")
    prints = [json.loads(line)["fingerprint"] for line in (project / "many/findings.jsonl").read_text().splitlines()]
    first = max(prints, key=lambda each: sum(other[0] == each[0] for other in prints))
    assert sum(other[0] == first[0] for other in prints) > 1
    code, _, err = run("waivers", "add", first[0], *WHO, "--expires", SOON, "--report", "many")
    assert code == 2
    assert first in err
    assert run("waivers", "add", found[:12], *WHO, "--expires", SOON)[0] == 0
    assert yaml.safe_load((project / FILE).read_text())["waivers"][0] == {
        "fingerprint": found,
        "entity_type": "ACCESS_TOKEN",
        "reason": "revoked in 2025, kept as an example",
        "owner": "security@acme.example",
        "expires": date.fromisoformat(SOON),
    }


def test_waivers_of_another_key_are_a_clear_error_before_the_work(project, run, found, monkeypatch):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    monkeypatch.setenv("FINETOOTH_KEY", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    monkeypatch.setattr("finetooth.scanner.scan", None)  # whoever calls it breaks
    code, out, err = run("scan", "train.jsonl")
    assert (code, out) == (2, "")
    assert "its waivers were made with key" in err
    assert "FINETOOTH_KEY" in err


def test_a_file_that_is_named_must_be_there(project, run):
    code, _, err = run("scan", "train.jsonl", "--waivers", "nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml: the waivers cannot be read" in err
    assert run("waivers", "check", "--waivers", "nowhere.yaml")[0] == 2


def test_the_configured_file_is_used(project, run, found):
    (project / "finetooth.toml").write_text('policy = "ours.yaml"\nwaivers = "accepted.yaml"\n')
    assert run("waivers", "add", found, *WHO, "--expires", SOON)[0] == 0
    assert (project / "accepted.yaml").exists()
    below = project / "data"
    below.mkdir()
    assert run("scan", "train.jsonl")[0] == 0


def test_list_and_check_tell_every_waiver(project, run, found):
    assert run("waivers", "list") == (0, f"{project / FILE}: no waivers\n", "")
    assert run("waivers", "check") == (0, f"{project / FILE}: no waivers\n", "")
    run("waivers", "add", found, *WHO, "--expires", SOON)
    code, out, _ = run("waivers", "list")
    assert code == 0
    assert out == (
        f"honoured   {found}  ACCESS_TOKEN, until {SOON} (20 days left), "
        "security@acme.example: revoked in 2025, kept as an example\n"
    )
    assert run("waivers", "check") == (0, f"{project / FILE}: 1 honoured\n", "")
    write(project / "train.jsonl", CLEAN)
    run("scan", "train.jsonl")
    assert run("waivers", "check")[0] == 0  # without a report, whether the finding is there is not known
    code, out, _ = run("waivers", "check", "--report", RUN)
    assert code == 1
    assert out.startswith(f"unmatched  {found}")
    assert "1 unmatched" in out
    expired(project / FILE)
    code, out, _ = run("waivers", "check")
    assert code == 1
    assert "expired" in out
    assert run("waivers", "list")[0] == 0


def test_on_its_last_day_a_waiver_counts_and_says_that_it_is_the_last(project, run, found):
    today = datetime.now(UTC).date()
    run("waivers", "add", found, *WHO, "--expires", today)
    assert f"until {today} (today)" in run("waivers", "list")[1]
    assert run("waivers", "check")[0] == 0


def test_prune_takes_out_what_no_longer_counts_and_says_so(project, run, found):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    text = (project / FILE).read_text().replace("  - {", "  # asked for by Jo\n  - {")
    (project / FILE).write_text(text)
    assert run("waivers", "prune") == (0, f"{project / FILE}: 0 waivers taken out\n", "")
    assert (project / FILE).read_text() == text
    write(project / "train.jsonl", CLEAN)
    run("scan", "train.jsonl", "-o", "clean")
    code, out, _ = run("waivers", "prune", "--report", "clean")
    assert code == 0
    assert found in out
    assert "# asked for by Jo" in out
    assert "1 waiver taken out" in out
    assert waiverfile.load(project / FILE).waivers == ()
    run("waivers", "add", found, *WHO, "--expires", SOON, "--report", RUN)
    expired(project / FILE)
    assert "1 waiver taken out" in run("waivers", "prune")[1]


def test_prune_keeps_what_a_policy_refuses(project, run, found):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    (project / "finetooth.toml").write_text('policy = "secrets-only"\n')
    assert "0 waivers taken out" in run("waivers", "prune")[1]


def accepting(project, found, said, day=SOON):
    """Write a file in which reason and owner are a text."""
    told = waiverfile.load(project / FILE)
    both = ", ".join(f"{name}: {json.dumps(said)}" for name in ("reason", "owner"))
    (project / FILE).write_text(
        f"schema: finetooth.waivers/v1\nkey_id: '{told.key_id}'\nwaivers:\n"
        f"  - {{fingerprint: {found}, entity_type: ACCESS_TOKEN, {both}, expires: {day}}}\n"
    )


COMMANDS = (("waivers", "list"), ("waivers", "check"), ("hook", "train.jsonl"), ("scan", "train.jsonl"))


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\u202etxt.exe", "\x07", "a\nb", "\x9b2J", "\u2028"])
def test_a_file_that_turns_writing_around_or_commands_a_terminal_is_refused(project, run, found, hostile):
    run("waivers", "add", found, *WHO, "--expires", SOON)
    accepting(project, found, f"fine {hostile}")
    for command in (*COMMANDS, ("waivers", "add", found, *WHO, "--expires", SOON), ("waivers", "prune")):
        code, out, err = run(*command)
        assert (code, out) == (2, "")
        assert "reason is one line of text that prints" in err
        assert all(letter.isprintable() or letter == "\n" for letter in err)


@pytest.mark.parametrize("day", [SOON, "2020-01-01"])
def test_what_a_file_says_is_shown_as_it_is(project, run, found, day):
    said = "[red]bold[/red]<script>alert(1)</script>=cmd() " + "x" * 300
    run("waivers", "add", found, *WHO, "--expires", SOON)
    accepting(project, found, said, day)
    assert f"{said}: {said}" in run("waivers", "list")[1]
    for command in COMMANDS:
        assert "[red]bold[/red]<script>" in "".join(run(*command)[1:]) or command == ("waivers", "check")
