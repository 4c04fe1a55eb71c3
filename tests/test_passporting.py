"""A passport is good for exactly what was judged, and for nothing else: each way to cheat it has a test."""

import base64
import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import datasets
import pytest
from hypothesis import given
from hypothesis import strategies as st

import finetooth
from evidences import evidence, probed, scanned
from finetooth import api, passportfile, signing, verification
from finetooth.errors import UsageError
from finetooth.passport import PREDICATE, STATEMENT, Signed, issue
from finetooth.passportfile import NotPassport, encoded
from finetooth.policyfile import load
from finetooth.report import PolicyIdentity, Report, Timing, Tool
from finetooth.verdict import Verdict, WaiverRuling
from finetooth.verification import Held, Offer

SAMPLE = Path(__file__).parents[1] / "sample_data"
TODAY = datetime.now(UTC).date()
POLICY = """
schema: finetooth.policy/v1
name: ours
detect: {identifiers: false, ner: null}
train:
  - {id: coverage, metric: records_unread, at_most: 0}
  - {id: no-credentials, metric: findings, where: {category: credential, tier: block}, at_most: 0}
"""
ROWS = [{"messages": [{"role": "user", "content": f"How do I reset lamp {n}?"}]} for n in range(20)]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Two pairs of keys as the documents say to make them: ``ours`` and ``theirs``."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        openssl("genpkey", "-algorithm", "ed25519", "-out", folder / f"{name}.pem")
        openssl("pkey", "-in", folder / f"{name}.pem", "-pubout", "-out", folder / f"{name}.pub.pem")
    return folder


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A folder with clean data, and a passport for a model over it."""
    folder = tmp_path_factory.mktemp("released")
    write(folder / "train.jsonl", [{"text": "How do I reset it? Hold the key."}])
    policy = POLICY + "release:\n  - {id: coverage, metric: records_unread, at_most: 0}\n"
    (folder / "ours.yaml").write_text(policy)
    models = SAMPLE / "models"
    report = finetooth.audit(
        folder / "train.jsonl", models / "tuned", models / "base", folder / "ours.yaml", attacks=["targeted"]
    )
    assert report.verdict.decision == "GO"
    api.save(report, folder / "out")
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch, keys):
    """A folder with a policy, two files of data that were judged GO, and their passport, signed with our key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(signing.VARIABLE, (keys / "ours.pem").read_text())
    Path("ours.yaml").write_text(POLICY)
    Path("data").mkdir()
    write(Path("data/a.jsonl"), ROWS[:12])
    write(Path("data/b.jsonl"), ROWS[12:])
    api.save(finetooth.scan("data", "ours.yaml"), Path("out"))
    return tmp_path


def verify(*, passport="out/passport.json", data="data", **offered):
    return finetooth.verify(passport, data, **offered)


def statement(path="out/passport.json"):
    return json.loads(base64.b64decode(json.loads(Path(path).read_text())["payload"]))


def forge(change, *, signed):
    """Write the passport again with a change to its statement, under the old signature or none."""
    envelope = json.loads(Path("out/passport.json").read_text())
    told = json.loads(base64.b64decode(envelope["payload"]))
    change(told)
    envelope["payload"] = base64.b64encode(json.dumps(told).encode()).decode()
    envelope["signatures"] = envelope["signatures"] if signed else []
    Path("forged.json").write_text(json.dumps(envelope))
    return "forged.json"


class TestWhatItSays:
    def test_it_is_an_in_toto_statement_over_files_and_records(self, project):
        told = statement()
        assert (told["_type"], told["predicateType"]) == (STATEMENT, PREDICATE)
        data, records = told["subject"][:2], told["subject"][2]
        assert [each["name"] for each in data] == ["data/a.jsonl", "data/b.jsonl"]
        for each in data:
            line = subprocess.run(["sha256sum", each["name"]], check=True, capture_output=True, text=True).stdout
            assert each["digest"]["sha256"] == line.split()[0]
            assert each["digest"]["finetoothRecordsV1"] == finetooth.digest(each["name"])
        assert records["digest"] == {"finetoothRecordsV1": finetooth.digest("data")}
        predicate = told["predicate"]
        assert predicate["result"] == "PASSED"
        assert predicate["configuration"] == [{"name": "ours", "digest": {"sha256": load("ours.yaml").sha256}}]
        assert predicate["passedTests"] == ["coverage", "no-credentials"]
        facts = predicate["finetooth"]
        assert facts["coverage"]["records"] == 20
        assert [each["name"] for each in facts["detectors"]] == ["kingfisher"]
        assert facts["expires"] == str(TODAY + timedelta(days=90))

    def test_it_holds_no_text_of_the_data(self, project):
        assert "lamp" not in json.dumps(statement())

    def test_it_is_the_same_for_the_same_data_on_the_same_day(self, project):
        before = Path("out/passport.json").read_bytes()
        api.save(finetooth.scan("data", "ours.yaml", workers=1), Path("again"))
        assert Path("again/passport.json").read_bytes() == before

    def test_the_signature_is_one_that_openssl_accepts(self, project, keys):
        envelope = json.loads(Path("out/passport.json").read_text())
        Path("message").write_bytes(encoded(envelope["payloadType"], base64.b64decode(envelope["payload"])))
        Path("signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        named = ("-pubin", "-inkey", keys / "ours.pub.pem", "-rawin", "-in", "message", "-sigfile", "signature")
        openssl("pkeyutl", "-verify", *named)

    @pytest.mark.parametrize(
        "text", ['{"a": ', json.dumps({"text": "gh" + "p_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"})]
    )
    def test_there_is_none_without_a_go_and_an_old_one_goes(self, project, text):
        with Path("data/a.jsonl").open("a") as file:
            file.write(text + "\n")
        assert api.save(finetooth.scan("data", "ours.yaml"), Path("out")) == ""
        assert not Path("out/passport.json").exists()

    @pytest.mark.parametrize(("days", "until"), [(90, 20), (7, 7)])
    def test_it_ends_with_the_first_of_its_waivers(self, days, until):
        waivers = [waived(status, day) for status, day in [("honoured", 20), ("honoured", 30), ("unmatched", 1)]]
        report = go(evidence(scanned()))
        report = replace(report, verdict=replace(report.verdict, waivers=tuple(waivers)))
        facts = issue(report, TODAY, days).facts
        assert facts.expires == TODAY + timedelta(days=until)
        assert len(facts.waivers) == 2

    def test_a_model_without_files_is_named_and_no_subject(self):
        made = issue(go(evidence(scanned(), probed())), TODAY)
        assert made.facts.model.name == "out/tuned"
        assert made.of("model") == ()
        offer = Offer(data=(Held("train.jsonl", "0" * 64),), model=("http://localhost/v1#tuned", None))
        found = verification.verify(Signed(made, b""), offer, TODAY)
        assert found.status == "unchecked"
        assert "endpoint" in found.reasons[0]

    def test_rows_without_a_digest_are_worth_none(self):
        scan = scanned()
        scan = replace(scan, inputs=(replace(scan.inputs[0], sha256=None),))
        assert "train.jsonl: has no digest" in issue(go(evidence(scan)), TODAY)


def go(made):
    """A report that says GO, whatever it is made of."""
    return Report(
        tool=Tool(name="finetooth", version="1"),
        verdict=Verdict(decision="GO", stage="release" if made.probe else "train", rulings=()),
        policy=PolicyIdentity(name="ours", sha256="0" * 64),
        key_id=made.key_id,
        scan=made.scan,
        probe=made.probe,
        timing=Timing(seconds=0),
    )


def waived(status, days):
    return WaiverRuling(
        fingerprint=f"{days:032x}",
        entity_type="API_KEY",
        reason="an example",
        owner="security@acme.example",
        expires=TODAY + timedelta(days=days),
        status=status,
        preview="••••",
    )


class TestValid:
    def test_what_was_judged(self, project, keys):
        found = verify(policy="ours.yaml", key=keys / "ours.pub.pem")
        assert (found.status, found.reasons, found.notes) == ("valid", (), ())

    def test_under_other_names(self, project):
        Path("data").rename("moved")
        assert verify(data=["moved/b.jsonl", "moved/a.jsonl"]).status == "valid"

    def test_unsigned_is_said(self, project, monkeypatch):
        monkeypatch.delenv(signing.VARIABLE)
        api.save(finetooth.scan("data", "ours.yaml"), Path("out"))
        found = verify()
        assert found.status == "valid"
        assert "unsigned" in found.notes[0]

    def test_a_signature_that_nobody_checks_is_said(self, project):
        assert "not checked" in verify().notes[0]

    def test_a_dataset_that_was_loaded_from_the_files(self, project):
        loaded = datasets.load_dataset("json", data_files="data/*.jsonl", split="train", cache_dir="cache")
        assert verify(data=loaded.shuffle(seed=1)).status == "valid"
        assert verify(data=ROWS).status == "valid"

    def test_other_files_with_the_same_records_where_that_is_what_counts(self, project):
        write(Path("all.jsonl"), ROWS[::-1])
        assert verify(data="all.jsonl", records=True).status == "valid"
        found = verify(data="all.jsonl")
        assert found.status == "refused"
        assert "--records accepts that" in found.reasons[0]

    def test_on_its_last_day(self, project):
        assert verify(today=TODAY + timedelta(days=90)).status == "valid"


class TestRefused:
    def test_a_changed_byte(self, project):
        path = Path("data/a.jsonl")
        path.write_bytes(path.read_bytes().replace(b"lamp 3", b"lamp 4"))
        found = verify()
        assert found.status == "refused"
        assert "data/a.jsonl is not what was judged" in found.reasons[0]

    def test_a_changed_blank_between_two_values(self, project):
        path = Path("data/a.jsonl")
        path.write_bytes(path.read_bytes().replace(b": ", b":"))
        assert verify().status == "refused"

    def test_an_added_record(self, project):
        with Path("data/b.jsonl").open("a") as file:
            file.write(json.dumps(ROWS[0]) + "\n")
        assert verify().status == "refused"
        assert verify(records=True).status == "refused"
        assert verify(data=[*ROWS, ROWS[0]]).status == "refused"

    def test_a_record_that_is_gone(self, project):
        assert verify(data=ROWS[1:]).status == "refused"

    def test_a_swapped_file(self, project):
        write(Path("data/b.jsonl"), [{"text": "something else"}])
        found = verify()
        assert found.status == "refused"
        assert found.reasons == ("different data: data/b.jsonl is not what was judged under this name",)

    def test_an_added_file(self, project):
        write(Path("data/c.jsonl"), [{"text": "one more"}])
        assert "data/c.jsonl was not judged" in verify().reasons[0]

    def test_a_file_that_stands_twice(self, project):
        Path("data/c.jsonl").write_bytes(Path("data/b.jsonl").read_bytes())
        assert verify().status == "refused"

    def test_a_missing_file(self, project):
        Path("data/b.jsonl").unlink()
        assert "data/b.jsonl was judged, and is not here" in verify().reasons[0]

    def test_the_passport_of_another_dataset(self, project):
        write(Path("other.jsonl"), [{"text": "other data"}])
        api.save(finetooth.scan("other.jsonl", "ours.yaml"), Path("other"))
        assert verify(passport="other/passport.json").status == "refused"
        assert verify(passport="other/passport.json", data="other.jsonl").status == "valid"

    def test_another_policy(self, project):
        Path("other.yaml").write_text(POLICY + "  - {id: enough, metric: records, at_least: 1}\n")
        assert "different policy" in verify(policy="other.yaml").reasons[0]

    def test_the_day_after(self, project):
        assert "expired" in verify(today=TODAY + timedelta(days=91)).reasons[0]

    def test_before_it_was_issued(self, project):
        assert "not good yet" in verify(today=TODAY - timedelta(days=1)).reasons[0]

    def test_a_stripped_signature_where_a_key_is_asked_for(self, project, keys):
        path = forge(lambda told: None, signed=False)
        assert verify(passport=path).status == "valid"
        assert "unsigned" in verify(passport=path, key=keys / "ours.pub.pem").reasons[0]

    def test_another_key(self, project, keys):
        found = verify(key=keys / "theirs.pub.pem")
        assert found.status == "refused"
        assert "another key" in found.reasons[0]

    def test_a_statement_that_was_changed_under_its_signature(self, project, keys):
        def later(told):
            told["predicate"]["finetooth"]["expires"] = "2099-01-01"

        path = forge(later, signed=True)
        assert "tampered" in verify(passport=path, key=keys / "ours.pub.pem").reasons[0]

    def test_a_signature_that_says_it_is_of_the_right_key(self, project, keys, monkeypatch):
        theirs = signing.signer({signing.VARIABLE: (keys / "theirs.pem").read_text()}, None)
        ours = signing.verifier(keys / "ours.pub.pem")
        signed = passportfile.dump(passportfile.load(Path("out/passport.json")).statement, theirs)
        Path("forged.json").write_bytes(signed.replace(theirs.id.encode(), ours.id.encode()))
        assert verify(passport="forged.json", key=keys / "ours.pub.pem").status == "refused"

    def test_one_that_failed(self, project):
        def failed(told):
            told["predicate"]["result"] = "FAILED"

        assert "tampered" in verify(passport=forge(failed, signed=False)).reasons[0]

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"payload": "", "payloadType": "x", "signatures": []}'])
    def test_something_else_than_a_passport(self, project, text):
        Path("forged.json").write_text(text)
        found = verify(passport="forged.json")
        assert (found.status, found.statement) == ("refused", None)

    def test_a_bare_statement_of_another_predicate(self, project):
        def other(told):
            told["predicateType"] = "https://slsa.dev/provenance/v1"

        assert verify(passport=forge(other, signed=False)).status == "refused"


class TestNotChecked:
    def test_a_record_that_cannot_be_read(self, project):
        Path("data/a.jsonl").write_text("{")
        found = verify(records=True)
        assert found.status == "unchecked"
        assert "data/a.jsonl:1" in found.reasons[0]


class TestRowsFromMemory:
    def test_rows_that_were_judged_and_files_that_are_here(self, project):
        api.save(finetooth.scan(ROWS, "ours.yaml"), Path("rows"))
        assert verify(passport="rows/passport.json").status == "valid"
        assert verify(passport="rows/passport.json", data="data/a.jsonl").status == "refused"
        assert verify(passport="rows/passport.json", data=ROWS).status == "valid"


class TestModel:
    def test_the_one_that_was_probed(self, released):
        found = finetooth.verify(
            released / "out/passport.json", released / "train.jsonl", model=SAMPLE / "models/tuned"
        )
        assert found.status == "valid"

    def test_another_one(self, released):
        found = finetooth.verify(released / "out/passport.json", released / "train.jsonl", model=SAMPLE / "models/base")
        assert "different model" in found.reasons[0]

    def test_none_is_said(self, released):
        found = finetooth.verify(released / "out/passport.json", released / "train.jsonl")
        assert any("was not compared" in note for note in found.notes)

    def test_one_where_data_alone_was_judged(self, project):
        assert "no model was probed" in verify(model=SAMPLE / "models/base").reasons[0]

    def test_one_that_does_not_exist(self, project):
        with pytest.raises(UsageError, match="nowhere"):
            verify(model="nowhere")


def test_a_signing_key_of_another_kind_is_a_clear_error(tmp_path):
    openssl("genpkey", "-algorithm", "x25519", "-out", tmp_path / "x.pem")
    openssl("pkey", "-in", tmp_path / "x.pem", "-pubout", "-out", tmp_path / "x.pub.pem")
    with pytest.raises(UsageError, match="not Ed25519"):
        signing.signer({}, tmp_path / "x.pem")
    with pytest.raises(UsageError, match="not Ed25519"):
        signing.verifier(tmp_path / "x.pub.pem")
    openssl("genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out", tmp_path / "locked.pem")
    with pytest.raises(UsageError, match="encrypted"):
        signing.signer({}, tmp_path / "locked.pem")
    with pytest.raises(UsageError, match="no private key") as caught:
        signing.signer({signing.VARIABLE: "c2VjcmV0"}, None)
    assert "c2VjcmV0" not in str(caught.value)
    with pytest.raises(UsageError, match="cannot be read"):
        signing.verifier(tmp_path / "nowhere.pem")


def test_every_changed_bit_of_what_is_signed_is_refused(tmp_path, keys):
    signer = signing.signer({}, keys / "ours.pem")
    verifier = signing.verifier(keys / "ours.pub.pem")
    made = issue(go(evidence(scanned())), date(2026, 11, 26))
    (tmp_path / "p.json").write_bytes(passportfile.dump(made, signer))
    signed = passportfile.load(tmp_path / "p.json")
    assert passportfile.signed_by(signed, verifier)
    (name, signature), payload = signed.signatures[0], signed.payload
    for bit in range(8 * len(payload)):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << bit % 8
        assert not passportfile.signed_by(replace(signed, payload=bytes(changed)), verifier)
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not passportfile.signed_by(replace(signed, signatures=((name, bytes(changed)),)), verifier)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_passport_or_none(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    with pytest.raises(NotPassport):
        passportfile.load(path)


class TestDataAndModel:
    """The passport of a model that goes on with that of its data."""

    @pytest.fixture
    def both(self, project):
        scan = finetooth.scan("data", "ours.yaml")
        before = passportfile.load(Path("out/passport.json")).statement
        probe = probed()
        probe = replace(probe, target=replace(probe.target, digest="sha256:" + "1" * 64))
        return before, replace(go(evidence(scan.scan, probe)), policy=PolicyIdentity(name="other", sha256="2" * 64))

    def test_names_both_and_what_each_gate_asked(self, both):
        before, report = both
        made = issue(report, TODAY, 7, before)
        assert made.of("data") == before.of("data")
        assert [each.digest for each in made.of("model")] == [{"sha256": "1" * 64}]
        assert made.facts.train.rulings == before.facts.rulings
        assert (made.policy.name, made.facts.train.policy.name) == ("other", "ours")
        assert made.facts.expires == TODAY + timedelta(days=7)

    def test_ends_no_later_than_that_of_the_data(self, both):
        before, report = both
        assert issue(report, TODAY, 900, before).facts.expires == before.facts.expires

    def test_is_asked_for_the_policy_of_what_is_presented(self, both):
        before, report = both
        held = tuple(Held(each.name, each.digest["sha256"]) for each in before.of("data"))
        signed = Signed(issue(report, TODAY, 7, before), b"")
        ours = before.policy
        assert verification.verify(signed, Offer(data=held, policy=ours), TODAY).status == "valid"
        offer = Offer(data=held, policy=ours, model=("out", "1" * 64))
        assert "different policy" in verification.verify(signed, offer, TODAY).reasons[0]

    def test_is_none_for_other_data(self, both):
        before, report = both
        other = replace(report, scan=replace(report.scan, records_sha256="0" * 64))
        assert "not what the earlier passport let train" in issue(other, TODAY, 7, before)

    def test_is_none_without_a_passport_of_the_data(self, both):
        before, report = both
        facts = replace(before.facts, stage="release")
        before = replace(before, predicate=replace(before.predicate, finetooth=facts))
        assert isinstance(issue(report, TODAY, 7, before), str)
