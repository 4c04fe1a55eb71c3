"""From files to evidence, with a detector that does as it is told."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from fakes import PatternDetector
from finetooth import evidencefile
from finetooth.detectors.identifiers import IdentifierDetector
from finetooth.detectors.presidio import PresidioDetector
from finetooth.errors import InputError
from finetooth.evidence import Evidence
from finetooth.policy import Detect, EntityOverride
from finetooth.redaction import FingerprintKey
from finetooth.report import Tool
from finetooth.scanner import scan
from finetooth.shard import Plan
from finetooth.sources.resolve import resolve
from finetooth.sources.rows import from_memory

KEY = FingerprintKey(b"k" * 32)


def plan(*detectors, **detect):
    return Plan(detectors=detectors or (PatternDetector(),), detect=Detect(**detect), key=KEY)


def chat(text, role="assistant"):
    return {"messages": [{"role": "user", "content": "Hello"}, {"role": role, "content": text}]}


def written(folder, *records, name="train.jsonl"):
    path = folder / name
    path.write_text("".join(r + "\n" if isinstance(r, str) else json.dumps(r) + "\n" for r in records), "utf-8")
    return str(path)


def scanned(*paths, **kwargs):
    return scan(resolve(list(paths)), plan(**kwargs))


def test_an_empty_file_holds_no_records(tmp_path):
    seen = scanned(written(tmp_path))
    assert seen.coverage.records == seen.coverage.records_unread == 0
    assert seen.inputs[0].format == "none"


def test_a_value_is_found_where_it_stands(tmp_path):
    path = written(tmp_path, chat("nothing"), chat("Your number is ACC-123456."))
    [finding] = scanned(path).findings
    [place] = finding.locations
    assert (place.path, place.line, place.record, place.pointer) == (path, 2, 1, "/messages/1/content")
    assert (place.start, place.end, place.role, place.turn, place.trained) == (15, 25, "assistant", 1, True)


def test_the_key_of_a_value_tells_what_it_is(tmp_path):
    nested = {"note": "nothing", "raw": json.dumps({"customerId": "4471980236"})}
    path = written(
        tmp_path, {"customer_ids": ["4471980236"], "total": "4471980236"}, nested, {"4471980236": "customer_id"}
    )
    evidence = scan(resolve([path]), plan(IdentifierDetector(Detect())))
    [finding] = evidence.findings
    assert finding.entity_type == "CUSTOMER_ID"
    # Proven by its key once, it is the same customer wherever the record repeats it.
    assert [(place.record, place.pointer) for place in finding.locations] == [
        (0, "/customer_ids/0"),
        (0, "/total"),
        (1, "/raw"),
    ]


def test_the_same_value_is_one_finding_across_records_and_files(tmp_path):
    one = written(tmp_path, chat("ACC-123456"), chat("ACC-123456, ACC-123456"), name="one.jsonl")
    two = written(tmp_path, chat("ACC-123456", role="user"), name="two.jsonl")
    [finding] = scanned(one, two).findings
    assert (finding.occurrences, finding.records, finding.trained_occurrences) == (4, 3, 3)


def test_what_is_read_is_counted(tmp_path):
    seen = scanned(written(tmp_path, chat("one"), "{broken", chat("three")))
    assert (seen.coverage.records, seen.coverage.records_unread, seen.coverage.passages) == (2, 1, 4)
    assert [unread.line for unread in seen.coverage.unread] == [2]


def test_a_text_that_a_detector_could_not_finish_is_unread_and_the_rest_is_scanned(tmp_path):
    seen = scanned(written(tmp_path, chat("poison"), chat("ACC-123456")))
    assert (seen.coverage.records, seen.coverage.records_unread) == (1, 1)
    assert "ran out of time" in seen.coverage.unread[0].reason
    assert len(seen.findings) == 1


def test_a_source_that_crashes_is_unread_from_there():
    class Crashing:
        path = "crash.jsonl"

        def __iter__(self):
            yield from from_memory([chat("ACC-123456")])[0]
            raise RuntimeError("ACC-999999 is in this message")

        def stored(self):
            return from_memory([])[0].stored()

    seen = scan([Crashing()], plan())
    assert seen.coverage.records == 1
    assert "RuntimeError" in seen.coverage.unread[0].reason
    assert "ACC-999999" not in repr(seen)


def test_evidence_holds_no_raw_value(tmp_path):
    seen = scanned(written(tmp_path, chat("ACC-123456"), {"ACC-777777": {"ACC-888888": "ACC-123456"}}))
    assert len(seen.findings) == 3
    for value in ("ACC-123456", "ACC-777777", "ACC-888888", "123456", "777777", "888888"):
        assert value not in repr(seen)


def test_a_finding_in_a_key_says_so_and_is_masked_in_every_pointer_below(tmp_path):
    seen = scanned(written(tmp_path, {"a": {"ACC-777777": {"b": "ACC-123456"}}}))
    places = {place.part: place.pointer for finding in seen.findings for place in finding.locations}
    assert places == {"key": "/a/•••-••••••", "value": "/a/•••-••••••/b"}


@pytest.mark.parametrize(("key", "found"), [("lang", 0), ("lang lang", 1)])
def test_an_unproven_word_is_no_finding_in_the_name_of_a_field(tmp_path, key, found):
    names = plan(PatternDetector(r"lang.*", "PERSON", "none"))
    seen = scan(resolve([written(tmp_path, {key: "en"})]), names)
    assert len(seen.findings) == found


def test_a_finding_in_a_path_is_masked(tmp_path):
    seen = scanned(written(tmp_path, chat("ACC-123456"), name="ACC-555555.jsonl"))
    assert seen.inputs[0].path.endswith("•••-••••••.jsonl")
    assert seen.findings[0].locations[0].path == seen.inputs[0].path


def test_paths_that_differ_in_what_is_masked_are_told_apart(tmp_path):
    names = ("ACC-555555.jsonl", "ACC-666666.jsonl")
    seen = scanned(*(written(tmp_path, chat("ACC-123456"), name=name) for name in names))
    assert len({each.path for each in seen.inputs}) == 2
    assert seen.findings[0].records == 2


def test_a_member_of_an_archive_is_named_and_masked(tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("ACC-555555.jsonl", json.dumps(chat("ACC-123456")) + "\n{broken\n")
    seen = scanned(str(archive))
    assert seen.findings[0].locations[0].path == f"{archive}!•••-••••••.jsonl"
    assert seen.coverage.unread[0].path == f"{archive}!•••-••••••.jsonl"
    assert "555555" not in repr(seen)


def test_names_that_are_no_utf8_are_written_with_escapes(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.jsonl"
    Path(os.fsdecode(path)).write_text('{"a\\ud800": "ACC-123456"}\n')
    seen = scanned(os.fsdecode(path))
    assert seen.inputs[0].path.endswith("caf\\udce9.jsonl")
    assert seen.findings[0].locations[0].pointer == "/a\\ud800"
    assert list(evidencefile.dump(Evidence(key_id=KEY.id, scan=seen, probe=None), Tool(name="finetooth", version="0")))


def test_a_policy_lowers_raises_and_switches_off_entity_types(tmp_path):
    path = written(tmp_path, chat("ACC-123456"))
    review = EntityOverride(severity="low", tier="review")
    [finding] = scanned(path, entities={"ACCOUNT_NUMBER": review}).findings
    assert (finding.severity, finding.tier) == ("low", "review")
    assert scanned(path, entities={"ACCOUNT_NUMBER": EntityOverride(enabled=False)}).findings == ()


def test_two_detectors_that_see_one_value_are_one_finding_that_names_both(tmp_path):
    other = PatternDetector(validation="checksum")
    other._entity_type = "ACCOUNT_NUMBER"
    both = plan(PatternDetector(validation="none"), other)
    [finding] = scan(resolve([written(tmp_path, chat("ACC-123456"))]), both).findings
    assert finding.occurrences == 1
    assert finding.validation == "checksum"


def test_rows_in_memory_are_scanned_as_a_file_is(tmp_path):
    records = [chat("ACC-123456"), chat("ACC-222222")]
    from_file = scanned(written(tmp_path, *records)).findings
    in_memory = scan(from_memory(records), plan()).findings
    assert [f.fingerprint for f in in_memory] == [f.fingerprint for f in from_file]


def test_a_path_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"missing\.jsonl"):
        resolve([str(tmp_path / "missing.jsonl")])


def test_a_value_in_disguise_is_the_same_finding_and_stands_where_it_is_written(tmp_path):
    text = "Your number is AC\u200bC-123\u00ad456."
    seen = scanned(written(tmp_path, chat("It was ACC-123456."), chat(text)))
    [finding] = seen.findings
    place = finding.locations[1]
    assert text[place.start : place.end] == "AC\u200bC-123\u00ad456"
    assert place.inner == ({"decode": "folded", "pointer": ""},)
    assert str(place).endswith("messages[1].content@15-27 > folded")


def test_a_guess_counts_in_a_rewritten_text_only_where_the_rewriting_shows_it(tmp_path):
    guess = plan(PatternDetector("Ada|Bob", "PERSON", "none"))
    seen = scan(resolve([written(tmp_path, {"text": "Ada &amp; B&#111;b"})]), guess)
    places = sorted((place.start, place.end) for finding in seen.findings for place in finding.locations)
    assert places == [(0, 3), (10, 18)]


@pytest.mark.parametrize(("validation", "found"), [("provider", 1), ("context", 0), ("none", 0)])
def test_what_stands_on_two_lines_is_one_value_only_where_its_form_proves_it(tmp_path, validation, found):
    token = plan(PatternDetector(r"tok_\w{20}\b", "ACCESS_TOKEN", validation))
    seen = scan(resolve([written(tmp_path, {"text": "use tok_a1b2c3d4e5\nf6g7h8i9j0 now"})]), token)
    assert len(seen.findings) == found


def test_a_key_in_disguise_is_masked_in_every_pointer_below(tmp_path):
    seen = scanned(written(tmp_path, {"a ACC-111111": 1, "to": {"AC\u200bC-777777 etc": {"b": "ACC-123456"}}}))
    assert len(seen.findings) == 3
    assert {place.pointer.count("•") for finding in seen.findings for place in finding.locations} == {9, 10}
    assert "777777" not in repr(seen)
    assert "111111" not in repr(seen)


def test_what_is_encoded_too_many_times_is_unread(tmp_path):
    text = "ACC-123456"
    for _ in range(12):
        text = text.replace("%", "%25").replace("-", "%2D")
    seen = scanned(written(tmp_path, {"text": text}))
    assert seen.coverage.records_unread == 1
    assert "8 times over" in seen.coverage.unread[0].reason


def test_what_singles_a_person_out_together_is_one_finding_and_shows_nothing():
    rows = [
        {"dob": "1981-03-14", "sex": "F", "zip": "43999"},
        {"zip": "43999", "dob": "March 14, 1981", "sex": "female"},
    ]
    evidence = scan(from_memory(rows), plan(IdentifierDetector(Detect())))
    [together] = [f for f in evidence.findings if f.entity_type == "QUASI_IDENTIFIER_COMBINATION"]
    assert (together.occurrences, together.records, together.tier) == (2, 2, "review")
    assert together.preview == "date of birth + sex + postal code"
    assert [str(place) for place in together.locations] == ["<memory> row 0 dob@0-10", "<memory> row 1 zip@0-5"]


def test_a_combination_can_be_switched_off():
    off = {"QUASI_IDENTIFIER_COMBINATION": EntityOverride(enabled=False)}
    rows = [{"dob": "1981-03-14", "sex": "F", "zip": "43999"}]
    evidence = scan(from_memory(rows), plan(IdentifierDetector(Detect()), entities=off))
    assert {f.entity_type for f in evidence.findings} == {"DATE_OF_BIRTH", "GENDER", "POSTAL_CODE"}


def test_a_word_of_health_is_shown_by_no_letter_and_is_no_repeat():
    rows = [
        {"text": "I have epilepsy."},
        {"a": "I have epilepsy.", "b": "Epilepsy is common, said the epilepsy society."},
    ]
    [finding] = scan(from_memory(rows), plan(IdentifierDetector(Detect()))).findings
    assert (finding.entity_type, finding.preview, finding.occurrences) == ("HEALTH_CONDITION", "•••", 2)


def test_what_is_proven_in_one_line_does_not_go_on_in_the_next(tmp_path):
    address = plan(PatternDetector(r"db://\S+", "CONNECTION_STRING", "structure"))
    text = "db://svc_a1b2c3/main\nLOG_LEVEL_debug"
    [finding] = scan(resolve([written(tmp_path, {"text": text})]), address).findings
    [place] = finding.locations
    assert text[place.start : place.end] == "db://svc_a1b2c3/main"


@pytest.mark.parametrize("text", ["1234567893", '{"value": "1234567893"}', "a line\n1234567893"])
def test_a_type_that_is_asked_for_is_told_of_beside_another(tmp_path, text):
    path = written(tmp_path, chat(text))

    def types(*names):
        detect = {"ner": None, "entities": {name: EntityOverride(enabled=True) for name in names}}
        seen = scan(resolve([path]), plan(PresidioDetector(Detect(**detect)), **detect))
        return {(finding.entity_type, finding.occurrences) for finding in seen.findings}

    assert types() == {("PHONE_NUMBER", 1)}
    assert types("US_NPI") == {("PHONE_NUMBER", 1), ("US_NPI", 1)}
    assert types("US_NPI", "US_BANK_NUMBER") == {("PHONE_NUMBER", 1), ("US_NPI", 1), ("US_BANK_NUMBER", 1)}
