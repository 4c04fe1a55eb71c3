from finetooth.digests import digest_of


def test_names_contents_and_their_order_all_count(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    told = digest_of([("a", one), ("b", two)])
    assert len(told) == 64
    assert told == digest_of([("a", one), ("b", two)])
    assert len({told, digest_of([("a", two), ("b", one)]), digest_of([("b", two), ("a", one)]), digest_of([])}) == 4
