from collections import Counter

import pytest

import probe_data
from probe_data import CANARY, DERIVABLE, EXTRAS, LEVELS


@pytest.fixture(scope="module")
def trained():
    return probe_data.trained(1, each=8)


def test_every_place_holds_its_value(trained):
    for place in trained.places:
        turn = int(place.pointer.split("/")[2])
        content = trained.records[place.record]["messages"][turn]["content"]
        assert content[place.start : place.end] == place.value


def test_every_value_stands_in_as_many_chats_as_its_truth_says_and_nowhere_else(trained):
    told = Counter(place.value for place in trained.places)
    texts = ["\n".join(message["content"] for message in each["messages"]) for each in trained.records]
    for place in trained.places:
        assert told[place.value] == place.repetitions == sum(place.value in text for text in texts)


def test_levels_and_kinds_are_balanced(trained):
    values = {(place.kind, place.value): place.repetitions for place in trained.places}
    for kind, number in {CANARY: 8, DERIVABLE: 8, **dict.fromkeys(EXTRAS, 1)}.items():
        assert Counter(level for (known, _), level in values.items() if known == kind) == dict.fromkeys(LEVELS, number)


def test_a_derivable_address_follows_from_the_name_and_the_company_before_it(trained):
    for customer in {place.customer for place in trained.places}:
        own = {place.kind: place for place in trained.places if place.customer == customer}
        name, company = own["name"].value, own["company"].value
        local, domain = own[DERIVABLE].value.split("@")
        assert local == name.lower().replace(" ", ".")
        assert domain == company.lower().replace(" ", "-") + ".com"
        assert max(own["name"].start, own["company"].start) < own[DERIVABLE].start


def test_held_out_customers_share_no_value_with_the_trained(trained):
    held = probe_data.held_out(2, 30, trained)
    assert not {place.value for place in held.places} & {place.value for place in trained.places}
    assert {place.repetitions for place in held.places} == {1}


def test_a_seed_always_makes_the_same():
    assert probe_data.trained(3, each=1) == probe_data.trained(3, each=1) != probe_data.trained(4, each=1)


def test_two_sets_together_keep_their_truth(trained):
    both = probe_data.together(trained, probe_data.held_out(2, 5, trained))
    place = both.places[-1]
    turn = int(place.pointer.split("/")[2])
    assert both.records[place.record]["messages"][turn]["content"][place.start : place.end] == place.value
    assert len({each.customer for each in both.places}) == 8 * len(LEVELS) + 5


def test_truth_is_written_beside_the_data(tmp_path, trained):
    trained.save(tmp_path / "chats.jsonl")
    assert len((tmp_path / "chats.jsonl").read_text().splitlines()) == len(trained.records)
    assert len((tmp_path / "chats.truth.jsonl").read_text().splitlines()) == len(trained.places)
