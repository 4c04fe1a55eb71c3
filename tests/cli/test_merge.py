"""Two machines, one verdict."""

import json

import pytest


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "train.jsonl"
    texts = ["My e-mail is ada.lovelace@analytical-engines.com", "Nothing here."]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (tmp_path / "patterns.yaml").write_text(
        "schema: finetooth.policy/v1\nname: patterns\ndetect: {ner: null}\n"
        "train:\n  - {id: none, metric: findings, where: {tier: block}, at_most: 0}\n"
    )
    return path


def test_shares_are_merged_and_judged(run, data):
    for share in ("1/2", "2/2"):
        code, said, _ = run("scan", data, "--shard", share, "-o", "parts", "--policy", "patterns.yaml")
        assert code == 0
        assert "Nothing was judged" in said
    assert run("merge", "parts", "-o", "merged", "-q", "--policy", "patterns.yaml")[0] == 1
    assert run("scan", data, "-o", "whole", "-q", "--policy", "patterns.yaml")[0] == 1
    for name in ("evidence.json", "findings.jsonl"):
        assert (data.parent / "merged" / name).read_bytes() == (data.parent / "whole" / name).read_bytes()


def test_half_of_a_scan_is_not_judged(run, data):
    run("scan", data, "--shard", "1/2", "-o", "parts", "--policy", "patterns.yaml")
    code, said, complaint = run("merge", "parts")
    assert (code, said) == (3, "")
    assert "part 2 of 2 is missing" in complaint


@pytest.mark.parametrize("more", [[], ["-o", "parts", "--format", "json"]])
def test_a_share_has_a_folder_and_no_format(run, data, more):
    code, _, complaint = run("scan", data, "--shard", "1/2", *more)
    assert code == 2
    assert "--shard goes with -o DIR" in complaint
