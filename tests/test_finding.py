import pytest

from evidences import finding, location, sighting
from finetooth.finding import gather, risk


def test_nothing_gathers_to_nothing():
    assert gather([], 0) == ()


def test_one_value_is_one_finding_wherever_it_stands():
    [found] = gather(
        [sighting(place=location(2)), sighting(place=location(0)), sighting(place=location(2, start=40, end=59))], 9
    )
    assert (found.occurrences, found.records) == (3, 2)
    assert [place.record for place in found.locations] == [0, 2, 2]


def test_one_proven_occurrence_makes_a_finding_block():
    [found] = gather(
        [sighting(tier="review", validation="none"), sighting(place=location(1), validation="checksum")], 9
    )
    assert (found.tier, found.validation) == ("block", "checksum")


def test_findings_stand_gravest_first_then_riskiest():
    found = gather(
        [
            sighting("EMAIL_ADDRESS", "e" * 32, location(0)),
            sighting("PERSON", "d" * 32, location(0)),
            *(sighting("EMAIL_ADDRESS", "f" * 32, location(record)) for record in range(9)),
            sighting("API_KEY", "c" * 32, location(0)),
        ],
        9,
    )
    assert [(each.entity_type, each.records) for each in found] == [
        ("API_KEY", 1),
        ("EMAIL_ADDRESS", 9),
        ("EMAIL_ADDRESS", 1),
        ("PERSON", 1),
    ]


def of(severity="critical", records=1, among=1000, bits=30.0, trained=True):
    return risk(severity, records, among, bits=bits, trained=trained)


def test_risk_rises_with_each_of_its_factors():
    assert of(records=16) > of(records=1) > of("low")
    assert of("high", 4) > of("high", 4, trained=False) > 0
    assert of(bits=30) > of(bits=7) > of(bits=0) > 0
    assert of(bits=300) == of(bits=30)


def test_what_a_large_share_of_the_records_says_is_less_of_a_secret():
    assert of(records=32, among=32) < of(records=32, among=1000)
    assert of(records=4, among=4) == of(records=4, among=1000)  # a small file has no customs


@pytest.mark.parametrize("records", [1, 31, 32, 33, 10**6])
def test_risk_stays_within_its_range(records):
    assert 0 < of(records=records, among=10**7) <= 1


@pytest.mark.parametrize(
    ("pointer", "said"),
    [
        ("/messages/1/content/0/text", "train.jsonl:1 messages[1].content[0].text@14-33"),
        ("/a~1b/c~0d", "train.jsonl:1 a/b.c~d@14-33"),
        ("", "train.jsonl:1 record@14-33"),
    ],
)
def test_a_location_is_said_as_people_say_it(pointer, said):
    assert str(location(pointer=pointer)) == said


def test_a_finding_counts_trained_occurrences():
    assert finding(records=3).trained_occurrences == 3
