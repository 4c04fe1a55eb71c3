"""Public hostile data: everything is read, or unread with a reason; nothing crashes and nothing is lost."""

import json

from finetooth.evidence import Unread
from finetooth.record import Record
from finetooth.sources.datasetfile import DatasetFile
from finetooth.sources.resolve import resolve

# Python's parser takes these as numbers, as it writes them too; to refuse them would lose whole records of real data.
NUMBERS_ALL_THE_SAME = {"n_number_NaN.json", "n_number_infinity.json", "n_number_minus_infinity.json"}
BLANK = {"n_structure_no_data.json", "n_single_space.json", "n_structure_UTF8_BOM_no_data.json"}


def outcomes(folder, prefix):
    files = sorted((folder / "jsontestsuite" / "test_parsing").glob(f"{prefix}_*.json"))
    assert files
    return {file.name: list(DatasetFile(str(file))) for file in files}


def test_what_must_parse_is_read(hostile):
    for name, items in outcomes(hostile, "y").items():
        assert all(isinstance(item, Record) for item in items), name
        if name not in {"y_array_empty.json", "y_structure_whitespace_array.json", "y_array_arraysWithSpaces.json"}:
            assert items, name


def test_what_must_not_parse_is_unread_with_a_reason(hostile):
    for name, items in outcomes(hostile, "n").items():
        if name in BLANK:
            assert items == [], name
        elif name not in NUMBERS_ALL_THE_SAME:
            unread = [item for item in items if isinstance(item, Unread)]
            assert len(unread) == 1, name
            assert unread[0].reason.startswith("not valid "), (name, unread[0].reason)


def test_what_may_parse_is_one_or_the_other(hostile):
    for name, items in outcomes(hostile, "i").items():
        assert items, name


def test_the_suite_as_a_folder_is_one_dataset(hostile):
    sources = resolve([str(hostile / "jsontestsuite" / "test_parsing")])
    assert len(sources) == len(list((hostile / "jsontestsuite" / "test_parsing").iterdir()))


def test_csv_spectrum_equals_its_json(hostile):
    files = sorted((hostile / "csv-spectrum" / "csvs").glob("*.csv"))
    assert files
    for file in files:
        expected = json.loads((hostile / "csv-spectrum" / "json" / f"{file.stem}.json").read_bytes())
        assert [item.value for item in DatasetFile(str(file))] == expected, file.name


def test_naughty_strings_come_through_every_text_container(hostile, tmp_path):
    strings = json.loads((hostile / "blns" / "blns.json").read_bytes())
    assert [item.value for item in DatasetFile(str(hostile / "blns" / "blns.json"))] == strings
    lines = tmp_path / "blns.jsonl"
    for ascii_only in (True, False):
        rows = [json.dumps({"text": text, text: 1}, ensure_ascii=ascii_only) for text in strings]
        lines.write_bytes("\n".join(rows).encode())
        assert [item.value for item in DatasetFile(str(lines))] == [{"text": text, text: 1} for text in strings]


def test_of_torn_utf8_exactly_the_torn_lines_are_unread(hostile, tmp_path):
    for name in ("UTF-8-test.txt", "utf8tests.txt", "utf8tests.bin"):
        texts = (hostile / "utf8" / name).read_bytes().split(b"\n")
        rows = [text.translate(None, bytes(range(32)) + b'"\\') for text in texts]
        file = tmp_path / "torn.jsonl"
        file.write_bytes(b"\n".join(b'{"text": "%s"}' % row for row in rows))
        items = list(DatasetFile(str(file)))
        assert len(items) == len(rows)
        for row, item in zip(rows, items, strict=True):
            try:
                expected = row.decode("utf-8")
            except UnicodeDecodeError:
                assert isinstance(item, Unread)
                assert "not valid UTF-8" in item.reason
            else:
                assert item.value == {"text": expected}
