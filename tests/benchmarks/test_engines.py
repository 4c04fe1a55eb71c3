import pytest

import engines

CARD = "4111 1111 1111 1111"


@pytest.fixture
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "_CACHE", tmp_path)


@pytest.mark.usefixtures("_fresh")
def test_finetooth_is_measured_through_the_scan_with_places_in_the_original_text(tmp_path):
    plain, nested = f"My card is {CARD}.", f'{{"card": "\\u0020{CARD}"}}'
    answers = engines.run(engines.ENGINES["finetooth"], [plain, "Nothing here.", nested])
    cards = [[each for each in found if each.entity_type == "CREDIT_CARD"] for found in answers]
    assert [
        [text[each.start : each.end] for each in found] for text, found in zip([plain, "", nested], cards, strict=True)
    ] == [
        [CARD],
        [],
        [CARD],
    ]
    [kept] = (tmp_path / "results").iterdir()
    assert "1111" not in kept.read_text(encoding="utf-8")
    assert engines.run(engines.ENGINES["finetooth"], [plain, "Nothing here.", nested]) == answers


@pytest.mark.usefixtures("_fresh")
def test_a_peer_answers_for_each_text_in_code_points():
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    [found, nothing] = engines.run(engines.ENGINES["kingfisher"], [f"é {token}", "Nothing here."])
    assert {(each.start, each.end) for each in found} == {(2, 2 + len(token))}
    assert nothing == []
