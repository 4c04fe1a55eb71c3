import json

import jsonlines
import pytest

from evidences import bad_line, evidence, extracted, finding, location, probed, scanned, sighting
from finetooth import evidencefile
from finetooth.errors import InputError, KeyMismatchError, UsageError
from finetooth.evidence import Evidence, Unread
from finetooth.finding import gather
from finetooth.report import Tool

TOOL = Tool(name="finetooth", version="0")
LEAKED = finding("API_KEY", "b" * 32, records=3)
SCAN = scanned(finding(), LEAKED, unread=[bad_line()])
PROBE = probed(extracted(LEAKED))


def written(folder, seen):
    folder.mkdir(exist_ok=True)
    (folder / "evidence.json").write_bytes(b"".join(evidencefile.dump(seen, TOOL)))
    return folder


def test_evidence_survives_the_disk(tmp_path):
    seen = evidence(SCAN, PROBE)
    assert evidencefile.load(written(tmp_path / "run", seen)) == seen


def test_a_location_says_in_as_the_contract_has_it(tmp_path):
    told = json.loads(b"".join(evidencefile.dump(evidence(SCAN), TOOL)))
    place = told["evidence"]["scan"]["findings"][0]["locations"][0]
    assert place["in"] == "value"
    assert "part" not in place


@pytest.mark.parametrize("bad", ["\x1b[2J", "\x9b2J", "\u202egpj", "\u2028", "\x85", "\x7f", "\u200f"])
def test_what_a_path_or_a_key_says_is_no_command_and_ends_no_line(tmp_path, bad):
    [found] = gather([sighting(place=location(path=f"{bad}.jsonl", pointer=f"/{bad}"))], 10)
    seen = evidence(scanned(found, unread=[Unread(path=bad, line=1, record=0, reason=bad)]))
    written(tmp_path, seen)
    (tmp_path / "findings.jsonl").write_bytes(b"".join(evidencefile.dump_findings(seen.scan.findings)))
    for name in ("evidence.json", "findings.jsonl"):
        assert (tmp_path / name).read_text("utf-8").replace("\n", "").isprintable()
    [line] = (tmp_path / "findings.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["locations"][0]["path"] == f"{bad}.jsonl"
    assert evidencefile.load(tmp_path) == seen


def test_findings_are_one_line_each_with_all_their_locations(tmp_path):
    path = tmp_path / "findings.jsonl"
    path.write_bytes(b"".join(evidencefile.dump_findings(SCAN.findings)))
    with jsonlines.open(path) as lines:
        assert [len(line["locations"]) for line in lines] == [1, 3]


def test_no_findings_are_no_lines():
    assert list(evidencefile.dump_findings(())) == []


def test_a_folder_without_evidence_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="no evidence here"):
        evidencefile.load(tmp_path)


def test_something_else_is_no_evidence(tmp_path):
    (tmp_path / "evidence.json").write_text('{"schema": "finetooth.evidence/v2"}')
    with pytest.raises(UsageError, match=r"not finetooth\.evidence/v1"):
        evidencefile.load(tmp_path)


def test_a_scan_and_a_probe_that_ran_apart_are_joined(tmp_path):
    joined = evidencefile.merge([(tmp_path, evidence(SCAN)), (tmp_path, evidence(None, PROBE))])
    assert joined == evidence(SCAN, PROBE)


def test_evidence_of_another_key_is_a_clear_error(tmp_path):
    other = Evidence(key_id="00000000", scan=None, probe=PROBE)
    with pytest.raises(KeyMismatchError, match="FINETOOTH_KEY"):
        evidencefile.merge([(tmp_path, evidence(SCAN)), (tmp_path, other)])


def test_two_probes_cannot_be_joined(tmp_path):
    with pytest.raises(UsageError, match="same part"):
        evidencefile.merge([(tmp_path, evidence(SCAN, PROBE)), (tmp_path, evidence(SCAN, PROBE))])
